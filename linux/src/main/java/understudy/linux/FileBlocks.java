package understudy.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Where a file's bytes lie on the device under its file system, and whether the kernel keeps copies of them.
///
/// Threads: any.
public final class FileBlocks {
    private static final long FS_IOC_FIEMAP = 0xC020660BL;
    private static final int HEADER = 32;
    private static final int EXTENT = 56;
    /// Extents asked for at once.
    private static final int BATCH = 256;
    private static final int SYNC_FIRST = 1;
    private static final int LAST = 1;
    /// Place unknown, not yet placed, compressed or encrypted, shared with metadata, or never written.
    private static final int NOT_PLAIN_DATA = 0x2 | 0x4 | 0x8 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800;

    private FileBlocks() {}

    /// Bytes that lie in a row.
    ///
    /// @param offset in the file; on ext4 a multiple of the block size, as the others are
    /// @param device offset on the device
    /// @param length in bytes; the last run may reach beyond the end of the file
    public record Run(long offset, long device, long length) {}

    /// What of a file has been written, in ascending order; holes are left out. Dirty pages are written out
    /// first.
    ///
    /// @throws LinuxException with EOPNOTSUPP on file systems that cannot tell, such as tmpfs
    public static List<Run> written(Path file) throws LinuxException {
        int fd = opened(file);
        try (Arena arena = Arena.ofConfined()) {
            // struct fiemap: u64 start, u64 length, u32 flags, u32 mapped, u32 count, u32 reserved; then the
            // extents, each u64 logical, u64 physical, u64 length, u64[2], u32 flags, u32[3].
            MemorySegment map = arena.allocate(HEADER + (long) BATCH * EXTENT, JAVA_LONG.byteAlignment());
            List<Run> runs = new ArrayList<>();
            long start = 0;
            while (true) {
                map.set(JAVA_LONG, 0, start);
                map.set(JAVA_LONG, 8, Long.MAX_VALUE - start);
                map.set(JAVA_INT, 16, SYNC_FIRST);
                map.set(JAVA_INT, 20, 0);
                map.set(JAVA_INT, 24, BATCH);
                if (Libc.ioctl(fd, FS_IOC_FIEMAP, map) < 0) {
                    throw Native.failure("FIEMAP of " + file);
                }
                int mapped = map.get(JAVA_INT, 20);
                boolean last = mapped == 0;
                for (int i = 0; i < mapped; i++) {
                    long at = HEADER + (long) i * EXTENT;
                    long logical = map.get(JAVA_LONG, at);
                    long length = map.get(JAVA_LONG, at + 16);
                    int flags = map.get(JAVA_INT, at + 40);
                    if ((flags & NOT_PLAIN_DATA) == 0) {
                        runs.add(new Run(logical, map.get(JAVA_LONG, at + 8), length));
                    }
                    start = logical + length;
                    last |= (flags & LAST) != 0;
                }
                if (last) {
                    return List.copyOf(runs);
                }
            }
        } finally {
            Libc.close(fd);
        }
    }

    /// Makes the kernel read a file's bytes from the device again when they are wanted next. Dirty pages stay.
    public static void dropCache(Path file) throws LinuxException {
        int fd = opened(file);
        try {
            int error = DiskCalls.dropCache(fd);
            if (error != 0) {
                throw new LinuxException("fadvise on " + file, error);
            }
        } finally {
            Libc.close(fd);
        }
    }

    private static int opened(Path file) throws LinuxException {
        int fd = Libc.open(file, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0) {
            throw Native.failure("open of " + file);
        }
        return fd;
    }
}
