package understudy.simulator;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import understudy.model.Life;

/// A TCP connection between two agents: in order and whole, or broken. Each end learns of its end in its own
/// time.
final class Connection {
    /// What the sender's kernel does before it gives up.
    private static final long STALL_MAX = 900 * Schedule.MILLISECOND;

    private static final long RETRY = 10 * Schedule.MILLISECOND;

    /// One end: the agent's life that holds it, and what it does when it learns that the connection is gone.
    private static final class End {
        final Node node;
        final Life life;
        final Deque<Runnable> arriving = new ArrayDeque<>();
        Optional<Runnable> onBroken = Optional.empty();
        boolean pumping;
        boolean closed;
        long stalled;

        End(Node node) {
            this.node = node;
            this.life = node.life().orElseThrow();
        }
    }

    private final Cluster cluster;
    private final End near;
    private final End far;
    private boolean broken;

    Connection(Cluster cluster, Node near, Node far) {
        this.cluster = cluster;
        this.near = new End(near);
        this.far = new End(far);
    }

    void onBroken(Node node, Runnable action) {
        end(node).onBroken = Optional.of(action);
    }

    /// Sends to the other end something to be done there.
    void send(Node from, Runnable message) {
        End to = from.equals(near.node) ? far : near;
        if (!broken && !end(from).closed) {
            to.arriving.add(message);
            pump(to);
        }
    }

    /// Ends it from one side. What that side has sent still arrives before the other side learns of the end.
    void close(Node from) {
        End to = from.equals(near.node) ? far : near;
        send(from, () -> {
            broken = true;
            to.onBroken.ifPresent(Runnable::run);
        });
        end(from).closed = true;
    }

    private void pump(End to) {
        if (!to.pumping) {
            to.pumping = true;
            cluster.schedule().after(cluster.packetDelay(), () -> arrive(to));
        }
    }

    private void arrive(End to) {
        to.pumping = false;
        End from = to == near ? far : near;
        if (broken || to.arriving.isEmpty()) {
            return;
        }
        if (!to.node.isLife(to.life) || to.closed) {
            breakUp();
        } else if (cluster.network().carries(from.node, to.node)
                && cluster.network().carries(to.node, from.node)
                && !cluster.isLost(from.node, to.node)) {
            to.stalled = 0;
            to.node.inLife(to.life, to.arriving.removeFirst());
            if (!to.arriving.isEmpty()) {
                pump(to);
            }
        } else if (to.stalled >= STALL_MAX) {
            breakUp();
        } else {
            to.stalled += RETRY;
            to.pumping = true;
            cluster.schedule().after(RETRY, () -> arrive(to));
        }
    }

    /// The end of this connection, by a fault, by its time-out, or because one side is gone.
    void breakUp() {
        if (!broken) {
            broken = true;
            tell(near, far);
            tell(far, near);
        }
    }

    private void tell(End end, End other) {
        end.arriving.clear();
        if (end.closed) {
            return;
        }
        boolean seen = cluster.network().carries(other.node, end.node);
        long delay = seen ? cluster.dice().millis(0.2, 20) : cluster.dice().millis(400, 1_500);
        end.onBroken.ifPresent(action -> end.node.inLife(end.life, delay, action));
    }

    private End end(Node node) {
        return node.equals(near.node) ? near : far;
    }
}
