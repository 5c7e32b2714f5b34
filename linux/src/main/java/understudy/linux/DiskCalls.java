package understudy.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// The C functions behind [MountedFileSystem] and [FileBlocks], on the same terms as [Libc].
final class DiskCalls {
    private static final int POSIX_FADV_DONTNEED = 4;
    /// `sizeof(struct stat)`, which begins with `st_dev` of eight bytes.
    private static final int STAT = 144;

    private static final MethodHandle FALLOCATE =
            Native.function("fallocate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle FSYNC = Native.function("fsync", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle FSTAT =
            Native.function("fstat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    /// Answers with the error number instead of setting `errno`.
    private static final MethodHandle FADVISE =
            Native.plain("posix_fadvise", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));

    private DiskCalls() {}

    /// Gives a file blocks, and makes it longer where it must.
    static int allocate(int fd, long from, long length) {
        try {
            return (int) FALLOCATE.invokeExact(Native.state(), fd, 0, from, length);
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

    /// The number of the device under the file system that an open file lies in, as in `st_dev`.
    ///
    /// @throws LinuxException if the file cannot be looked at
    static long device(int fd, String what) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment stat = arena.allocate(STAT, JAVA_LONG.byteAlignment());
            if (stat(fd, stat) < 0) {
                throw Native.failure("fstat of " + what);
            }
            return stat.get(JAVA_LONG, 0);
        }
    }

    private static int stat(int fd, MemorySegment into) {
        try {
            return (int) FSTAT.invokeExact(Native.state(), fd, into);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /// Drops those of a file's cached pages that are clean. Answers 0 or the error number.
    static int dropCache(int fd) {
        try {
            return (int) FADVISE.invokeExact(fd, 0L, 0L, POSIX_FADV_DONTNEED);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }
}
