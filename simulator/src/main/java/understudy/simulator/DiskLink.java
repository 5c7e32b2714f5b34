package understudy.simulator;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.LongConsumer;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.model.VolumeReplica;

/// The way from the active's end of a volume to the other host's. What is sent is carried out in order, by a
/// replica that the sender's view names, and not at all once the receiver knows a later view, or while it serves the
/// volume itself, for all it knows.
final class DiskLink {
    private final Cluster cluster;
    private final Mirror near;
    private final Host here;
    private final Host there;
    private Optional<Connection> connection = Optional.empty();
    private Optional<Mirror> far = Optional.empty();
    private final Set<DiskRequest> carried = new HashSet<>();

    /// When what is not answered yet was sent.
    private final Deque<Long> unanswered = new ArrayDeque<>();

    private long start;
    private boolean ready;
    private boolean over;

    DiskLink(Cluster cluster, Mirror near, Host there) {
        this.cluster = cluster;
        this.near = near;
        this.here = near.driver().agent().host();
        this.there = there;
    }

    HostName to() {
        return there.name();
    }

    boolean isReady() {
        return ready && !over;
    }

    void dial() {
        boolean isThere = cluster.network().talk(here, there);
        near.driver().later(cluster.dice().millis(1, isThere ? 10 : 300), () -> {
            Optional<Mirror> other = there.agent()
                    .filter(_ -> isThere && there.isResponsive())
                    .map(agent -> agent.driver(near.driver().spec()).mirror(near.volume()));
            if (other.isEmpty() || over) {
                lost();
                return;
            }
            far = other;
            Connection made = near.driver().agent().connect(there);
            connection = Optional.of(made);
            made.onBroken(here, this::lost);
            made.send(here, this::greet);
        });
    }

    /// At the other end.
    private void greet() {
        Mirror mirror = far.orElseThrow();
        mirror.accept(this);
        boolean refused = refuses(mirror, near.viewNumber());
        boolean isBusy = !mirror.isFree() && mirror.works();
        Optional<UUID> present = mirror.present().filter(_ -> !isBusy);
        start = mirror.replica().map(DiskReplica::lostPowerAt).orElse(-1L);
        tell(() -> {
            if (over) {
                return;
            }
            Optional<UUID> named = near.named(there.name()).map(VolumeReplica::id);
            if (!refused && present.isPresent() && present.equals(named)) {
                ready = true;
                near.linked(this);
                return;
            }
            present.filter(_ -> !refused).ifPresent(id -> near.found(there.name(), id));
            close();
            lost();
        });
    }

    /// When the other host had lost its power last when it was linked.
    long start() {
        return start;
    }

    /// Once.
    void carry(DiskRequest request, Runnable confirmed) {
        if (!carried.add(request)) {
            return;
        }
        send(replica -> {
            request.carryOut(replica);
            answer(confirmed);
        });
    }

    void read(int block, LongConsumer found) {
        send(replica -> {
            long content = replica.read(block);
            answer(() -> found.accept(content));
        });
    }

    /// Puts a block of a copy in its place.
    void put(int block, long content, Runnable confirmed) {
        send(replica -> {
            replica.write(block, content);
            answer(confirmed);
        });
    }

    void flush(Runnable confirmed) {
        send(replica -> {
            replica.flush();
            answer(confirmed);
        });
    }

    /// @param number of the view by which this end sends
    private boolean refuses(Mirror mirror, long number) {
        return mirror.isServing() || (mirror.viewNumber() > number && mirror.isStrangerTo(near));
    }

    /// Whether the other end has left something unanswered for longer than a disk that lives does.
    boolean isOverdue() {
        return !unanswered.isEmpty() && cluster.schedule().nowNanos() - unanswered.getFirst() > DiskReplica.DEADLINE;
    }

    void giveUp() {
        close();
        lost();
    }

    private interface Work {
        void on(DiskReplica replica);
    }

    private void send(Work work) {
        long number = near.viewNumber();
        unanswered.addLast(cluster.schedule().nowNanos());
        connection.ifPresent(made -> made.send(here, () -> {
            Mirror mirror = far.orElseThrow();
            if (refuses(mirror, number) || !mirror.isAccepted(this) || !mirror.works()) {
                made.close(there);
            } else {
                DiskReplica replica = mirror.replica().orElseThrow();
                replica.perform(cluster.schedule(), () -> work.on(replica));
            }
        }));
    }

    /// Of something that was sent; answers come in the order of what they answer.
    private void answer(Runnable message) {
        Life life = far.orElseThrow().driver().agent().life();
        there.inLife(
                life,
                () -> tell(() -> {
                    unanswered.removeFirst();
                    message.run();
                }));
    }

    private void tell(Runnable message) {
        connection.ifPresent(made -> made.send(there, () -> {
            if (!over) {
                message.run();
            }
        }));
    }

    private void lost() {
        if (!over) {
            over = true;
            near.linkLost(this);
        }
    }

    void close() {
        connection.ifPresent(made -> made.close(here));
        connection = Optional.empty();
    }
}
