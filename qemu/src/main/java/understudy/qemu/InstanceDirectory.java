package understudy.qemu;

import java.nio.file.Path;

/// The directory of one QEMU instance: its sockets and the record by which a later agent finds it. Each
/// instance has its own, so that an older QEMU of the same VM can never be taken for a newer one.
///
/// @param path absolute, and short enough for the addresses of UNIX sockets
public record InstanceDirectory(Path path) {
    /// `sun_path` has 108 bytes, the last of them zero.
    private static final int SOCKET_PATH_MAX = 107;

    public InstanceDirectory {
        String longest = path.resolve("outgoing.socket").toString();
        if (!path.isAbsolute() || longest.getBytes(java.nio.charset.StandardCharsets.UTF_8).length > SOCKET_PATH_MAX) {
            throw new IllegalArgumentException(
                    "instance directory %s: an absolute path is needed, of at most %d bytes; use a shorter run directory"
                            .formatted(path, SOCKET_PATH_MAX - "/outgoing.socket".length()));
        }
    }

    public Path qmp() {
        return path.resolve("qmp.socket");
    }

    /// A second control socket, which belongs to whoever takes checkpoints ([Qmp#prime]).
    public Path checkpointQmp() {
        return path.resolve("capture.socket");
    }

    /// The guest's first serial port.
    public Path serial() {
        return path.resolve("serial.socket");
    }

    /// All that the guest wrote to its first serial port.
    public Path serialLog() {
        return path.resolve("serial.log");
    }

    /// Where QEMU shows the guest's screen, as VNC, if it has one.
    public Path screen() {
        return path.resolve("screen.socket");
    }

    /// Where the guest's NIC of this number, from 0, is served by QEMU.
    public Path nic(int index) {
        return path.resolve("nic" + index + ".socket");
    }

    /// Where the agent serves the guest's disks. QEMU dials it, at its start and again whenever the agent comes
    /// back.
    public Path disks() {
        return path.resolve("disks.socket");
    }

    /// Where QEMU listens for an incoming stream.
    Path incoming() {
        return path.resolve("incoming.socket");
    }

    /// Where we listen for an outgoing one.
    Path outgoing() {
        return path.resolve("outgoing.socket");
    }

    /// Where QEMU writes its process number when it starts.
    Path processNumber() {
        return path.resolve("qemu.pid");
    }

    Path instance() {
        return path.resolve("instance.json");
    }
}
