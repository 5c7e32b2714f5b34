package understudy.volume.epoch;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import understudy.volume.Volume;

/// A VM's disks, as its guest sees them: mirrored volumes, or, while the guest is copied by checkpoints, these with
/// what it changed and what is not applied to them yet.
///
/// While the guest is copied, what it changes is answered at once and kept in memory, in segments ([Segment]). At
/// each checkpoint the segments so far become part of the epoch and go to the standby. When that has committed the
/// epoch, they are applied to the volumes, in order: so nothing uncommitted ever touches a disk, and a guest that
/// the standby resumes finds the disks as of its last epoch. A segment is begun only when the standby knows that the
/// one before it is applied ([Commits]). When the copying ends, what is kept is *drained*: applied and flushed, while
/// writes wait.
///
/// Simpler, and wrong: to apply writes at once and to undo them at a takeover. That needs the old content on the
/// standby before each write, so a read of the disk and a round trip per write.
///
/// When the copying begins the guest runs, and the volumes may be at changes that went straight to them. It is not to
/// be paused before these are answered ([Listener#settled]): the pause would take as long as they do.
///
/// Awkward: a flush is answered at once, though what it promises to the guest holds only later. Nobody outside may
/// see what the guest does upon the answer before it holds: [#durable].
///
/// Threads: any, unless it says otherwise. There is one lock for all disks of a VM; nothing is read, written or told
/// under it.
public final class DiskEpochs implements AutoCloseable {

    /// Above so many kept bytes the guest's writes are slowed down, and a checkpoint is asked for.
    public static final long KEPT_SOFT_BYTES = 32L << 20;

    /// Above so many flushes that are answered and yet to be carried out the guest's writes are slowed down, too.
    /// Output waits for them, and so does a gate after a takeover.
    public static final int FLUSHES_SOFT = 64;

    /// Above so many kept bytes the protection has failed.
    public static final long KEPT_MAX_BYTES = 96L << 20;

    /// How many extents are dropped under the lock in one go.
    private static final int DROP_EXTENTS = 256;

    private final String name;
    private final Rules rules;
    private final Bounds bounds;
    private final Pressure pressure;
    private final List<EpochDisk> disks;
    private final DirectChanges direct = new DirectChanges();
    private final ReentrantLock lock = new ReentrantLock();

    /// For the applier: there may be something to do.
    private final Condition toDo = lock.newCondition();

    /// For lanes: less is kept, or another phase has begun.
    private final Condition relief = lock.newCondition();

    private volatile Phase phase = Phase.UNSERVED;
    private volatile boolean isLeftBehind;
    private Kept kept;
    private Commits commits;
    private Optional<Listener> listener = Optional.empty();
    private Optional<Applier> applier = Optional.empty();
    private List<Runnable> awaitingDrain = new ArrayList<>();

    private volatile long durable;

    /// What happens; from any thread, and not in order: of two numbers the greater counts. Nobody may wait in it.
    public interface Listener {

        /// After [#begin]: all changes that the volumes were asked for before are answered. A pause waits for none of
        /// them.
        void settled();

        /// A segment is on the disks: the standby is to be told, and then [#told] to be called.
        void applied(long segment);

        /// The output of epochs up to this may leave.
        void durable(long epoch);

        /// Much is kept: a checkpoint should be taken soon.
        void pressure();

        /// The protection cannot go on: a volume refused a write, which is tried again for ever, or more is kept
        /// than [#KEPT_MAX_BYTES]. Told once. The owner is to [#drain].
        void failed(String reason);
    }

    enum Phase {
        /// There are no volumes yet.
        UNSERVED,
        DIRECT,
        /// The guest is copied.
        KEEPING,
        DRAINING,
        CLOSED
    }

    /// @param name  of the VM, for threads and log lines
    /// @param sizes of its disks, in bytes, as long as there are no volumes
    public DiskEpochs(String name, List<Long> sizes) {
        this(name, sizes, Rules.ALL, Bounds.USUAL);
    }

    DiskEpochs(String name, List<Long> sizes, Rules rules, Bounds bounds) {
        this.name = name;
        this.rules = rules;
        this.bounds = bounds;
        pressure = new Pressure(name, bounds);
        disks = IntStream.range(0, sizes.size())
                .mapToObj(i -> new EpochDisk(this, i, sizes.get(i)))
                .toList();
        kept = new Kept(sizes.size());
        commits = new Commits(rules);
    }

    /// One of the disks, to be exported to the guest. Until [#serve] or [#takeOver] its requests fail.
    public Volume disk(int index) {
        return disks.get(index);
    }

    // ---- phases ---------------------------------------------------------------------------------------------

    /// From now on requests go straight to the volumes.
    ///
    /// @throws IllegalStateException if there are volumes already
    public void serve(List<Volume> volumes) {
        lock.lock();
        try {
            attach(volumes);
            phase = Phase.DIRECT;
        } finally {
            lock.unlock();
        }
    }

