package understudy.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import understudy.api.Event.Severity;
import understudy.checkpoint.GuestOutput;
import understudy.linux.LinuxException;
import understudy.linux.Tap;
import understudy.model.MacAddress;
import understudy.model.VmId;
import understudy.model.VmSpec;
import understudy.network.Listener;
import understudy.network.Port;
import understudy.qemu.InstanceDirectory;

/// All network cards of one guest, as the one gate that its output passes.
final class GuestPorts implements GuestOutput, AutoCloseable {
    private static final int ENOENT = 2;
    private static final int ECONNREFUSED = 111;
    private static final Duration SOCKET = Duration.ofSeconds(5);
    private static final Duration POLL = Duration.ofMillis(2);

    private final List<Port> ports;

    private GuestPorts(List<Port> ports) {
        this.ports = ports;
    }

    /// Joins the guest's cards to the host's bridge. Nothing passes before [#gate] or [#open].
    ///
    /// @param outputWaiting called on a port's own thread: it must not wait, nor call a port
    /// @param lease         asked with each frame
    static GuestPorts connect(
            VmSpec spec,
            InstanceDirectory directory,
            String bridge,
            Runnable outputWaiting,
            VmLease lease,
            DriverDesk desk)
            throws IOException {
        List<Port> ports = new ArrayList<>();
        try {
            for (int nic = 0; nic < spec.nics().size(); nic++) {
                Tap tap = Tap.create(tapName(spec.id(), nic), bridge);
                ports.add(port(directory.nic(nic), tap, spec.nics().get(nic), listener(outputWaiting, lease, desk)));
            }
            GuestPorts all = new GuestPorts(ports);
            lease.onRenewal(all::retry);
            return all;
        } catch (IOException e) {
            ports.forEach(Port::close);
            throw e;
        }
    }

    private static Port port(Path socket, Tap tap, MacAddress mac, Listener listener) throws IOException {
        try {
            return connect(socket, tap, mac, listener);
        } catch (IOException e) {
            tap.close();
            throw e;
        }
    }

    /// QEMU makes the sockets of its network cards on a thread of its own, and may answer QMP before they are there.
    private static Port connect(Path socket, Tap tap, MacAddress mac, Listener listener) throws IOException {
        long end = System.nanoTime() + SOCKET.toNanos();
        while (true) {
            try {
                return Port.connect(socket, tap, mac, listener);
            } catch (LinuxException notYet) {
                boolean isThere = notYet.errno() != ENOENT && notYet.errno() != ECONNREFUSED;
                if (isThere || System.nanoTime() - end > 0) {
                    throw notYet;
                }
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    private static Listener listener(Runnable outputWaiting, VmLease lease, DriverDesk desk) {
        return new Listener() {
            @Override
            public boolean mayLeave() {
                return lease.mayGoOn();
            }

            @Override
            public void outputWaiting() {
                outputWaiting.run();
            }

            @Override
            public void outputFull() {
                desk.event(
                        "output-full", Severity.WARNING, "so much output waits to be let out that the guest must wait");
            }

            @Override
            public void uplinkFailed(String reason) {
                desk.event("uplink-failed", Severity.WARNING, reason);
            }

            @Override
            public void guestGone(String reason) {
                desk.event("nic-failed", Severity.ERROR, "a network card of the guest was cut off: " + reason);
            }
        };
    }

    /// Linux gives interface names 15 characters.
    private static String tapName(VmId vm, int nic) {
        return "us" + vm.toString().replace("-", "").substring(0, 10) + "n" + nic;
    }

    void open() {
        ports.forEach(Port::open);
    }

    /// Drops what is held; nothing leaves or enters any more.
    void shut() {
        ports.forEach(Port::shut);
    }

    private void retry() {
        ports.forEach(Port::retry);
    }

    void announce() {
        ports.forEach(Port::announce);
    }

    @Override
    public void gate(long epoch) throws IOException {
        for (Port port : ports) {
            port.gate(epoch);
        }
    }

    @Override
    public void seal() throws IOException {
        for (Port port : ports) {
            port.seal();
        }
    }

    @Override
    public boolean isWaiting() {
        return ports.stream().anyMatch(Port::isOutputWaiting);
    }

    @Override
    public void release(long epoch, long until) {
        ports.forEach(port -> port.release(epoch, until));
    }

    @Override
    public void close() {
        ports.forEach(Port::close);
    }
}
