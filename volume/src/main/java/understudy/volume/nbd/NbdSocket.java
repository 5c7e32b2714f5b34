package understudy.volume.nbd;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.linux.LinuxException;
import understudy.linux.StreamListener;
import understudy.linux.StreamSocket;
import understudy.linux.UnixSocket;

/// A UNIX socket that clients may dial from now on, also before there is a server ([NbdServer]) that answers them:
/// until then they wait. Who dials a socket that is not there yet tries again later and later.
///
/// Threads: any may [#close]; what else there is is the server's.
public final class NbdSocket implements AutoCloseable {
    private static final int BACKLOG = 64;
    private static final Logger LOG = LoggerFactory.getLogger(NbdSocket.class);

    private final Path path;
    private final Object fileKey;
    private final StreamListener listener;
    private boolean taken;
    private boolean closed;

    private NbdSocket(Path path) throws IOException {
        this.path = path;
        makeWay(path);
        listener = StreamListener.listen(path, BACKLOG);
        fileKey = fileKey(path);
    }

    /// Listens at once. A socket that nobody answers on, which a dead server left behind, is replaced.
    ///
    /// @param path of at most 107 bytes
    /// @throws IOException also if something else is at this path, or a living server
    public static NbdSocket listen(Path path) throws IOException {
        return new NbdSocket(path);
    }

    private static void makeWay(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .isOther()) {
            throw new IOException(path + " exists and is no socket");
        }
        try (UnixSocket _ = UnixSocket.connect(path)) {
            throw new IOException(path + " is another server's: it answers");
        } catch (LinuxException e) {
            LOG.debug("{} is a dead server's: {}", path, e.getMessage());
            Files.delete(path);
        }
    }

    private static Object fileKey(Path path) throws IOException {
        return Objects.requireNonNull(
                Files.readAttributes(path, BasicFileAttributes.class).fileKey());
    }

    Path path() {
        return path;
    }

    /// A server answers here from now on, and closes it.
    ///
    /// @throws IOException if another one does, or it is closed
    synchronized void take() throws IOException {
        if (taken || closed) {
            throw new IOException(path + " is not to be had any more");
        }
        taken = true;
    }

    Optional<StreamSocket> accept() throws LinuxException {
        return listener.accept();
    }

    void wake() {
        listener.wake();
    }

    /// The server's own.
    synchronized void closeTaken() {
        if (!closed) {
            closed = true;
            listener.close();
            removeFile();
        }
    }

    /// Ends it, if no server has taken it: then that one does. Safe to repeat.
    @Override
    public synchronized void close() {
        if (!taken) {
            closeTaken();
        }
    }

    /// Unless another server's socket is there by now.
    private void removeFile() {
        try {
            if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && fileKey(path).equals(fileKey)) {
                Files.delete(path);
            }
        } catch (IOException e) {
            LOG.warn("{} could not be removed: {}", path, e.getMessage());
        }
    }
}
