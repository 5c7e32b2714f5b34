package understudy.linux;

import java.lang.foreign.MemorySegment;
import java.time.Duration;

/// A handle on one process that stays true when its number is given to another (pidfd_open(2)).
///
/// Threads: any, at the same time; `close` last.
public final class PidFd implements AutoCloseable {
    private static final long SYS_PIDFD_SEND_SIGNAL = 424;
    private static final long SYS_PIDFD_OPEN = 434;
    private static final long SYS_PIDFD_GETFD = 438;

    private final long pid;
    private final int fd;

    private PidFd(long pid, int fd) {
        this.pid = pid;
        this.fd = fd;
    }

    /// @throws LinuxException with ESRCH if there is no such process
    public static PidFd open(long pid) throws LinuxException {
        // pid and flags; the descriptor is ours until close.
        long fd = Libc.syscall(SYS_PIDFD_OPEN, pid, 0, 0, 0);
        if (fd < 0) {
            throw Native.failure("pidfd_open of process " + pid);
        }
        return new PidFd(pid, (int) fd);
    }

    public long pid() {
        return pid;
    }

    /// A descriptor of the calling process for what the other process has open as `remoteFd`; the caller closes
    /// it.
    ///
    /// @throws LinuxException with EBADF if the process has no such descriptor, ESRCH if it has exited
    public int duplicate(int remoteFd) throws LinuxException {
        // pidfd, the number in the other process, flags; close-on-exec is set by the kernel.
        long duplicate = Libc.syscall(SYS_PIDFD_GETFD, fd, remoteFd, 0, 0);
        if (duplicate < 0) {
            throw Native.failure("pidfd_getfd of descriptor " + remoteFd + " of process " + pid);
        }
        return (int) duplicate;
    }

    /// Waits for the end of the process (as a zombie, too, it has ended).
    ///
    /// @return whether it has ended
    public boolean awaitExit(Duration timeLimit) throws LinuxException {
        return Waiting.forOne(fd, Waiting.POLLIN, timeLimit, "poll of process " + pid) != 0;
    }

    public boolean isAlive() throws LinuxException {
        return !awaitExit(Duration.ZERO);
    }

    /// Sends a signal; nothing happens if the process has ended.
    public void signal(int signal) throws LinuxException {
        // pidfd, signal, no siginfo (null pointer), flags.
        long result = Libc.syscall(SYS_PIDFD_SEND_SIGNAL, fd, signal, MemorySegment.NULL.address(), 0);
        if (result < 0 && Native.errno() != Errno.ESRCH) {
            throw Native.failure("signal " + signal + " to process " + pid);
        }
    }

    @Override
    public void close() {
        Libc.close(fd);
    }
}
