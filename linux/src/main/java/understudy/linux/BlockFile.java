package understudy.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/// A file or block device that is read and written at offsets, through the page cache.
///
/// Calls are interrupted by nothing, go on where the kernel stopped short, and allocate nothing. They last as
/// long as the hardware lasts, which may be for ever.
///
/// Threads: any, at the same time; `close` when no other thread is inside a call.
public final class BlockFile implements AutoCloseable {
    private static final int ENOSYS = 38;
    private static final int EOPNOTSUPP = 95;
    private static final int EIO = 5;

    /// `BLKGETSIZE64`, linux/fs.h: `_IOR(0x12, 114, size_t)`.
    private static final long BLKGETSIZE64 = 0x80081272L;

    private final Path path;
    private final int fd;
    private final boolean isDevice;

    private BlockFile(Path path, int fd, boolean isDevice) {
        this.path = path;
        this.fd = fd;
        this.isDevice = isDevice;
    }

    /// Creates a file of `size` zero bytes that take no space, for its owner alone.
    ///
    /// @throws LinuxException also if there is something at this path
    public static BlockFile create(Path path, long size) throws IOException {
        int fd = Libc.open(path, Libc.O_RDWR | Libc.O_CLOEXEC | Libc.O_CREAT | BlockCalls.O_EXCL, 0600);
        if (fd < 0) {
            throw Native.failure("creation of " + path);
        }
        BlockFile file = new BlockFile(path, fd, false);
        try {
            file.resize(size);
        } catch (LinuxException e) {
            file.close();
            Files.deleteIfExists(path);
            throw e;
        }
        return file;
    }

    /// Opens a file, or a device that nobody else has opened for itself alone or mounted.
    public static BlockFile open(Path path) throws LinuxException {
        boolean isFile = Files.isRegularFile(path);
        // On a device, without O_CREAT, O_EXCL means that it is in nobody's exclusive use, mounts included.
        int fd = Libc.open(path, Libc.O_RDWR | Libc.O_CLOEXEC | (isFile ? 0 : BlockCalls.O_EXCL), 0);
        if (fd < 0) {
            throw Native.failure("open of " + path);
        }
        BlockFile file = new BlockFile(path, fd, !isFile);
        try {
            long _ = file.size();
        } catch (LinuxException e) {
            file.close();
            throw e;
        }
        return file;
    }

    public Path path() {
        return path;
    }

    public boolean isDevice() {
        return isDevice;
    }

    /// In bytes.
    public long size() throws LinuxException {
        return isDevice ? deviceSize() : sought(0, FileCalls.SEEK_END);
    }

