package understudy.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// The C functions behind [SharedMemoryFile], on the same terms as [Libc].
final class FileCalls {
    static final int SEEK_END = 2;
    static final int SEEK_DATA = 3;
    static final int SEEK_HOLE = 4;

    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED = 1;
    private static final int PUNCH_HOLE_KEEP_SIZE = 3;

    private static final MethodHandle FTRUNCATE =
            Native.function("ftruncate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle FALLOCATE =
            Native.function("fallocate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle LSEEK =
            Native.function("lseek", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT));
    private static final MethodHandle MMAP = Native.function(
            "mmap", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle MUNMAP =
            Native.function("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));

    private FileCalls() {}

    static int ftruncate(int fd, long size) {
        try {
            return (int) FTRUNCATE.invokeExact(Native.state(), fd, size);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    static int punchHole(int fd, long from, long length) {
        try {
            return (int) FALLOCATE.invokeExact(Native.state(), fd, PUNCH_HOLE_KEEP_SIZE, from, length);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    static long lseek(int fd, long offset, int whence) {
        try {
            return (long) LSEEK.invokeExact(Native.state(), fd, offset, whence);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /// Maps the whole file, shared, for reading and writing. Answers address −1 on failure; else a segment of
    /// length 0 at the mapping, which the caller gives its length and hands back to [#munmap].
    static MemorySegment mmap(int fd, long size) {
        try {
            return (MemorySegment)
                    MMAP.invokeExact(Native.state(), MemorySegment.NULL, size, PROT_READ_WRITE, MAP_SHARED, fd, 0L);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    static void munmap(MemorySegment mapping, long size) {
        try {
            int _ = (int) MUNMAP.invokeExact(Native.state(), mapping, size);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }
}
