package understudy.volume.mirror;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import understudy.volume.LaneClient.Failure;
import understudy.volume.store.ByteRange;
import understudy.volume.store.CorruptBlocksException;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.ReplicaStore;

/// Reads that could not be answered at once: they wait for a write or for a route, need mending, or go to the
/// peer.
///
/// A few threads of their own, started when needed. What waits is bounded by the clients' tables of requests.
final class LateReads {
    private static final int THREADS_MAX = 4;

    /// How long a read is tried again on a disk that opens again each time, when there is no other replica.
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long QUESTION_NANOS = 60_000_000_000L;

    private final String name;
    private final MirroredVolume volume;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition some = lock.newCondition();
    private final ArrayDeque<Late> waiting = new ArrayDeque<>();
    private final List<Turn> turns = new CopyOnWriteArrayList<>();
    private int threads;
    private int idle;
    private boolean isClosed;

    private record Late(MirrorLane lane, int request, long offset, long length) {}

    private static final class Turn {
        final DiskCall disk;
        private final Threads threads;
        Optional<Late> late = Optional.empty();
        long failedAt;

        Turn(Threads threads) {
            this.threads = threads;
            disk = new DiskCall(threads);
        }

        boolean hasFailedFor(long nanos) {
            failedAt = failedAt == 0 ? threads.now() : failedAt;
            return threads.now() - failedAt > nanos;
        }
    }

    LateReads(String name, MirroredVolume volume) {
        this.name = name;
        this.volume = volume;
    }

    /// A read that this route does not answer from the local disk: from the peer at once, or later.
    void begin(Route now, MirrorLane lane, int request, long offset, long length) {
        boolean isPeers = !now.isHeld() && now.needsPeer() && !now.needsLocal();
        if (isPeers && length <= Frame.PAYLOAD_BYTES_MAX) {
            fromPeer(now, now.link().orElseThrow(), new Late(lane, request, offset, length));
        } else {
            add(lane, request, offset, length);
        }
    }

    private void fromPeer(Route then, PeerLink link, Late late) {
        link.ask(Frame.READ, late.offset, (int) late.length, ByteBuffer.allocate(0), new PeerLink.Answered() {
            @Override
            public void answered(int status, long offset, MemorySegment data) {
                boolean isGood = status == Frame.OK && data.byteSize() == late.length && volume.route() == then;
                if (!isGood) {
                    add(late);
                } else if (late.lane.beginReplies()) {
                    try {
                        late.lane.client().readDone(late.request, data);
                    } finally {
                        late.lane.endReplies(true);
                    }
                }
            }

            @Override
            public void unanswered() {
                add(late);
            }
        });
    }

    void add(MirrorLane lane, int request, long offset, long length) {
        add(new Late(lane, request, offset, length));
    }

    private void add(Late late) {
        lock.lock();
        try {
            waiting.add(late);
            if (idle == 0 && threads < THREADS_MAX && !isClosed) {
                startThread();
            }
            some.signal();
        } finally {
            lock.unlock();
        }
    }

    private void startThread() {
        threads++;
        volume.threads().start(name + "-late-read", this::run);
    }

    private void run() {
        Turn turn = new Turn(volume.threads());
        turns.add(turn);
        while (!turn.disk.isLost()) {
            Optional<Late> next = take();
            if (next.isEmpty()) {
                break;
            }
            turn.late = next;
            try (Arena arena = Arena.ofShared()) {
                serve(next.get(), arena.allocate(next.get().length, 64), turn);
            }
        }
        turns.remove(turn);
    }

    private Optional<Late> take() {
        lock.lock();
        try {
            idle++;
            while (waiting.isEmpty() && !isClosed) {
                some.awaitUninterruptibly();
            }
            idle--;
            return Optional.ofNullable(waiting.poll());
        } finally {
            lock.unlock();
        }
    }

    private void serve(Late late, MemorySegment target, Turn turn) {
        turn.failedAt = 0;
        while (true) {
            Route now = volume.awaitServing();
            if (volume.isClosed()) {
                fail(late, Failure.SHUTTING_DOWN);
                return;
            }
            Result result = now.needsLocal() ? locally(now, late, target, turn) : remotely(now, late, target);
            if (result == Result.GOOD && volume.isCurrent(now, late.offset, late.length)) {
                tell(late, target);
                return;
            }
            if (result == Result.BAD) {
                fail(late, Failure.IO);
                return;
            }
            if (result == Result.LOST) {
                return;
            }
            volume.awaitChange(now);
        }
    }

