package understudy.link;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.model.Moment;

/// Small messages and heartbeats between agents: one lasting connection for each peer and peer link, dialled
/// anew for ever, on which both sides say every 20 ms that they live.
///
/// Of two agents the one whose name is smaller dials, so that there is one connection and not two. A message
/// goes over one connection only, and is lost if that breaks: at most once. Messages over one connection keep
/// their order; a change of connection may reorder them, so whoever cares numbers them.
///
/// Heartbeats are written by one platform thread, and read by one for each connection: virtual threads share
/// carriers, which work of others can occupy for longer than a peer should be silent. That thread never waits
/// for a peer: it skips a connection on which another thread is writing (those bytes are a sign of life, too),
/// or that has [Wire#UNHEARD_MAX] bytes or [Wire#UNHEARD_WRITES_MAX] writes under way unanswered.
///
/// A connection on which nothing is heard for the configured silence is dropped, with all others of its peer
/// and peer link ([Link#drop]), and dialled anew. That is reported to nobody: silence is what the listener
/// measures itself.
public final class Messenger implements AutoCloseable {
    static final String SERVICE = "messages";
    /// The most bytes of one message.
    public static final int MESSAGE_MAX = 1 << 20;
    private static final Logger LOG = LoggerFactory.getLogger(Messenger.class);
    private static final Duration BACKOFF_MIN = Duration.ofMillis(50);
    private static final Duration BACKOFF_MAX = Duration.ofSeconds(1);
    private static final Duration DIAL_MAX = Duration.ofSeconds(1);

    /// What an agent is told. The calls come from the threads that read, those of one connection in order; they
    /// must return at once: what takes longer goes into a mailbox.
    public interface Listener {
        /// Bytes came from the peer, whatever they say.
        void heard(HostName peer, Life life, Moment at);

        /// The peer's kernel closed the last connection: its agent has died or ended, its host lives.
        void closed(HostName peer);

        /// @param message belongs to the listener
        void received(HostName peer, Life life, byte[] message);
    }

    private final Link link;
    private final Listener listener;
    private final Map<Path, Wire> wires = new ConcurrentHashMap<>();
    private final List<Thread> dialers = new ArrayList<>();
    private final Thread heart;
    private volatile boolean closed;

    /// One peer link to one peer.
    record Path(HostName peer, int index) {}

    /// Serves and dials at once: events may come before this returns.
    public Messenger(Link link, Listener listener) {
        this.link = link;
        this.listener = listener;
        HostName self = link.config().self();
        heart = Thread.ofPlatform().daemon().name(self + "-heartbeats").unstarted(this::beat);
        link.serve(SERVICE, connection -> run(new Wire(connection, link.config(), listener)));
        heart.start();
        link.config().peers().keySet().forEach(this::reach);
    }

    /// Keeps connections to a peer that was made known to the link later; once for each peer.
    public synchronized void reach(HostName peer) {
        if (link.config().self().compareTo(peer) > 0 || closed) {
            return;
        }
        int paths = link.addressesOf(peer).size();
        for (int index = 0; index < paths; index++) {
            Path path = new Path(peer, index);
            dialers.add(Thread.ofVirtual()
                    .name(link.config().self() + "-dial-" + peer)
                    .start(() -> dial(path)));
        }
    }

    /// Sends over the connection that was heard of last, which is the one that most likely works.
    ///
    /// @param message at most [#MESSAGE_MAX] bytes; not copied, so not to be changed any more
    /// @return false if there is no connection or its queue is full; nothing is sent then
    public boolean send(HostName peer, byte[] message) {
        if (message.length > MESSAGE_MAX) {
            throw new IllegalArgumentException(
                    "a message of " + message.length + " bytes, where " + MESSAGE_MAX + " is the most");
        }
        return freshest(peer).map(wire -> wire.offer(message)).orElse(false);
    }

    /// Whether there is a connection to the peer now.
    public boolean isConnected(HostName peer) {
        return freshest(peer).isPresent();
    }