    /// The standby goes on with the guest: reads see what was kept, which is drained as in [#drain].
    ///
    /// @param segments what the standby held ([KeptWrites#segments])
    /// @throws IllegalStateException if there are volumes already
    public void takeOver(List<Volume> volumes, List<Segment> segments, Runnable drained) {
        Applier started;
        lock.lock();
        try {
            attach(volumes);
            kept = new Kept(disks.size(), segments);
            awaitingDrain.add(drained);
            phase = Phase.DRAINING;
            started = newApplier();
        } finally {
            lock.unlock();
        }
        started.start();
    }

    private void attach(List<Volume> volumes) {
        require(Phase.UNSERVED);
        if (volumes.size() != disks.size()) {
            throw new IllegalArgumentException("%d volumes for %d disks".formatted(volumes.size(), disks.size()));
        }
        for (int i = 0; i < disks.size(); i++) {
            disks.get(i).attach(volumes.get(i));
        }
    }

    private void require(Phase required) {
        if (phase != required) {
            throw new IllegalStateException("%s: %s, not %s".formatted(name, phase, required));
        }
    }

    private Applier newApplier() {
        List<Volume> volumes = disks.stream().map(EpochDisk::volume).toList();
        Applier next = new Applier(
                name, new Application(), volumes, rules, bounds.retry().toNanos());
        applier = Optional.of(next);
        return next;
    }

    /// From now on writes are kept; [Listener#settled] is told, perhaps before this returns. To be called when the
    /// guest's output is held already, and before its epoch 1 is taken. Segments are numbered from 1 again.
    ///
    /// @throws IllegalStateException if it is not direct
    public void begin(Listener told) {
        Applier started;
        lock.lock();
        try {
            require(Phase.DIRECT);
            kept = new Kept(disks.size());
            commits = new Commits(rules);
            durable = 0;
            listener = Optional.of(told);
            pressure.begin(told);
            disks.forEach(EpochDisk::holdSize);
            phase = Phase.KEEPING;
            started = newApplier();
        } finally {
            lock.unlock();
        }
        started.start();
        direct.await(told::settled);
    }

    /// The guest is about to be paused, for which QEMU waits for all answers: no write is slowed down until the next
    /// [#seal].
    public void letThrough() {
        letThrough(true);
    }

    /// The pause that was announced by [#letThrough] does not come.
    public void holdBack() {
        letThrough(false);
    }