    private enum Result {
        GOOD,
        AGAIN,
        BAD,
        LOST
    }

    private Result locally(Route now, Late late, MemorySegment target, Turn turn) {
        ReplicaStore store = now.local().orElseThrow();
        if (now.needsBoth() && volume.unanswered().overlaps(late.offset, late.length)) {
            return Result.AGAIN;
        }
        turn.disk.enter(0);
        try {
            store.read(late.offset, target);
            return turn.disk.leave() ? Result.GOOD : Result.LOST;
        } catch (CorruptBlocksException e) {
            return turn.disk.leave() ? mended(now, late, target, e) : Result.LOST;
        } catch (DiskFailedException e) {
            if (!turn.disk.leave()) {
                return Result.LOST;
            }
            if (!now.needsPeer() && (!volume.isMirrored() || turn.hasFailedFor(RETRY_NANOS))) {
                return Result.BAD;
            }
            volume.fail(now, store, e);
            return Result.AGAIN;
        }
    }

    /// The peer's copy of what is corrupt goes into the local replica, and what was asked for is read again.
    private Result mended(Route now, Late late, MemorySegment target, CorruptBlocksException corrupt) {
        try {
            List<ByteRange> lost = now.needsPeer() ? Mending.local(volume, now, corrupt.ranges()) : corrupt.ranges();
            if (!lost.isEmpty()) {
                return lost(now, lost);
            }
            now.local().orElseThrow().read(late.offset, target);
            volume.reports().mended(corrupt.ranges());
            return Result.GOOD;
        } catch (IOException e) {
            return Result.AGAIN;
        }
    }

    /// Nobody has it. That is to be so after a crash, too, when the checksums of what was in use are computed anew.
    private Result lost(Route now, List<ByteRange> blocks) throws IOException {
        if (volume.isMirrored()) {
            Rot.ofServed(volume, now).keep(blocks);
        } else {
            volume.reports().corrupt("no good copy of " + blocks);
        }
        return Result.BAD;
    }

    private Result remotely(Route now, Late late, MemorySegment target) {
        if (now.link().isEmpty()) {
            return Result.BAD;
        }
        PeerLink link = now.link().get();
        try {
            for (long done = 0; done < late.length; done += Frame.PAYLOAD_BYTES_MAX) {
                int piece = (int) Math.min(Frame.PAYLOAD_BYTES_MAX, late.length - done);
                PeerLink.Answer answer = link.question(Frame.READ, late.offset + done, piece, QUESTION_NANOS);
                if (answer.status() == Frame.CORRUPT) {
                    return lost(now, List.of(new ByteRange(late.offset + done, piece)));
                }
                if (answer.payload().length != piece) {
                    return Result.BAD;
                }
                MemorySegment.copy(MemorySegment.ofArray(answer.payload()), 0, target, done, piece);
            }
            return Result.GOOD;
        } catch (IOException e) {
            return Result.AGAIN;
        }
    }

    private static void tell(Late late, MemorySegment data) {
        if (late.lane.beginReplies()) {
            try {
                late.lane.client().readDone(late.request, data);
            } finally {
                late.lane.endReplies(true);
            }
        }
    }

    private static void fail(Late late, Failure failure) {
        if (late.lane.beginReplies()) {
            try {
                late.lane.client().failed(late.request, failure);
            } finally {
                late.lane.endReplies(true);
            }
        }
    }

    /// As [MirroredVolume#rescueLost].
    boolean rescueLost(long now, long deadlineNanos) {
        boolean any = false;
        for (Turn turn : List.copyOf(turns)) {
            if (turn.disk.loses(now, deadlineNanos)) {
                any = true;
                turns.remove(turn);
                lock.lock();
                try {
                    threads--;
                } finally {
                    lock.unlock();
                }
                turn.late.ifPresent(this::add);
            }
        }
        return any;
    }

    /// What waits is answered as shutting down.
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
