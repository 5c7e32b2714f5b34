package understudy.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/// A file that is mapped whole and shared, as guest RAM is by QEMU and by the agent.
///
/// On tmpfs a page that nobody wrote is a hole: it costs no memory until it is written, or *read through the
/// mapping*; so look for data with [#nextData] before reading. Writing into a hole when the file system is full,
/// and any access past the end of a file that somebody else shortened, is a fault that the JVM reports as an
/// `InternalError`.
///
/// Threads: any, at the same time; `close` when no thread uses the segment any more.
public final class SharedMemoryFile implements AutoCloseable {
    private final Path path;
    private final int fd;
    private final long size;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment segment;

    private SharedMemoryFile(Path path, int fd, long size) throws LinuxException {
        this.path = path;
        this.fd = fd;
        this.size = size;
        this.segment = mapped();
    }

    /// Creates a file of `size` zero bytes, for its owner alone; one that exists is emptied first.
    ///
    /// @param size in bytes; positive
    public static SharedMemoryFile create(Path path, long size) throws IOException {
        if (size <= 0) {
            throw new IllegalArgumentException("size " + size + " of " + path + " is not positive");
        }
        int fd = opened(path, Libc.O_CREAT | Libc.O_TRUNC);
        // The new length in bytes; pages come into being when they are written.
        if (FileCalls.ftruncate(fd, size) < 0) {
            LinuxException failure = Native.failure("ftruncate of " + path + " to " + size + " bytes");
            Libc.close(fd);
            Files.deleteIfExists(path);
            throw failure;
        }
        return closingOnFailure(path, fd, size);
    }

    /// Opens a file that exists, at the size that it has.
    public static SharedMemoryFile open(Path path) throws LinuxException {
        int fd = opened(path, 0);
        long size = FileCalls.lseek(fd, 0, FileCalls.SEEK_END);
        if (size <= 0) {
            Libc.close(fd);
            throw new LinuxException("mapping of " + path + ", which is empty", Errno.EINVAL);
        }
        return closingOnFailure(path, fd, size);
    }

    private static int opened(Path path, int flags) throws LinuxException {
        int fd = Libc.open(path, Libc.O_RDWR | Libc.O_CLOEXEC | flags, 0600);
        if (fd < 0) {
            throw Native.failure("open of " + path);
        }
        return fd;
    }

    private static SharedMemoryFile closingOnFailure(Path path, int fd, long size) throws LinuxException {
        try {
            return new SharedMemoryFile(path, fd, size);
        } catch (LinuxException e) {
            Libc.close(fd);
            throw e;
        }
    }

    @SuppressWarnings("restricted") // the length given to the segment is the length that was mapped
    private MemorySegment mapped() throws LinuxException {
        // No wish for an address (null), whole file from offset 0. The arena's end unmaps it, exactly once.
        MemorySegment mapping = FileCalls.mmap(fd, size);
        if (mapping.address() == -1) {
            throw Native.failure("mmap of " + path + ", " + size + " bytes");
        }
        return mapping.reinterpret(size, arena, unmapped -> FileCalls.munmap(unmapped, size));
    }

    public Path path() {
        return path;
    }

    /// The file's bytes; may be used by any thread until `close`, after which its use throws.
    public MemorySegment segment() {
        return segment;
    }

    /// In bytes.
    public long size() {
        return size;
    }

    /// The first offset at or after `from` that may hold data, or the size if only holes follow.
    ///
    /// @param from in [0, size]
    public long nextData(long from) throws LinuxException {
        return sought(from, FileCalls.SEEK_DATA);
    }

    /// The first offset at or after `from` that lies in a hole; the end of the file counts as one.
    ///
    /// @param from in [0, size]
    public long nextHole(long from) throws LinuxException {
        return sought(from, FileCalls.SEEK_HOLE);
    }

    /// The shared file position moves, which nobody uses.
    private long sought(long from, int whence) throws LinuxException {
        if (from < 0 || from > size) {
            throw new IndexOutOfBoundsException("offset " + from + " in a file of " + size + " bytes");
        }
        long offset = FileCalls.lseek(fd, from, whence);
        if (offset < 0 && Native.errno() == Errno.ENXIO) {
            return size;
        }
        if (offset < 0) {
            throw Native.failure("lseek in " + path);
        }
        return Math.min(offset, size);
    }

    /// Makes whole pages holes, which read as zeros and cost no memory.
    ///
    /// @param from   page-aligned
    /// @param length in bytes, a multiple of the page size; positive
    public void discard(long from, long length) throws LinuxException {
        if (FileCalls.punchHole(fd, from, length) < 0) {
            throw Native.failure("discarding " + length + " bytes at " + from + " of " + path);
        }
    }

    /// Unmaps and closes; the file stays.
    @Override
    public void close() {
        arena.close();
        Libc.close(fd);
    }
}
