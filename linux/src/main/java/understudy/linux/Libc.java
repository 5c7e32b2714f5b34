package understudy.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker.Option;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/// The C functions that this module calls, typed, answering what C answers: −1 means failure, and `errno` is
/// captured.
///
/// Sizes hold on x86-64: `int` has 4 bytes; `long`, `size_t`, `off_t` and pointers have 8. Memory that is
/// passed stays the caller's, and no function here keeps a pointer after it returns, save `mmap`, whose memory
/// goes back with `munmap`. Variadic functions are bound with the index of their first variadic argument, which
/// x86-64 passes with a count of vector registers beside it.
final class Libc {
    static final int O_RDONLY = 0;
    static final int O_RDWR = 2;
    static final int O_CREAT = 0x40;
    static final int O_TRUNC = 0x200;
    static final int O_NONBLOCK = 0x800;
    static final int O_CLOEXEC = 0x80000;

    private static final int PR_SET_TIMERSLACK = 29;

    private static final MethodHandle OPEN = Native.function(
            "open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT), Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE = Native.function("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle READ =
            Native.function("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle WRITE =
            Native.function("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle IOCTL = Native.function(
            "ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), Option.firstVariadicArg(2));
    private static final MethodHandle FCNTL = Native.function(
            "fcntl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT), Option.firstVariadicArg(2));
    private static final MethodHandle PRCTL =
            Native.function("prctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG), Option.firstVariadicArg(1));
    private static final MethodHandle POLL =
            Native.function("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle EVENTFD =
            Native.function("eventfd", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle MKFIFO =
            Native.function("mkfifo", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle SETNS =
            Native.function("setns", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle GETEUID = Native.plain("geteuid", FunctionDescriptor.of(JAVA_INT));
    private static final MethodHandle PROCESS_VM_READV = Native.function(
            "process_vm_readv",
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle SYSCALL = Native.function(
            "syscall",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
            Option.firstVariadicArg(1));

    private Libc() {}

    /// @param mode the permissions of a file that is created; else ignored
    static int open(Path path, int flags, int mode) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) OPEN.invokeExact(Native.state(), arena.allocateFrom(path.toString()), flags, mode);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /// Not repeated after a failure: Linux has freed the number all the same.
    static void close(int fd) {
        try {
            int _ = (int) CLOSE.invokeExact(Native.state(), fd);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /// Up to `length` bytes into `buffer` from `offset` on, which the segment's own bounds check guards.
    static long read(int fd, MemorySegment buffer, long offset, long length) {
        MemorySegment part = buffer.asSlice(offset, length);
        try {
            long count;
            do {
                count = (long) READ.invokeExact(Native.state(), fd, part, length);
            } while (count < 0 && Native.errno() == Errno.EINTR);
            return count;
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /// Up to `length` bytes of `buffer` from `offset` on.
    static long write(int fd, MemorySegment buffer, long offset, long length) {
        MemorySegment part = buffer.asSlice(offset, length);
        try {
            long count;
            do {
                count = (long) WRITE.invokeExact(Native.state(), fd, part, length);
            } while (count < 0 && Native.errno() == Errno.EINTR);
            return count;
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /// @param argument as large as the request wants it (see [Structs#ioctl])
    static int ioctl(int fd, long request, MemorySegment argument) {
        try {
            return (int) IOCTL.invokeExact(Native.state(), fd, request, argument);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    static int fcntl(int fd, int command, int argument) {
        try {
            return (int) FCNTL.invokeExact(Native.state(), fd, command, argument);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /// How late the calling thread's timed waits may end, in nanoseconds. A kernel that does not know of it lets them
    /// end later, which does no harm.
    static void setTimerSlack(long nanos) {
        try {
            int _ = (int) PRCTL.invokeExact(Native.state(), PR_SET_TIMERSLACK, nanos);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /// @param entries `count` consecutive `struct pollfd`
    /// @param millis  −1 for ever
    static int poll(MemorySegment entries, int count, int millis) {
        try {
            return (int) POLL.invokeExact(Native.state(), entries, (long) count, millis);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    static int eventfd(int initial, int flags) {
        try {
            return (int) EVENTFD.invokeExact(Native.state(), initial, flags);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    static int mkfifo(Path path, int mode) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) MKFIFO.invokeExact(Native.state(), arena.allocateFrom(path.toString()), mode);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    static int setns(int fd, int kind) {
        try {
            return (int) SETNS.invokeExact(Native.state(), fd, kind);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    static int geteuid() {
        try {
            return (int) GETEUID.invokeExact();
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /// @param local  one `struct iovec`
    /// @param remote one `struct iovec`, its base an address in the other process
    static long processVmReadv(int pid, MemorySegment local, MemorySegment remote) {
        try {
            return (long) PROCESS_VM_READV.invokeExact(Native.state(), pid, local, 1L, remote, 1L, 0L);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /// Four arguments are always passed, as 8-byte values; the kernel looks only at those that the call has.
    static long syscall(long number, long a, long b, long c, long d) {
        try {
            return (long) SYSCALL.invokeExact(Native.state(), number, a, b, c, d);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }
}