    /// When each peer link to the peer was last heard on, by index; those without a connection are missing.
    public Map<Integer, Moment> heardOn(HostName peer) {
        Map<Integer, Moment> heard = new TreeMap<>();
        wires.forEach((path, wire) -> {
            if (path.peer().equals(peer)) {
                heard.put(path.index(), wire.heard());
            }
        });
        return heard;
    }

    /// A life's own clock ([System#nanoTime]) at its latest heartbeat that has been heard here: whatever that agent
    /// does next, this one has heard of it since. 0 if none was heard over a connection that is open.
    public long clockOf(HostName peer, Life life) {
        return wires.values().stream()
                .filter(wire -> wire.connection().peer().equals(peer)
                        && wire.connection().peerLife().equals(life))
                .mapToLong(Wire::peersClock)
                .max()
                .orElse(0);
    }

    private Optional<Wire> freshest(HostName peer) {
        return wires.values().stream()
                .filter(wire -> wire.connection().peer().equals(peer))
                .max((one, other) -> one.compareFreshness(other));
    }

    private void dial(Path path) {
        Duration pause = BACKOFF_MIN;
        while (!closed && !link.isClosed()) {
            try (Connection connection = link.connect(path.peer(), path.index(), SERVICE, DIAL_MAX)) {
                pause = BACKOFF_MIN;
                run(new Wire(connection, link.config(), listener));
            } catch (IOException failed) {
                LOG.debug("{}: {}", link.config().self(), failed.getMessage());
            }
            Pause.of(pause);
            pause = pause.multipliedBy(2).compareTo(BACKOFF_MAX) < 0 ? pause.multipliedBy(2) : BACKOFF_MAX;
        }
    }

    /// Reads on a platform thread until the connection ends; waits for that on the virtual one that called.
    private void run(Wire wire) {
        Connection connection = wire.connection();
        Path path = new Path(connection.peer(), connection.index());
        Wire before = wires.put(path, wire);
        if (before != null) {
            before.connection().close();
        }
        if (closed) {
            connection.close();
        }
        Thread reader = Thread.ofPlatform()
                .daemon()
                .name(link.config().self() + "-hears-" + path.peer() + "-" + path.index())
                .unstarted(() -> ended(path, wire, wire.readUntilEnd()));
        Thread writer = Thread.ofVirtual().unstarted(wire::writeUntilEnd);
        reader.start();
        writer.start();
        try {
            reader.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            connection.close();
            writer.interrupt();
        }
    }

    private synchronized void ended(Path path, Wire wire, boolean byPeer) {
        boolean wasCurrent = wires.remove(path, wire);
        wire.connection().close();
        if (byPeer && wasCurrent && !closed && freshest(path.peer()).isEmpty()) {
            listener.closed(path.peer());
        }
    }

    private void beat() {
        long interval = link.config().heartbeat().toNanos();
        long silence = link.config().silence().toNanos();
        long next = System.nanoTime();
        while (!closed) {
            long now = System.nanoTime();
            boolean stoodStill = now - next > 5 * interval;
            for (Wire wire : wires.values()) {
                wire.beat();
                if (stoodStill) {
                    wire.excuse();
                } else if (wire.isSilentFor(silence)) {
                    drop(wire.connection());
                }
            }
            next = Math.max(next + interval, now + interval / 2);
            LockSupport.parkNanos(next - System.nanoTime());
        }
    }

    private void drop(Connection connection) {
        LOG.info("{}: {} is silent; dialling anew", link.config().self(), connection);
        link.drop(connection.peer(), connection.index());
        connection.close();
    }

    /// Closes its connections and ends its threads. The service stays taken: a link carries one messenger in
    /// its life.
    @Override
    public void close() {
        closed = true;
        wires.values().forEach(wire -> wire.connection().close());
        synchronized (this) {
            dialers.forEach(Thread::interrupt);
        }
        LockSupport.unpark(heart);
    }
}
