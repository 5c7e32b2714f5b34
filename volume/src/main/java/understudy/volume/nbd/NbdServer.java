package understudy.volume.nbd;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.linux.LinuxException;
import understudy.linux.StreamSocket;
import understudy.volume.Volume;

/// Serves volumes over NBD on a UNIX socket (docs/reference/nbd.md).
///
/// Threads: one accepts, each connection has one; another sends what a client is too slow to take, so that it
/// keeps none of the volume's threads waiting. Any thread may close the server.
public final class NbdServer implements AutoCloseable {
    private static final Duration RETRY = Duration.ofMillis(100);
    private static final Duration TELL_AGAIN = Duration.ofSeconds(10);

    /// How long threads may take that have been cut off. What hangs in a call of the volume takes longer.
    private static final Duration CUT = Duration.ofSeconds(1);

    private static final Logger LOG = LoggerFactory.getLogger(NbdServer.class);

    private final NbdSocket socket;
    private final List<Export> exports;
    private final NbdLimits limits;
    private final ExecutorService drains = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("nbd-drain-", 0).factory());
    private final Set<Connection> connections = new HashSet<>();
    private final Thread acceptor;
    private final Seldom refusals = new Seldom(TELL_AGAIN, System::nanoTime);
    private boolean closed;
    private long accepted;

    private NbdServer(NbdSocket socket, List<Export> exports, NbdLimits limits) {
        this.socket = socket;
        this.exports = exports;
        this.limits = limits;
        acceptor = Thread.ofPlatform().daemon().name("nbd-accept").unstarted(this::accept);
    }

    /// Listens at once. A socket that nobody answers on, which a dead server left behind, is replaced.
    ///
    /// @param socket  of at most 107 bytes
    /// @param exports the volumes by their export names; with a single one, the empty name means it, too
    /// @throws IOException also if something else is at this path, or a living server
    public static NbdServer listen(Path socket, Map<String, Volume> exports) throws IOException {
        List<Export> all = exports.entrySet().stream()
                .map(entry -> new Export(entry.getKey(), entry.getValue(), false))
                .toList();
        return listen(socket, all, NbdLimits.DEFAULT);
    }

    /// As [#listen(Path, Map)], with exports that may be read-only.
    public static NbdServer listen(Path socket, List<Export> exports, NbdLimits limits) throws IOException {
        NbdSocket own = NbdSocket.listen(socket);
        try {
            return serve(own, exports, limits);
        } catch (IOException | RuntimeException e) {
            own.close();
            throw e;
        }
    }

    /// Answers on a socket where clients may be waiting already. The server closes it.
    ///
    /// @throws IOException if another server has it, or it is closed
    public static NbdServer serve(NbdSocket socket, List<Export> exports, NbdLimits limits) throws IOException {
        List<Export> sorted =
                exports.stream().sorted(Comparator.comparing(Export::name)).toList();
        if (sorted.stream().map(Export::name).distinct().count() < sorted.size()) {
            throw new IllegalArgumentException("two exports of one name");
        }
        socket.take();
        NbdServer server = new NbdServer(socket, sorted, limits);
        server.acceptor.start();
        return server;
    }

    private void accept() {
        while (!isClosed()) {
            try {
                socket.accept().ifPresent(this::begin);
            } catch (LinuxException e) {
                LOG.error("{}: {}", socket.path(), e.getMessage());
                LockSupport.parkNanos(RETRY.toNanos());
            }
        }
    }

    private void begin(StreamSocket client) {
        Connection connection;
        synchronized (this) {
            if (closed || connections.size() >= limits.connections()) {
                client.close();
                tellRefusal();
                return;
            }
            String name = "nbd-" + ++accepted;
            connection = new Connection(name, client, exports, limits.handshake(), drains, this::ended);
            connections.add(connection);
        }
        Thread.ofPlatform().daemon().name(connection.name()).start(connection);
    }

    /// Under the monitor. A client that tries again and again does not fill the log.
    private void tellRefusal() {
        OptionalLong untold = refusals.tell();
        if (untold.isPresent()) {
            LOG.warn(
                    "{}: a connection refused: there are {}; {} more refused since this was said last",
                    socket.path(),
                    connections.size(),
                    untold.getAsLong());
        }
    }

    private synchronized void ended(Connection connection) {
        connections.remove(connection);
        notifyAll();
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /// How many clients are connected.
    public synchronized int connections() {
        return connections.size();
    }

    /// Stops listening, lets requests that are under way be answered ([NbdLimits#farewell]), then ends the
    /// connections and gives their lanes up. A thread that hangs in a call of a volume is left behind.
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            connections.forEach(Connection::end);
        }
        socket.wake();
        joinAcceptor();
        socket.closeTaken();
        synchronized (this) {
            awaitNone(limits.farewell());
            connections.forEach(Connection::cut);
            awaitNone(CUT);
            connections.forEach(left -> LOG.warn("{}: left behind in a call of its volume", left.name()));
        }
        drains.shutdown();
    }

    private void joinAcceptor() {
        try {
            acceptor.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Under the monitor.
    private void awaitNone(Duration timeLimit) {
        long deadline = System.nanoTime() + timeLimit.toNanos();
        long rest = timeLimit.toMillis();
        try {
            while (!connections.isEmpty() && rest > 0) {
                wait(rest);
                rest = (deadline - System.nanoTime()) / 1_000_000;
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
