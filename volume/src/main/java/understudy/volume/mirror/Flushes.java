package understudy.volume.mirror;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import understudy.protocol.MirrorSide;
import understudy.volume.LaneClient.Failure;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.ReplicaStore;

/// The flushes of a volume. Two threads, each of which takes all that wait into one round: one sync of the
/// local disk, one question to the peer at the same time; a round is answered when every replica in sync has
/// said that all answered before is durable.
///
/// Never by the thread of a client: everything would stop while the disk is busy.
final class Flushes {
    private static final int THREADS = 2;

    /// A disk that syncs more slowly than 20 MB/s counts as one that hangs.
    private static final long NANOS_PER_BYTE = 50;

    private final String name;
    private final MirroredVolume volume;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition some = lock.newCondition();
    private final List<Turn> turns = new CopyOnWriteArrayList<>();
    private List<Waiting> waiting = new ArrayList<>();
    private boolean isClosed;

    /// In bytes: changed under the order lock only.
    private volatile long written;

    private volatile long synced;

    private record Waiting(MirrorLane lane, int request) {}

    Flushes(String name, MirroredVolume volume) {
        this.name = name;
        this.volume = volume;
        for (int i = 0; i < THREADS; i++) {
            startThread();
        }
    }

    private void startThread() {
        volume.threads().start(name + "-flush", this::run);
    }

    /// A request that is answered when what was answered before it is durable.
    void add(MirrorLane lane, int request) {
        lock.lock();
        try {
            waiting.add(new Waiting(lane, request));
            some.signal();
        } finally {
            lock.unlock();
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // only under the order lock
    void wrote(long bytes) {
        written += bytes;
    }

    /// What a sync may take beyond the deadline, since there is so much to write back. Even.
    long allowanceNanos() {
        return (written - synced) * NANOS_PER_BYTE & -2L;
    }

    /// What one thread does for one round.
    private static final class Turn {
        final DiskCall disk;
        Optional<Round> round = Optional.empty();
        Optional<Route> route = Optional.empty();

        Turn(Threads threads) {
            disk = new DiskCall(threads);
        }
    }

    private final class Round extends Pending {
        private final List<Waiting> requests;

        /// Whether the peer was asked, if it must confirm. Else nobody but the thread at it knows of it.
        boolean isAsked = true;

        Round(List<Waiting> requests, Route route) {
            super(volume.threads().now(), route.needsLocal(), route.needsPeer());
            this.requests = requests;
        }

        @Override
        void settle(Replies replies) {
            for (Waiting one : requests) {
                replies.done(one.lane(), one.request());
            }
            volume.announce();
        }

        /// A flush can always be done again.
        @Override
        void fail(Replies replies) {
            for (Waiting one : requests) {
                add(one.lane(), one.request());
            }
        }
    }

    private void run() {
        Replies replies = Replies.ofAnyThread();
        Turn turn = new Turn(volume.threads());
        turns.add(turn);
        while (!turn.disk.isLost()) {
            List<Waiting> requests = take();
            if (requests.isEmpty()) {
                break;
            }
            flush(requests, turn, replies);
            replies.end();
        }
        turns.remove(turn);
    }

    /// Waits for requests and takes all; none when it is closed.
    private List<Waiting> take() {
        lock.lock();
        try {
            while (waiting.isEmpty() && !isClosed) {
                some.awaitUninterruptibly();
            }
            List<Waiting> taken = waiting;
            waiting = new ArrayList<>();
            return taken;
        } finally {
            lock.unlock();
        }
    }

    private void flush(List<Waiting> requests, Turn turn, Replies replies) {
        Route now = volume.awaitServing();
        if (now.isHeld() || (now.local().isEmpty() && now.link().isEmpty())) {
            fail(requests, volume.isClosed() ? Failure.SHUTTING_DOWN : Failure.IO, replies);
            return;
        }
        Round round = new Round(requests, now);
        turn.round = Optional.of(round);
        turn.route = Optional.of(now);
        round.isAsked = !now.needsPeer() || now.link().orElseThrow().flush(round, allowanceNanos());
        boolean isUnderWay = round.isAsked;
        if (now.needsLocal() && !syncs(now, turn)) {
            if (turn.disk.isLost()) {
                return;
            }
            if (!volume.isMirrored()) {
                fail(requests, Failure.IO, replies);
                return;
            }
            isUnderWay = false;
        } else {
            round.confirm(MirrorSide.LOCAL, replies);
        }
        if (!isUnderWay) {
            seeThrough(round, now, replies);
        }
    }

    private boolean syncs(Route now, Turn turn) {
        ReplicaStore store = now.local().orElseThrow();
        long covered = written;
        turn.disk.enter(allowanceNanos());
        try {
            store.sync();
            synced = Math.max(synced, covered);
            return turn.disk.leave();
        } catch (DiskFailedException e) {
            if (turn.disk.leave()) {
                volume.fail(now, store, e);
            }
            return false;
        }
    }

    /// Waits until the other replica's word suffices, or does it again on another route.
    private void seeThrough(Round round, Route then, Replies replies) {
        replies.end();
        while (!round.isSettled() && !round.isCancelled()) {
            Route now = volume.route();
            boolean isAnother = now != then && !now.isHeld();
            boolean isLinked = then.link().isPresent() && now.uses(then.link().get());
            if (isAnother && isLinked && !now.needsLocal() && round.isAsked) {
                round.confirm(MirrorSide.LOCAL, replies);
                replies.end();
                return;
            }
            if ((isAnother || volume.isClosed()) && round.cancel()) {
                round.fail(replies);
                return;
            }
            volume.awaitChange(now);
        }
    }

    private static void fail(List<Waiting> requests, Failure failure, Replies replies) {
        for (Waiting one : requests) {
            replies.failed(one.lane(), one.request(), failure);
        }
    }

    /// As [MirroredVolume#rescueLost].
    boolean rescueLost(long now, long deadlineNanos) {
        boolean any = false;
        for (Turn turn : List.copyOf(turns)) {
            if (turn.disk.loses(now, deadlineNanos)) {
                any = true;
                turns.remove(turn);
                startThread();
                turn.round.ifPresent(round -> volume.threads().start(name + "-rescuer", () -> {
                    Replies replies = Replies.ofAnyThread();
                    seeThrough(round, turn.route.orElseThrow(), replies);
                    replies.end();
                }));
            }
        }
        return any;
    }

    /// Nothing is added any more; what waits is answered as shutting down.
    void close() {
        lock.lock();
        try {
            isClosed = true;
            some.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
