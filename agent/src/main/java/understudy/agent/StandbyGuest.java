package understudy.agent;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import understudy.checkpoint.GuestHandle;
import understudy.checkpoint.ImageStream;

/// A guest's image on this host, the QEMU that waits to go on from it, its network cards, through which nothing
/// passes yet, and its disks, which are another host's.
///
/// Threads: the VM's driver.
final class StandbyGuest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final QemuHost.Instance instance;
    private final GuestHandle handle;
    private final GuestPorts ports;
    private final ImageStream stream;
    private final Optional<QemuDisks> disks;

    /// @param disks empty if the VM has none
    StandbyGuest(
            QemuHost.Instance instance,
            GuestHandle handle,
            GuestPorts ports,
            ImageStream stream,
            Optional<QemuDisks> disks) {
        this.instance = instance;
        this.handle = handle;
        this.ports = ports;
        this.stream = stream;
        this.disks = disks;
    }

    Optional<QemuDisks> disks() {
        return disks;
    }

    /// Ends the stream; the image stays.
    void closeStream() {
        stream.close();
    }

    /// Lets the guest go on. What it sends is held until the gate is opened.
    ///
    /// @return the guest as one that this host runs
    ActiveGuest resume() throws IOException {
        ports.gate(1);
        stream.resume(PATIENCE);
        stream.discard();
        return new ActiveGuest(instance, handle, ports);
    }

    /// Ends the waiting QEMU, and removes the image.
    void end() throws IOException {
        ports.close();
        stream.close();
        stream.discard();
        disks.ifPresent(QemuDisks::discard);
        instance.end();
    }
}
