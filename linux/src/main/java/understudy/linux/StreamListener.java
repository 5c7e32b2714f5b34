package understudy.linux;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/// Listens on a UNIX socket and accepts [StreamSocket]s.
///
/// Threads: one accepts; any may [#wake] it; `close` when nobody does either any more.
public final class StreamListener implements AutoCloseable {
    private final Path path;
    private final int fd;
    private final Poll poll;

    private StreamListener(Path path, int fd, Poll poll) {
        this.path = path;
        this.fd = fd;
        this.poll = poll;
    }

    /// @param path    where nothing is yet; of at most 107 bytes, which is all that the kernel takes
    /// @param backlog how many connections may wait to be accepted
    public static StreamListener listen(Path path, int backlog) throws LinuxException {
        byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
        if (name.length > SocketCalls.PATH_BYTES_MAX) {
            throw new LinuxException(
                    "listening on %s, whose path has more than %d bytes".formatted(path, SocketCalls.PATH_BYTES_MAX),
                    Errno.EINVAL);
        }
        // The listener does not block, so that a connection that vanishes before it is accepted holds nobody up.
        int fd = UnixSocket.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM | Libc.O_NONBLOCK | Libc.O_CLOEXEC);
        try {
            if (SocketCalls.bind(fd, name) < 0 || SocketCalls.listen(fd, backlog) < 0) {
                throw Native.failure("listening on " + path);
            }
            Poll poll = new Poll(fd);
            poll.interest(0, true, false);
            return new StreamListener(path, fd, poll);
        } catch (LinuxException e) {
            Libc.close(fd);
            throw e;
        }
    }

    /// Waits for a connection, or until another thread calls [#wake].
    public Optional<StreamSocket> accept() throws LinuxException {
        poll.await(-1);
        if (!poll.isReadable(0)) {
            return Optional.empty();
        }
        int accepted = SocketCalls.accept(fd, Libc.O_CLOEXEC);
        if (accepted >= 0) {
            return Optional.of(new StreamSocket(accepted));
        }
        if (Native.errno() == Errno.EAGAIN || Native.errno() == Errno.EINTR) {
            return Optional.empty();
        }
        throw Native.failure("accepting on " + path);
    }

    /// Ends the current [#accept], or else the next one at once.
    public void wake() {
        poll.wake();
    }

    /// The socket's file stays.
    @Override
    public void close() {
        poll.close();
        Libc.close(fd);
    }
}
