package understudy.linux;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/// The reading end of a named pipe that this object creates and deletes.
///
/// A writer that opens it blocks while it is full: kept small, it holds a QEMU that saves its devices where it
/// is, until somebody enlarges and drains it.
///
/// Threads: one at a time.
public final class Fifo implements AutoCloseable {
    private static final int F_SETPIPE_SZ = 1031;

    private final Path path;
    private int fd;

    private Fifo(Path path, int fd) {
        this.path = path;
        this.fd = fd;
    }

    /// What ended a wait.
    public enum Readiness {
        /// There are bytes to read.
        DATA,
        /// All bytes are read, and the last writer has closed.
        WRITER_GONE,
        /// Neither happened in time. So it is, too, while no writer has come yet.
        TIMED_OUT
    }

    /// Creates the pipe, for its owner alone, and opens it for reading without waiting for a writer.
    ///
    /// @throws IOException if something exists at `path`, among others
    public static Fifo create(Path path) throws IOException {
        // The path ends in 0 and is freed on return.
        if (Libc.mkfifo(path, 0600) < 0) {
            throw Native.failure("mkfifo " + path);
        }
        try {
            return new Fifo(path, opened(path));
        } catch (LinuxException e) {
            Files.deleteIfExists(path);
            throw e;
        }
    }

    private static int opened(Path path) throws LinuxException {
        int fd = Libc.open(path, Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_CLOEXEC, 0);
        if (fd < 0) {
            throw Native.failure("open of " + path);
        }
        return fd;
    }

    public Path path() {
        return path;
    }

    /// Makes room for `bytes`, which the kernel rounds up to a power of two of pages.
    ///
    /// @return the room that there is now, in bytes
    /// @throws LinuxException with EBUSY if more than that is in the pipe already
    public int capacity(int bytes) throws LinuxException {
        int result = Libc.fcntl(fd, F_SETPIPE_SZ, bytes);
        if (result < 0) {
            throw Native.failure("F_SETPIPE_SZ of " + path + " to " + bytes + " bytes");
        }
        return result;
    }

    public Readiness awaitReadable(Duration timeLimit) throws LinuxException {
        short events = Waiting.forOne(fd, Waiting.POLLIN, timeLimit, "poll of " + path);
        if ((events & Waiting.POLLIN) != 0) {
            return Readiness.DATA;
        }
        return events == 0 ? Readiness.TIMED_OUT : Readiness.WRITER_GONE;
    }

    /// Reads what is there, without waiting.
    ///
    /// @param into   native memory; the caller's
    /// @param length the most to read, in bytes; positive
    /// @return how many bytes were read; 0 if there are none now; −1 if there are none and no writer has it open
    public int read(MemorySegment into, long offset, int length) throws LinuxException {
        long count = Libc.read(fd, into, offset, length);
        if (count > 0) {
            return (int) count;
        }
        if (count < 0 && Native.errno() != Errno.EAGAIN) {
            throw Native.failure("read of " + path);
        }
        return count == 0 ? -1 : 0;
    }

    /// Makes it ready for the next writer: unread bytes are dropped, that a writer has left is forgotten, and the
    /// capacity is the kernel's default again.
    public void reopen() throws LinuxException {
        Libc.close(fd);
        fd = -1;
        fd = opened(path);
    }

    /// Closes and deletes it.
    @Override
    public void close() throws IOException {
        if (fd >= 0) {
            Libc.close(fd);
            fd = -1;
        }
        Files.deleteIfExists(path);
    }
}
