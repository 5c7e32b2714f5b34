package understudy.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// A non-blocking stream connection to a UNIX socket, which [Poll] can wait for beside descriptors of other
/// kinds (a channel of the JDK gives its descriptor to nobody).
///
/// Threads: one may read while another writes; `close` last.
public final class UnixSocket implements AutoCloseable {
    private static final MethodHandle SOCKET =
            Native.function("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));

    private final Path path;
    private final int fd;

    private UnixSocket(Path path, int fd) {
        this.path = path;
        this.fd = fd;
    }

    /// Connects at once or fails: with ENOENT or ECONNREFUSED if nobody listens (yet), with EAGAIN if the
    /// listener's queue is full.
    ///
    /// @param path of at most 107 bytes, which is all that the kernel takes
    public static UnixSocket connect(Path path) throws LinuxException {
        byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
        if (name.length > SocketCalls.PATH_BYTES_MAX) {
            throw new LinuxException(
                    "connecting to " + path + ", whose path has more than " + SocketCalls.PATH_BYTES_MAX + " bytes",
                    Errno.EINVAL);
        }
        int fd = socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM | Libc.O_NONBLOCK | Libc.O_CLOEXEC);
        if (SocketCalls.connect(fd, name) < 0) {
            LinuxException failure = Native.failure("connecting to " + path);
            Libc.close(fd);
            throw failure;
        }
        return new UnixSocket(path, fd);
    }

    /// A socket of any family; the caller closes it.
    static int socket(int family, int type) throws LinuxException {
        try {
            int fd = (int) SOCKET.invokeExact(Native.state(), family, type, 0);
            if (fd < 0) {
                throw Native.failure("socket");
            }
            return fd;
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /// For [Poll]; stays this object's.
    public int fd() {
        return fd;
    }

    /// Reads what is there, without waiting.
    ///
    /// @param into   native memory; the caller's
    /// @param length the most to read, in bytes; positive
    /// @return how many bytes were read; 0 if there are none now; −1 if the peer has closed and all is read
    public int read(MemorySegment into, long offset, int length) throws LinuxException {
        long count = Libc.read(fd, into, offset, length);
        if (count > 0) {
            return (int) count;
        }
        if (count < 0 && Native.errno() != Errno.EAGAIN) {
            throw Native.failure("read from " + path);
        }
        return count == 0 ? -1 : 0;
    }

    /// Writes what there is room for, without waiting.
    ///
    /// @param from native memory; the caller's
    /// @return how many bytes were taken, in [0, length]
    /// @throws LinuxException with EPIPE if the peer has closed (no signal is raised)
    public int write(MemorySegment from, long offset, int length) throws LinuxException {
        long count = SocketCalls.send(fd, from, offset, length, SocketCalls.MSG_NOSIGNAL);
        if (count >= 0) {
            return (int) count;
        }
        if (Native.errno() == Errno.EAGAIN) {
            return 0;
        }
        throw Native.failure("write to " + path);
    }

    @Override
    public void close() {
        Libc.close(fd);
    }
}
