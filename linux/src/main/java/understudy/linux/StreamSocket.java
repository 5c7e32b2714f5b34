package understudy.linux;

import java.lang.foreign.MemorySegment;
import java.time.Duration;

/// A connection that a [StreamListener] has accepted, for a server that wants to choose at each call whether to
/// wait: a channel of the JDK has one mode for both directions, and puts a wait and a copy around each call.
///
/// Threads: one may receive while another sends; [#shutdown] from any thread ends what they wait for; `close`
/// when neither uses it any more.
public final class StreamSocket implements AutoCloseable {
    private final int fd;

    /// Guards against shutting down a number that has become somebody else's.
    private boolean closed;

    StreamSocket(int fd) {
        this.fd = fd;
    }

    /// Receives what is there.
    ///
    /// @param into native memory; the caller's
    /// @param wait whether to wait for at least one byte
    /// @return how many bytes came; 0 if there are none now; −1 if the peer has closed and all is received
    public int receive(MemorySegment into, long offset, int length, boolean wait) throws LinuxException {
        long count = SocketCalls.recv(fd, into, offset, length, wait ? 0 : SocketCalls.MSG_DONTWAIT);
        if (count > 0) {
            return (int) count;
        }
        if (count < 0 && Native.errno() != Errno.EAGAIN) {
            throw Native.failure("receiving");
        }
        return count == 0 ? -1 : 0;
    }

    /// Sends what there is room for.
    ///
    /// @param from native memory; the caller's
    /// @param wait whether to wait, in the kernel, until all of it is taken
    /// @return how many bytes were taken, in [0, length]; with `wait`, `length`, as a rule
    /// @throws LinuxException with EPIPE if the peer has closed (no signal is raised), or the socket is shut down
    public int send(MemorySegment from, long offset, int length, boolean wait) throws LinuxException {
        int flags = SocketCalls.MSG_NOSIGNAL | (wait ? 0 : SocketCalls.MSG_DONTWAIT);
        long count = SocketCalls.send(fd, from, offset, length, flags);
        if (count < 0 && Native.errno() != Errno.EAGAIN) {
            throw Native.failure("sending");
        }
        return (int) Math.max(0, count);
    }

    /// Waits until there is something to receive, the end included.
    ///
    /// @return whether there is; else the time is over
    public boolean awaitReadable(Duration timeLimit) throws LinuxException {
        return Waiting.forOne(fd, Waiting.POLLIN, timeLimit, "waiting for bytes") != 0;
    }

    /// Waits until there is room to send, or sending would fail.
    ///
    /// @return whether there is; else the time is over
    public boolean awaitWritable(Duration timeLimit) throws LinuxException {
        return Waiting.forOne(fd, Waiting.POLLOUT, timeLimit, "waiting for room") != 0;
    }

    /// Receives nothing that comes from now on: what is there can still be received, then the end.
    public void shutdownInput() {
        shutdown(SocketCalls.SHUT_RD);
    }

    /// Ends both directions, and every wait for them.
    public void shutdown() {
        shutdown(SocketCalls.SHUT_RDWR);
    }

    /// Its failure would mean that there is no peer any more, which is as good.
    private synchronized void shutdown(int how) {
        if (!closed) {
            int _ = SocketCalls.shutdown(fd, how);
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            Libc.close(fd);
        }
    }
}