    private void letThrough(boolean is) {
        lock.lock();
        try {
            pressure.letThrough(is);
            relief.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Ends an epoch: what was kept since the last one is its. To be called while the guest stands still with no
    /// request under way. Copies nothing.
    ///
    /// @throws IllegalStateException if writes are not being kept (any more)
    /// @throws IllegalArgumentException if the epoch is not above the last
    public Sealed seal(long epoch) {
        lock.lock();
        try {
            require(Phase.KEEPING);
            Sealed sealed = new Sealed(epoch, kept.seal());
            commits.seal(sealed, kept.last());
            pressure.letThrough(false);
            return sealed;
        } finally {
            lock.unlock();
        }
    }

    /// The standby holds this epoch and all before it.
    ///
    /// @throws IllegalArgumentException if no such epoch was sealed
    public void committed(long epoch) {
        Runnable news;
        lock.lock();
        try {
            if (phase != Phase.KEEPING) {
                return; // all is, by now
            }
            commits.commit(epoch);
            toDo.signalAll();
            news = newsOfDurable();
        } finally {
            lock.unlock();
        }
        news.run();
    }

    /// The standby knows that this segment, and all before it, is on the disks.
    ///
    /// @throws IllegalArgumentException if it is not
    public void told(long segment) {
        lock.lock();
        try {
            if (phase == Phase.KEEPING) {
                commits.tell(segment);
                toDo.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /// The highest epoch that is committed and whose flushes, and those of all before it, are carried out; 0 if
    /// there is none.
    public long durable() {
        return durable;
    }

    /// Everything kept counts as committed: applies and flushes it, and then lets requests go straight to the
    /// volumes. Writes wait meanwhile.
    ///
    /// @param drained called when that is done, by any thread, perhaps before this returns; not if it is closed
    ///     before
    public void drain(Runnable drained) {
        Runnable news;
        lock.lock();
        try {
            news = switch (phase) {
                case KEEPING -> {
                    awaitingDrain.add(drained);
                    yield beginDraining();
                }
                case DRAINING -> {
                    awaitingDrain.add(drained);
                    yield () -> {};
                }
                case UNSERVED, DIRECT -> drained;
                case CLOSED -> () -> {};
            };
        } finally {
            lock.unlock();
        }
        news.run();
    }

    private Runnable beginDraining() {
        List<Segment> _ = kept.seal();
        commits.commitAll();
        phase = Phase.DRAINING;
        toDo.signalAll();
        relief.signalAll();
        return newsOfDurable();
    }

    /// Whether requests go straight to the volumes.
    public boolean isDirect() {
        return phase == Phase.DIRECT;
    }

    /// Drops what is kept. Requests, and those that wait, fail as shutting down; but where nothing is kept they go on
    /// to the volumes: a guest that outlives its server is told of no errors. Waits for what is being applied, but
    /// not long ([#isLeftBehind]).
    @Override
    public void close() {
        Optional<Applier> last;
        lock.lock();
        try {
            if (phase == Phase.DIRECT) {
                return;
            }
            phase = Phase.CLOSED;
            kept = new Kept(disks.size());
            awaitingDrain.clear();
            last = applier;
            applier = Optional.empty();
            toDo.signalAll();
            relief.signalAll();
        } finally {
            lock.unlock();
        }
        if (last.filter(it -> !it.stop()).isPresent()) {
            isLeftBehind = true;
        }
    }

    /// Whether, when it was closed, a volume had not come back from a call. What was asked for then may come to be
    /// later.
    public boolean isLeftBehind() {
        return isLeftBehind;
    }

    /// To be run without the lock.
    private Runnable newsOfDurable() {
        long now = commits.durable();
        if (now == durable) {
            return () -> {};
        }
        durable = now;
        return listener.<Runnable>map(one -> () -> one.durable(now)).orElse(() -> {});
    }

    // ---- lanes ----------------------------------------------------------------------------------------------

    DirectChanges direct() {
        return direct;
    }

    Rules rules() {
        return rules;
    }

    Phase phase() {
        return phase;
    }

    Volume volume(int disk) {
        return disks.get(disk).volume();
    }

    Overlay overlay(int disk, long offset, long length) {
        lock.lock();
        try {
            return kept.overlay(disk, offset, length);
        } finally {
            lock.unlock();
        }
    }

    /// Keeps a batch, and waits for a while if much is kept.
    ///
    /// @return false if writes are not being kept, or not any more
    boolean keep(int disk, List<Change> changes) {
        Runnable news;
        lock.lock();
        try {
            if (phase != Phase.KEEPING) {
                return false;
            }
            changes.forEach(change -> kept.add(disk, change));
            toDo.signalAll();
            news = pressure.rises(kept.bytes());
        } finally {
            lock.unlock();
        }
        news.run();
        slowDown();
        return phase != Phase.CLOSED;
    }

    /// Above the bound it waits for as long as it takes: whoever was told that it failed pauses the guest no more.
    private void slowDown() {
        lock.lock();
        try {
            long left = bounds.slowing().toNanos();
            while (phase == Phase.KEEPING
                    && pressure.isHigh(kept.bytes(), kept.flushes())
                    && (left > 0 || kept.bytes() > bounds.maxBytes())) {
                left = relief.awaitNanos(Math.max(left, 1_000_000));
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    /// Waits until it is over, or it is closed.
    void awaitDrained() {
        lock.lock();
        try {
            while (phase == Phase.DRAINING) {
                relief.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    // ---- application ----------------------------------------------------------------------------------------

    /// What the applier does, and what comes of it.
    private final class Application implements Applier.Work {

        @Override
        public Applier.Task next() {
            lock.lock();
            try {
                while (true) {
                    if (phase == Phase.CLOSED) {
                        return new Applier.Task.Stop();
                    }
                    boolean isDraining = phase == Phase.DRAINING;
                    Optional<Segment> next = kept.first().filter(first -> isDraining || commits.mayBegin(first));
                    if (next.isPresent()) {
                        return new Applier.Task.Apply(next.get());
                    }
                    if (isDraining) {
                        return new Applier.Task.Settle();
                    }
                    toDo.awaitUninterruptibly();
                }
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void applied(Segment segment) {
            boolean isDropped = false;
            while (!isDropped) {
                isDropped = drop(segment);
            }
        }

        /// Drops some of it, and tells of it when it was the last.
        private boolean drop(Segment segment) {
            List<Runnable> news = new ArrayList<>();
            lock.lock();
            try {
                if (phase == Phase.CLOSED) {
                    return true;
                }
                if (!kept.drop(DROP_EXTENTS)) {
                    return false;
                }
                commits.apply(segment);
                if (pressure.falls(kept.bytes())) {
                    relief.signalAll();
                }
                if (phase == Phase.KEEPING) {
                    listener.ifPresent(one -> news.add(() -> one.applied(segment.number())));
                }
                news.add(newsOfDurable());
            } finally {
                lock.unlock();
            }
            news.forEach(Runnable::run);
            return true;
        }

        @Override
        public void settled() {
            List<Runnable> news;
            lock.lock();
            try {
                if (phase == Phase.CLOSED) {
                    return;
                }
                phase = Phase.DIRECT;
                applier = Optional.empty();
                news = awaitingDrain;
                awaitingDrain = new ArrayList<>();
                relief.signalAll();
            } finally {
                lock.unlock();
            }
            news.forEach(Runnable::run);
        }

        @Override
        public void failed(String reason) {
            Runnable news;
            lock.lock();
            try {
                news = pressure.fail(reason);
            } finally {
                lock.unlock();
            }
            news.run();
        }
    }
}
