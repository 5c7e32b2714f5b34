package understudy.link;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.model.HostName;

/// One agent's side of all traffic between agents: it listens on every peer link, dials the others, and hands
/// out [Connection]s to named services.
///
/// Bounds: 32 handshakes at a time (more are closed unanswered), 512 connections (more are refused), 2 s a
/// handshake.
public final class Link implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Link.class);
    private static final int HANDSHAKES_MAX = 32;
    private static final int CONNECTIONS_MAX = 512;
    private static final int BACKLOG = 64;

    private final LinkConfig config;
    private final Deadlines deadlines;
    private final Handshake handshake;
    private final Map<HostName, List<InetSocketAddress>> peers = new ConcurrentHashMap<>();
    private final Map<String, Service> services = new ConcurrentHashMap<>();
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final Semaphore handshakes = new Semaphore(HANDSHAKES_MAX);
    private final RefusalLog refusals;
    private final List<ServerSocketChannel> listeners = new ArrayList<>();
    private volatile boolean closed;

    /// Listens at once; connections for services that are not yet there are refused, and dialled again by the
    /// other side.
    ///
    /// @throws IOException if an address cannot be listened on; nothing is left behind
    public static Link open(LinkConfig config) throws IOException {
        Link link = new Link(config);
        try {
            link.listen();
        } catch (IOException failed) {
            link.close();
            throw failed;
        }
        return link;
    }

    private Link(LinkConfig config) {
        this.config = config;
        this.deadlines = new Deadlines(config.self() + "-link-deadlines");
        this.handshake = new Handshake(this, config);
        this.refusals = new RefusalLog(LOG, config.self());
        peers.putAll(config.peers());
    }

    private void listen() throws IOException {
        for (InetSocketAddress address : config.listen()) {
            ServerSocketChannel listener = ServerSocketChannel.open();
            listeners.add(listener);
            listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            try {
                listener.bind(address, BACKLOG);
            } catch (IOException taken) {
                throw new IOException("cannot listen on " + address + ": " + taken.getMessage(), taken);
            }
        }
        for (ServerSocketChannel listener : listeners) {
            Thread.ofVirtual().name(config.self() + "-link-accept").start(() -> accept(listener));
        }
    }

    public LinkConfig config() {
        return config;
    }

    /// Where this agent listens, in the order of its configuration, with the real ports.
    public List<InetSocketAddress> addresses() throws IOException {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (ServerSocketChannel listener : listeners) {
            addresses.add((InetSocketAddress) listener.getLocalAddress());
        }
        return addresses;
    }

    /// Adds a peer, or replaces its addresses; those connected stay so.
    public void know(HostName peer, List<InetSocketAddress> addresses) {
        peers.put(peer, LinkConfig.checked(peer, addresses));
    }

    boolean knows(HostName peer) {
        return peers.containsKey(peer);
    }

    /// The peer's addresses in the order of preference; empty for a stranger.
    public List<InetSocketAddress> addressesOf(HostName peer) {
        return peers.getOrDefault(peer, List.of());
    }

    /// From now on hands connections for `name` to the service.
    ///
    /// @throws IllegalStateException if there is one of that name
    public void serve(String name, Service service) {
        if (services.putIfAbsent(name, service) != null) {
            throw new IllegalStateException("service '" + name + "' is there already");
        }
    }

    /// Dials the peer's addresses in order, each for its share of the time.
    ///
    /// @throws RefusedException if the peer declined: dialling again does not help soon
    /// @throws IOException      if no address answered
    public Connection connect(HostName peer, String service, Duration timeout) throws IOException {
        List<InetSocketAddress> addresses = addressesOf(peer);
        IOException last = new IOException(peer + " has no address");
        long end = System.nanoTime() + timeout.toNanos();
        for (int index = 0; index < addresses.size(); index++) {
            long share = (end - System.nanoTime()) / (addresses.size() - index);
            try {
                return connect(peer, index, service, Duration.ofNanos(share));
            } catch (RefusedException refused) {
                throw refused;
            } catch (IOException failed) {
                failed.addSuppressed(last);
                last = failed;
            }
        }
        throw last;
    }

    /// Dials one address of the peer.
    ///
    /// @param index   in [0, number of the peer's addresses)
    /// @param timeout for TCP's part, at least 1 ms; the handshake has its own bound
    public Connection connect(HostName peer, int index, String service, Duration timeout) throws IOException {
        List<InetSocketAddress> addresses = addressesOf(peer);
        if (index >= addresses.size()) {
            throw new IOException(peer + " has no address number " + index);
        }
        InetSocketAddress address = addresses.get(index);
        SocketChannel channel = dial(peer, address, timeout);
        try {
            return admitted(handshake.greet(channel, peer, index, service));
        } catch (RefusedException refused) {
            refusals.dialled(peer, refused);
            throw refused;
        }
    }

    private static SocketChannel dial(HostName peer, InetSocketAddress address, Duration timeout) throws IOException {
        SocketChannel channel = SocketChannel.open();
        try {
            channel.socket().connect(address, Math.clamp(timeout.toMillis(), 1, Integer.MAX_VALUE));
            return channel;
        } catch (IOException failed) {
            Deadlines.quietly(channel);
            throw new IOException("cannot reach %s at %s: %s".formatted(peer, address, failed.getMessage()), failed);
        }
    }

    private void accept(ServerSocketChannel listener) {
        while (!closed) {
            try {
                SocketChannel channel = listener.accept();
                if (handshakes.tryAcquire()) {
                    Thread.ofVirtual().name(config.self() + "-link-serve").start(() -> greeted(channel));
                } else {
                    Deadlines.quietly(channel);
                }
            } catch (ClosedChannelException end) {
                return;
            } catch (IOException failed) {
                LOG.warn("{}: accepting failed: {}", config.self(), failed.getMessage());
                Pause.of(Duration.ofMillis(100));
            }
        }
    }

    private void greeted(SocketChannel channel) {
        String address = RefusalLog.address(channel);
        Connection connection;
        try {
            connection = admitted(handshake.answer(channel, services::containsKey));
        } catch (RefusedException refused) {
            refusals.answered(address, refused);
            return;
        } catch (IOException failed) {
            LOG.debug("{}: a handshake failed: {}", config.self(), failed.getMessage());
            return;
        } finally {
            handshakes.release();
        }
        serve(connection);
    }

    private void serve(Connection connection) {
        Service service = services.get(connection.service());
        try (connection) {
            if (service != null) {
                service.serve(connection);
            }
        } catch (IOException broken) {
            LOG.debug("{}: {}: {}", config.self(), connection, broken.getMessage());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException wrong) {
            LOG.error("{}: {} failed", config.self(), connection, wrong);
        }
    }

    /// A connection counts from here on. A later life of a peer ends what was connected with an earlier one.
    private Connection admitted(Connection connection) throws IOException {
        if (connections.size() >= CONNECTIONS_MAX) {
            connection.close();
            throw new RefusedException(Refusal.BUSY, config.self() + " has " + CONNECTIONS_MAX + " connections.");
        }
        connections.add(connection);
        if (closed) {
            connection.close();
            throw new ClosedChannelException();
        }
        refusals.forget(connection.peer());
        for (Connection other : connections) {
            if (other.peer().equals(connection.peer()) && !handshake.isPresent(other)) {
                other.close();
            }
        }
        return connection;
    }

    /// Closes all connections with the peer on one peer link: the path is known to be dead, which TCP would see
    /// in minutes.
    public void drop(HostName peer, int index) {
        for (Connection connection : connections) {
            if (connection.peer().equals(peer) && connection.index() == index) {
                connection.close();
            }
        }
    }

    void forget(Connection connection) {
        connections.remove(connection);
    }

    Deadlines deadlines() {
        return deadlines;
    }

    /// Whether it has been closed.
    public boolean isClosed() {
        return closed;
    }

    /// Closes all listeners and connections; their threads end.
    @Override
    public void close() {
        closed = true;
        listeners.forEach(Deadlines::quietly);
        connections.forEach(Connection::close);
        deadlines.close();
    }
}
