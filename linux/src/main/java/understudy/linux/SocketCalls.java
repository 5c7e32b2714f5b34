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

/// The C functions of stream sockets, on the same terms as [Libc].
final class SocketCalls {
    static final short AF_UNIX = 1;
    static final int SOCK_STREAM = 1;
    static final int SHUT_RD = 0;
    static final int SHUT_RDWR = 2;
    static final int MSG_DONTWAIT = 0x40;
    static final int MSG_NOSIGNAL = 0x4000;

    /// All that fits into a `sockaddr_un`, with its end of 0.
    static final int PATH_BYTES_MAX = 107;

    private static final MethodHandle CONNECT =
            Native.function("connect", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle BIND =
            Native.function("bind", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle LISTEN =
            Native.function("listen", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle ACCEPT =
            Native.function("accept4", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
    private static final MethodHandle SHUTDOWN =
            Native.function("shutdown", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle RECV =
            Native.function("recv", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle SEND =
            Native.function("send", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

    private SocketCalls() {}

    static int connect(int fd, byte[] path) {
        return withAddress(CONNECT, fd, path);
    }

    static int bind(int fd, byte[] path) {
        return withAddress(BIND, fd, path);
    }

    /// The whole structure is passed, its path ending in 0 because it is allocated as zeros and is shorter than
    /// the field; freed on return.
    private static int withAddress(MethodHandle function, int fd, byte[] path) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(Structs.SOCKADDR_UN);
            address.set(JAVA_SHORT, Structs.offset(Structs.SOCKADDR_UN, "family"), AF_UNIX);
            MemorySegment.copy(path, 0, address, JAVA_BYTE, Structs.offset(Structs.SOCKADDR_UN, "path"), path.length);
            return (int) function.invokeExact(Native.state(), fd, address, (int) address.byteSize());
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    static int listen(int fd, int backlog) {
        try {
            return (int) LISTEN.invokeExact(Native.state(), fd, backlog);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /// The peer's address is not asked for, which two null pointers say.
    static int accept(int fd, int flags) {
        try {
            return (int) ACCEPT.invokeExact(Native.state(), fd, MemorySegment.NULL, MemorySegment.NULL, flags);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    static int shutdown(int fd, int how) {
        try {
            return (int) SHUTDOWN.invokeExact(Native.state(), fd, how);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /// Up to `length` bytes into `buffer` from `offset` on, which the segment's own bounds check guards.
    static long recv(int fd, MemorySegment buffer, long offset, long length, int flags) {
        MemorySegment part = buffer.asSlice(offset, length);
        try {
            long count;
            do {
                count = (long) RECV.invokeExact(Native.state(), fd, part, length, flags);
            } while (count < 0 && Native.errno() == Errno.EINTR);
            return count;
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /// Up to `length` bytes of `buffer` from `offset` on.
    static long send(int fd, MemorySegment buffer, long offset, long length, int flags) {
        MemorySegment part = buffer.asSlice(offset, length);
        try {
            long count;
            do {
                count = (long) SEND.invokeExact(Native.state(), fd, part, length, flags);
            } while (count < 0 && Native.errno() == Errno.EINTR);
            return count;
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }
}
