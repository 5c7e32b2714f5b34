package understudy.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// The C functions behind [BlockFile], on the same terms as [Libc].
final class BlockCalls {
    static final int O_EXCL = 0x80;

    /// `FALLOC_FL_KEEP_SIZE` with `FALLOC_FL_PUNCH_HOLE`, and with `FALLOC_FL_ZERO_RANGE`.
    static final int PUNCH_HOLE = 0x03;

    static final int ZERO_RANGE = 0x11;

    private static final int LOCK_EXCLUSIVE_AT_ONCE = 6;

    private static final FunctionDescriptor AT_OFFSET =
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle PREAD = Native.function("pread", AT_OFFSET);
    private static final MethodHandle PWRITE = Native.function("pwrite", AT_OFFSET);
    private static final MethodHandle FDATASYNC =
            Native.function("fdatasync", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle FSYNC = Native.function("fsync", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle FALLOCATE =
            Native.function("fallocate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle FLOCK =
            Native.function("flock", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));

    private BlockCalls() {}

    /// Fills all of `buffer`, native memory. The kernel writes at most its size into it.
    static long pread(int fd, MemorySegment buffer, long offset) {
        try {
            return (long) PREAD.invokeExact(Native.state(), fd, buffer, buffer.byteSize(), offset);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /// Writes all of `buffer`, native memory.
    static long pwrite(int fd, MemorySegment buffer, long offset) {
        try {
            return (long) PWRITE.invokeExact(Native.state(), fd, buffer, buffer.byteSize(), offset);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    static int fdatasync(int fd) {
        try {
            return (int) FDATASYNC.invokeExact(Native.state(), fd);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    static int fsync(int fd) {
        try {
            return (int) FSYNC.invokeExact(Native.state(), fd);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    static int fallocate(int fd, int mode, long offset, long length) {
        try {
            return (int) FALLOCATE.invokeExact(Native.state(), fd, mode, offset, length);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /// Takes the file's lock for this descriptor, or fails at once.
    static int flock(int fd) {
        try {
            return (int) FLOCK.invokeExact(Native.state(), fd, LOCK_EXCLUSIVE_AT_ONCE);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }
}
