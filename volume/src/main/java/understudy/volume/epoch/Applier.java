package understudy.volume.epoch;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.volume.Lane;
import understudy.volume.LaneAbandonedException;
import understudy.volume.LaneClient;
import understudy.volume.Volume;

/// Applies segments to the volumes, one after the other: one thread with a lane of its own into each.
///
/// A segment that a volume refuses, in part or whole, is applied anew from its beginning until it is taken. So is
/// one during which a thread hung in a volume: that thread is lost to another, which first waits until all that
/// was asked for is answered, since what is under way could otherwise come after what is asked for next.
final class Applier implements LaneClient {
    private static final Logger LOG = LoggerFactory.getLogger(Applier.class);
    private static final int REQUESTS_MAX = 32;
    private static final int STAGE_BYTES = 4 << 20;

    /// Before each payload; a multiple of a cache line, and no less than the volume may overwrite.
    private static final int GAP_BYTES = 64;

    private static final long STOP_SECONDS = 5;

    private final String name;
    private final Work work;
    private final List<Lane> lanes = new ArrayList<>();
    private final List<Volume> volumes;
    private final Rules rules;
    private final long retryNanos;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /// Disks with answered writes that were not flushed since. At first all: others may have written to them.
    private final BitSet unflushed = new BitSet();

    private Task task = new Task.Wait();
    private int unanswered;
    private int failures;
    private String failure = "";
    private int turns;

    /// Whether what is applied now was refused before: that is logged once.
    private volatile boolean isRefused;

    private volatile @Nullable Thread thread;
    private boolean isStopped;
    private boolean isDone;

    /// What to do next.
    sealed interface Task {
        /// Nothing was asked for yet.
        record Wait() implements Task {}

        record Apply(Segment segment) implements Task {}

        /// The last: to flush what is not yet.
        record Settle() implements Task {}

        record Stop() implements Task {}
    }

    /// Where segments come from. Calls come from the applier's thread.
    interface Work {
        /// Waits for something to do.
        Task next();

        /// The volumes have all of it, and have flushed it if it ends in a flush.
        void applied(Segment segment);

        /// All is flushed, and the lanes are closed.
        void settled();

        /// A volume refused something, which is tried again.
        void failed(String reason);
    }

    Applier(String name, Work work, List<Volume> volumes, Rules rules, long retryNanos) {
        this.name = name;
        this.work = work;
        this.volumes = List.copyOf(volumes);
        this.rules = rules;
        this.retryNanos = retryNanos;
        unflushed.set(0, volumes.size());
    }

    void start() {
        for (Volume volume : volumes) {
            lanes.add(volume.open(this));
        }
        startTurn(false);
    }

    private void startTurn(boolean isSuccessor) {
        turns++;
        Turn turn = new Turn(isSuccessor);
        Thread.ofPlatform().daemon().name(name + "-applier-" + turns).start(turn);
    }

