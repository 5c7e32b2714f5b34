package understudy.agent;

import java.io.IOException;
import java.time.Duration;
import understudy.checkpoint.GuestHandle;
import understudy.qemu.Qmp;

/// A guest that this host runs: its QEMU and its network cards.
///
/// Threads: the VM's driver.
final class ActiveGuest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final QemuHost.Instance instance;
    private final GuestHandle handle;
    private final GuestPorts ports;

    ActiveGuest(QemuHost.Instance instance, GuestHandle handle, GuestPorts ports) {
        this.instance = instance;
        this.handle = handle;
        this.ports = ports;
    }

    QemuHost.Instance instance() {
        return instance;
    }

    GuestHandle handle() {
        return handle;
    }

    GuestPorts ports() {
        return ports;
    }

    Qmp qmp() {
        return instance.qmp();
    }

    boolean isAlive() {
        return instance.process().isAlive();
    }

    /// Lets the guest run, if it stands still.
    void run() throws IOException {
        if (!qmp().execute("query-status", PATIENCE).path("running").asBoolean(false)) {
            qmp().execute("cont", PATIENCE);
        }
    }

    /// Whether the guest has switched itself off.
    boolean isShutDown() throws IOException {
        return qmp().execute("query-status", PATIENCE)
                .path("status")
                .asString("")
                .equals("shutdown");
    }

    /// Whether QEMU stopped it because it said that it crashed.
    boolean isCrashed() throws IOException {
        return qmp().execute("query-status", PATIENCE)
                .path("status")
                .asString("")
                .equals("guest-panicked");
    }

    /// Lets it begin anew, as the reset button of a machine does. QEMU does so between two checkpoints, never in one.
    void reset() throws IOException {
        qmp().execute("system_reset", PATIENCE);
    }

    /// What a press of the power button does.
    void pressPowerButton() throws IOException {
        qmp().execute("system_powerdown", PATIENCE);
    }

    /// Nothing leaves from here on; QEMU is gone when this returns.
    void end() throws IOException {
        ports.shut();
        ports.close();
        instance.end();
    }
}
