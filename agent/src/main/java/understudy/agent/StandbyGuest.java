package understudy.agent;

import java.io.IOException;
import java.time.Duration;
import understudy.checkpoint.GuestHandle;
import understudy.checkpoint.ImageStream;

/// A guest's image on this host, and the QEMU that waits to go on from it.
///
/// Threads: the VM's driver.
final class StandbyGuest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final QemuHost.Instance instance;
    private final GuestHandle handle;
    private final ImageStream stream;

    StandbyGuest(QemuHost.Instance instance, GuestHandle handle, ImageStream stream) {
        this.instance = instance;
        this.handle = handle;
        this.stream = stream;
    }

    /// Ends the stream; the image stays.
    void closeStream() {
        stream.close();
    }

    /// Lets the guest go on, its cards being connected.
    ///
    /// @return the guest as one that this host runs
    ActiveGuest resume(GuestPorts ports) throws IOException {
        stream.resume(PATIENCE);
        stream.discard();
        return new ActiveGuest(instance, handle, ports);
    }

    QemuHost.Instance instance() {
        return instance;
    }

    GuestHandle handle() {
        return handle;
    }

    /// Ends the waiting QEMU, and removes the image.
    void end() throws IOException {
        stream.close();
        stream.discard();
        instance.end();
    }
}
