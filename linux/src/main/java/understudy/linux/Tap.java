package understudy.linux;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/// A TAP device: a network interface whose other end is this process, which reads and writes whole Ethernet
/// frames, without a check sequence. It goes away when it is closed, or with the process.
///
/// Threads: one may read while another writes; `close` last.
public final class Tap implements AutoCloseable {
    private static final long TUNSETIFF = 0x400454CAL;
    private static final int TAP_WITHOUT_PACKET_INFORMATION = 0x1002;

    private final String name;
    private final int fd;

    private Tap(String name, int fd) {
        this.name = name;
        this.fd = fd;
    }

    /// Makes a device in the calling thread's network namespace and sets it up, joined to nothing.
    ///
    /// @param name 1 to 15 characters
    /// @throws LinuxException with EBUSY if a device of that name is in use
    public static Tap create(String name) throws IOException {
        return created(name, Interface::raise);
    }

    /// Makes a device in the calling thread's network namespace, makes it a port of `bridge`, and sets it up.
    ///
    /// @param name   1 to 15 characters
    /// @param bridge a bridge in the same namespace
    /// @throws LinuxException with EBUSY if a device of that name is in use, ENODEV if there is no such bridge
    public static Tap create(String name, String bridge) throws IOException {
        return created(name, device -> {
            device.joinTo(bridge);
            device.raise();
        });
    }

    private interface Step {
        void on(Interface device) throws IOException;
    }

    private static Tap created(String name, Step last) throws IOException {
        int fd = Libc.open(Path.of("/dev/net/tun"), Libc.O_RDWR | Libc.O_NONBLOCK | Libc.O_CLOEXEC, 0);
        if (fd < 0) {
            throw Native.failure("open of /dev/net/tun");
        }
        try (Interface device = new Interface(name)) {
            // The ioctl's number says 4 bytes, but it reads and writes a whole ifreq, which is what it gets.
            device.request(fd, TUNSETIFF, TAP_WITHOUT_PACKET_INFORMATION, "making of TAP device " + name);
            device.quieten();
            last.on(device);
            return new Tap(name, fd);
        } catch (IOException | RuntimeException e) {
            Libc.close(fd);
            throw e;
        }
    }

    public String name() {
        return name;
    }

    /// For [Poll]; stays this object's.
    public int fd() {
        return fd;
    }

    /// Reads one frame, without waiting.
    ///
    /// @param into native memory, the caller's; a longer frame loses its end
    /// @return the frame's length in bytes; 0 if there is none now
    public int read(MemorySegment into) throws LinuxException {
        return read(into, 0, Math.toIntExact(into.byteSize()));
    }

    /// Reads one frame to an offset, without waiting.
    ///
    /// @return the frame's length in bytes; 0 if there is none now
    public int read(MemorySegment into, long offset, int length) throws LinuxException {
        long count = Libc.read(fd, into, offset, length);
        if (count < 0 && Native.errno() != Errno.EAGAIN) {
            throw Native.failure("read from TAP device " + name);
        }
        return (int) Math.max(0, count);
    }

    /// Writes one frame.
    ///
    /// @param from   native memory; the caller's
    /// @param length at least 14, an Ethernet header's
    /// @throws LinuxException with EIO if the interface was set down; the frame is lost
    public void write(MemorySegment from, long offset, int length) throws LinuxException {
        if (Libc.write(fd, from, offset, length) < 0) {
            throw Native.failure("write to TAP device " + name);
        }
    }

    @Override
    public void close() {
        Libc.close(fd);
    }
}
