package understudy.link;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.model.HostName;

/// Carries another library's TCP connections over the link, so that they have its peer links and its
/// authentication: the library dials a local port here, and on the peer the bytes go on to a local port there.
///
/// A connection whose peer cannot be reached is held, and the peer dialled, until that answers or the library hangs
/// up. It is not refused: a library that is refused waits before it tries again, longer each time (gRPC up to two
/// minutes), and so would come back long after a host that was away for long. Nor is it where the library that is
/// meant does not listen yet: it has 5 s. Either end that closes, closes the other. Silence is nothing special;
/// the link drops what is on a dead path.
///
/// Bounds: 64 KiB buffered a direction, 32 connections.
public final class Tunnel implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Tunnel.class);
    private static final int CONNECTIONS_MAX = 32;
    private static final Duration LISTENS_MAX = Duration.ofSeconds(5);
    private static final Duration LISTENS_PAUSE = Duration.ofMillis(20);
    private static final Duration DIAL_MAX = Duration.ofSeconds(1);
    private static final Duration DIAL_PAUSE = Duration.ofMillis(100);

    private final Link link;
    private final HostName peer;
    private final String service;
    private final ServerSocketChannel listener;
    private final Semaphore places = new Semaphore(CONNECTIONS_MAX);

    /// The near end: listens and carries what comes to the peer's service.
    ///
    /// @param local a loopback address; port 0 takes any
    public static Tunnel open(Link link, HostName peer, String service, InetSocketAddress local) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open();
        try {
            listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            listener.bind(local, CONNECTIONS_MAX);
        } catch (IOException failed) {
            Deadlines.quietly(listener);
            throw new IOException("cannot listen on " + local + ": " + failed.getMessage(), failed);
        }
        Tunnel tunnel = new Tunnel(link, peer, service, listener);
        Thread.ofVirtual().name(link.config().self() + "-tunnel-" + peer).start(tunnel::accept);
        return tunnel;
    }

    /// The far end: carries connections for the service to a port of this machine, for as long as the link
    /// lives.
    public static void serve(Link link, String service, InetSocketAddress target) {
        link.serve(service, connection -> {
            SocketChannel local = reach(target);
            local.setOption(StandardSocketOptions.TCP_NODELAY, true);
            new Carriage(local, _ -> connection).run();
        });
    }

    private static SocketChannel reach(InetSocketAddress target) throws IOException {
        long end = System.nanoTime() + LISTENS_MAX.toNanos();
        while (true) {
            SocketChannel local = SocketChannel.open();
            try {
                local.socket().connect(target, (int) DIAL_MAX.toMillis());
                return local;
            } catch (IOException failed) {
                Deadlines.quietly(local);
                if (!(failed instanceof ConnectException) || System.nanoTime() - end > 0) {
                    throw failed;
                }
                Pause.of(LISTENS_PAUSE);
            }
        }
    }

    private Tunnel(Link link, HostName peer, String service, ServerSocketChannel listener) {
        this.link = link;
        this.peer = peer;
        this.service = service;
        this.listener = listener;
    }

    public InetSocketAddress address() throws IOException {
        return (InetSocketAddress) listener.getLocalAddress();
    }

    private void accept() {
        while (listener.isOpen()) {
            try {
                SocketChannel local = listener.accept();
                if (places.tryAcquire()) {
                    Thread.ofVirtual()
                            .name(link.config().self() + "-tunnel-" + peer)
                            .start(() -> carry(local));
                } else {
                    Deadlines.quietly(local);
                }
            } catch (ClosedChannelException end) {
                return;
            } catch (IOException failed) {
                LOG.warn("{}: tunnel to {}: accepting failed: {}", link.config().self(), peer, failed.getMessage());
                Pause.of(DIAL_PAUSE);
            }
        }
    }

    private void carry(SocketChannel local) {
        try (local) {
            local.setOption(StandardSocketOptions.TCP_NODELAY, true);
            new Carriage(local, this::dial).run();
        } catch (IOException failed) {
            LOG.debug("{}: tunnel to {}: {}", link.config().self(), peer, failed.getMessage());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            places.release();
        }
    }

    private Connection dial(BooleanSupplier isOver) throws IOException {
        while (true) {
            try {
                return link.connect(peer, service, DIAL_MAX);
            } catch (IOException failed) {
                if (isOver.getAsBoolean() || link.isClosed() || !listener.isOpen()) {
                    throw failed;
                }
                Pause.of(DIAL_PAUSE);
            }
        }
    }

    /// Takes no new connections; those that are open end with the link or with their ends.
    @Override
    public void close() {
        Deadlines.quietly(listener);
    }
}
