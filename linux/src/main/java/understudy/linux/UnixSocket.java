package understudy.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
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
    private static final short AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int PATH_BYTES_MAX = 107;

    private static final MethodHandle SOCKET =
            Native.function("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle CONNECT =
            Native.function("connect", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle SEND =
            Native.function("send", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

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
        if (name.length > PATH_BYTES_MAX) {
            throw new LinuxException(
                    "connecting to " + path + ", whose path has more than " + PATH_BYTES_MAX + " bytes", Errno.EINVAL);
        }
        int fd = socket(AF_UNIX, SOCK_STREAM | Libc.O_NONBLOCK | Libc.O_CLOEXEC);
        if (connect(fd, name) < 0) {
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

    /// The whole structure is passed, its path ending in 0 because it is allocated as zeros and is shorter than
    /// the field; freed on return.
    private static int connect(int fd, byte[] name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(Structs.SOCKADDR_UN);
            address.set(JAVA_SHORT, Structs.offset(Structs.SOCKADDR_UN, "family"), AF_UNIX);
            MemorySegment.copy(name, 0, address, JAVA_BYTE, Structs.offset(Structs.SOCKADDR_UN, "path"), name.length);
            return (int) CONNECT.invokeExact(Native.state(), fd, address, (int) address.byteSize());
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
        MemorySegment part = from.asSlice(offset, length);
        try {
            long count = (long) SEND.invokeExact(Native.state(), fd, part, (long) length, MSG_NOSIGNAL);
            if (count >= 0) {
                return (int) count;
            }
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
        if (Native.errno() == Errno.EAGAIN || Native.errno() == Errno.EINTR) {
            return 0;
        }
        throw Native.failure("write to " + path);
    }

    @Override
    public void close() {
        Libc.close(fd);
    }
}