    private long deviceSize() throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            // The kernel stores eight bytes there.
            MemorySegment size = arena.allocate(JAVA_LONG);
            if (Libc.ioctl(fd, BLKGETSIZE64, size) < 0) {
                throw Native.failure("BLKGETSIZE64 on " + path);
            }
            return size.get(JAVA_LONG, 0);
        }
    }

    /// Takes the file for this object alone among all that ask for it so, in this process or another, until it
    /// is closed.
    ///
    /// @return whether nobody else has it
    public boolean tryLock() throws LinuxException {
        if (BlockCalls.flock(fd) == 0) {
            return true;
        }
        if (Native.errno() == Errno.EAGAIN) {
            return false;
        }
        throw Native.failure("flock on " + path);
    }

    /// Fills `target`, native memory, from `offset` on.
    ///
    /// @throws LinuxException also if the file ends before that
    public void read(long offset, MemorySegment target) throws LinuxException {
        long length = target.byteSize();
        long done = 0;
        while (done < length) {
            long count = BlockCalls.pread(fd, done == 0 ? target : target.asSlice(done), offset + done);
            if (count == 0) {
                throw new LinuxException("pread of " + path + " at " + (offset + done) + ", past its end", EIO);
            }
            done += transferred(count, "pread", offset, length);
        }
    }

    /// Writes all of `source`, native memory, at `offset`. After a failure any part of it may have been written.
    public void write(long offset, MemorySegment source) throws LinuxException {
        long length = source.byteSize();
        long done = 0;
        while (done < length) {
            long count = BlockCalls.pwrite(fd, done == 0 ? source : source.asSlice(done), offset + done);
            if (count == 0) {
                throw new LinuxException("pwrite of " + path + " at " + (offset + done) + " wrote nothing", EIO);
            }
            done += transferred(count, "pwrite", offset, length);
        }
    }

    private long transferred(long count, String call, long offset, long length) throws LinuxException {
        if (count < 0 && Native.errno() != Errno.EINTR) {
            throw Native.failure(call + " of " + length + " bytes at " + offset + " of " + path);
        }
        return Math.max(0, count);
    }

    /// Makes contents durable, and what it takes to find them.
    public void syncData() throws LinuxException {
        if (BlockCalls.fdatasync(fd) < 0) {
            throw Native.failure("fdatasync of " + path);
        }
    }

    /// Makes a folder's entries durable: the names of files that were created, renamed or deleted in it.
    public static void syncFolder(Path folder) throws LinuxException {
        int fd = Libc.open(folder, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0) {
            throw Native.failure("open of " + folder);
        }
        try {
            if (BlockCalls.fsync(fd) < 0) {
                throw Native.failure("fsync of " + folder);
            }
        } finally {
            Libc.close(fd);
        }
    }

    /// Makes a range zeros that take no space, as far as whole blocks of the file system go.
    ///
    /// @return whether this file can do so; if not, nothing has happened
    public boolean punch(long offset, long length) throws LinuxException {
        return allocated(BlockCalls.PUNCH_HOLE, "punching", offset, length);
    }

    /// Makes a range zeros that keep their space.
    ///
    /// @return whether this file can do so; if not, nothing has happened
    public boolean zeroRange(long offset, long length) throws LinuxException {
        return allocated(BlockCalls.ZERO_RANGE, "zeroing", offset, length);
    }

    private boolean allocated(int mode, String what, long offset, long length) throws LinuxException {
        while (BlockCalls.fallocate(fd, mode, offset, length) < 0) {
            int errno = Native.errno();
            // A device wants whole sectors (EINVAL); many file systems know only one of the two, or none.
            if (errno == EOPNOTSUPP || errno == ENOSYS || (errno == Errno.EINVAL && isDevice)) {
                return false;
            }
            if (errno != Errno.EINTR) {
                throw Native.failure(what + " " + length + " bytes at " + offset + " of " + path);
            }
        }
        return true;
    }

    /// The first offset at or after `from` that may hold data, or the size if only holes follow. A device is all
    /// data.
    ///
    /// @param from in [0, size]
    public long nextData(long from) throws LinuxException {
        return isDevice ? from : sought(from, FileCalls.SEEK_DATA);
    }

    /// The first offset at or after `from` that lies in a hole; the end counts as one.
    ///
    /// @param from in [0, size]
    public long nextHole(long from) throws LinuxException {
        return isDevice ? deviceSize() : sought(from, FileCalls.SEEK_HOLE);
    }

    /// The shared file position moves, which nobody uses.
    private long sought(long from, int whence) throws LinuxException {
        long offset = FileCalls.lseek(fd, from, whence);
        if (offset < 0 && Native.errno() == Errno.ENXIO) {
            return FileCalls.lseek(fd, 0, FileCalls.SEEK_END);
        }
        if (offset < 0) {
            throw Native.failure("lseek in " + path);
        }
        return offset;
    }

    /// Makes a file longer or shorter; what is new holds zeros and takes no space. A device keeps its size.
    public void resize(long size) throws LinuxException {
        if (isDevice && deviceSize() >= size) {
            return;
        }
        if (FileCalls.ftruncate(fd, size) < 0) {
            throw Native.failure("ftruncate of " + path + " to " + size + " bytes");
        }
    }

    @Override
    public void close() {
        Libc.close(fd);
    }
}