    /// Begins nothing any more, and waits a while for what is under way.
    ///
    /// @return whether that has come back
    boolean stop() {
        lock.lock();
        try {
            isStopped = true;
            changed.signalAll();
            long left = TimeUnit.SECONDS.toNanos(STOP_SECONDS);
            boolean isOwn = Thread.currentThread().equals(thread);
            while (!isDone && !isOwn && left > 0) {
                left = changed.awaitNanos(left);
            }
            if (!isDone && !isOwn) {
                LOG.warn("{}: a volume does not answer; it is left to itself", name);
            }
            return isDone || isOwn;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    // ---- answers --------------------------------------------------------------------------------------------

    @Override
    public void done(int request) {
        answered("");
    }

    @Override
    public void readDone(int request, MemorySegment data) {
        throw new IllegalStateException("nothing was read");
    }

    @Override
    public void failed(int request, Failure why) {
        answered("disk %d: %s".formatted(request % volumes.size(), why));
    }

    private void answered(String why) {
        lock.lock();
        try {
            unanswered--;
            if (!why.isEmpty()) {
                failures++;
                failure = why;
            }
            if (unanswered == 0) {
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void flushReplies() {}

    @Override
    public void threadLost() {
        lock.lock();
        try {
            LOG.warn("{}: a call hangs; another thread goes on", name);
            startTurn(true);
        } finally {
            lock.unlock();
        }
    }

    // ---- the thread -----------------------------------------------------------------------------------------

    /// Stops this thread in the midst of something.
    private static final class StoppedException extends RuntimeException {
        private static final long serialVersionUID = 1;

        StoppedException() {
            super("stopped", null, false, false);
        }
    }

    private final class Turn implements Runnable {
        private final boolean isSuccessor;

        /// Not freed by hand: a volume may use it for as long as a call to it hangs.
        private final MemorySegment stage =
                Arena.ofAuto().allocate(STAGE_BYTES + 2L * GAP_BYTES * REQUESTS_MAX, GAP_BYTES);

        private long staged;

        /// Requests of the batch so far.
        private int count;

        Turn(boolean isSuccessor) {
            this.isSuccessor = isSuccessor;
        }

        @Override
        public void run() {
            thread = Thread.currentThread();
            try {
                serve();
            } catch (StoppedException _) {
                closeLanes();
                finish();
            } catch (LaneAbandonedException _) {
                LOG.info("{}: the call that hung came back", name);
            } catch (RuntimeException | Error e) {
                LOG.error("{}: nothing is applied any more, by a mistake in this program", name, e);
                work.failed("a mistake in this program: " + e);
                throw e;
            }
        }

        private void serve() {
            if (isSuccessor) {
                // What the lost thread asked for comes to its end before anything else is asked for.
                openLanes().forEach(Lane::end);
                boolean _ = awaitAnswers();
            } else {
                take();
            }
            while (true) {
                switch (current()) {
                    case Task.Wait _ -> take();
                    case Task.Apply apply -> {
                        if (applies(apply.segment())) {
                            become(new Task.Wait());
                            isRefused = false;
                            work.applied(apply.segment());
                        } else {
                            awaitRetry();
                        }
                    }
                    case Task.Settle _ -> {
                        if (flushes()) {
                            closeLanes();
                            finish();
                            work.settled();
                            return;
                        }
                        awaitRetry();
                    }
                    case Task.Stop _ -> throw new StoppedException();
                }
            }
        }

        private void take() {
            become(work.next());
        }

        private boolean applies(Segment segment) {
            List<Operation> operations = Operation.of(segment);
            for (int from = 0; from < operations.size(); ) {
                int to = from;
                BitSet touched = new BitSet();
                staged = 0;
                count = 0;
                while (to < operations.size() && to - from < REQUESTS_MAX && isRoomFor(operations.get(to))) {
                    touched.set(operations.get(to).disk());
                    record(operations.get(to));
                    to++;
                }
                touched.stream().forEach(disk -> lane(disk).end());
                if (!awaitAnswers()) {
                    return false;
                }
                from = to;
            }
            return !segment.endsInFlush() || !rules.flushesFirst() || flushes();
        }

        private boolean isRoomFor(Operation operation) {
            return !operation.isData() || staged + 2 * GAP_BYTES + operation.length() <= stage.byteSize();
        }

        private void record(Operation operation) {
            int disk = operation.disk();
            int request = nextRequest(disk);
            expectAnswer(disk);
            if (operation.isData()) {
                long at = staged + GAP_BYTES;
                MemorySegment payload = stage.asSlice(at, operation.length());
                operation.copyTo(payload);
                staged = (at + operation.length() + GAP_BYTES - 1) / GAP_BYTES * GAP_BYTES;
                lane(disk).write(request, operation.offset(), payload, false);
            } else {
                lane(disk).zero(request, operation.offset(), operation.length(), operation.mayPunch(), false);
            }
        }

        /// Tells the disk, too.
        private int nextRequest(int disk) {
            return volumes.size() * count++ + disk;
        }

        private boolean flushes() {
            BitSet disks = unflushed();
            count = 0;
            disks.stream().forEach(disk -> {
                int request = nextRequest(disk);
                expectFlush();
                lane(disk).flush(request);
            });
            disks.stream().forEach(disk -> lane(disk).end());
            if (!awaitAnswers()) {
                return false;
            }
            flushed(disks);
            return true;
        }
    }

    // ---- what its threads share -----------------------------------------------------------------------------

    private Task current() {
        lock.lock();
        try {
            return isStopped ? new Task.Stop() : task;
        } finally {
            lock.unlock();
        }
    }

    private void become(Task next) {
        lock.lock();
        try {
            task = next;
        } finally {
            lock.unlock();
        }
    }

    private Lane lane(int disk) {
        return lanes.get(disk);
    }

    private List<Lane> openLanes() {
        lock.lock();
        try {
            return List.copyOf(lanes);
        } finally {
            lock.unlock();
        }
    }

    /// Each counts as closed before it is: a thread that is lost in that is not followed into it.
    private void closeLanes() {
        while (true) {
            Lane last;
            lock.lock();
            try {
                if (lanes.isEmpty()) {
                    return;
                }
                last = lanes.removeLast();
            } finally {
                lock.unlock();
            }
            last.close();
        }
    }

    private void finish() {
        lock.lock();
        try {
            isDone = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// A request counts before it is made, so that whoever comes after a lost thread waits for its answer.
    private void expectAnswer(int disk) {
        lock.lock();
        try {
            unanswered++;
            unflushed.set(disk);
        } finally {
            lock.unlock();
        }
    }

    private void expectFlush() {
        lock.lock();
        try {
            unanswered++;
        } finally {
            lock.unlock();
        }
    }

    private BitSet unflushed() {
        lock.lock();
        try {
            return (BitSet) unflushed.clone();
        } finally {
            lock.unlock();
        }
    }

    private void flushed(BitSet disks) {
        lock.lock();
        try {
            unflushed.andNot(disks);
        } finally {
            lock.unlock();
        }
    }

    /// @return whether all that was asked for was done
    private boolean awaitAnswers() {
        String why;
        lock.lock();
        try {
            while (unanswered > 0 && !isStopped) {
                changed.awaitUninterruptibly();
            }
            if (isStopped) {
                throw new StoppedException();
            }
            if (failures == 0) {
                return true;
            }
            why = "%s; %d in all".formatted(failure, failures);
            failures = 0;
        } finally {
            lock.unlock();
        }
        if (!isRefused) {
            isRefused = true;
            LOG.warn("{}: kept writes were refused, and are tried again: {}", name, why);
        }
        work.failed("a volume refused kept writes: " + why);
        return false;
    }

    private void awaitRetry() {
        lock.lock();
        try {
            long left = retryNanos;
            while (left > 0 && !isStopped) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }
}
