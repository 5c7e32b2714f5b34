package understudy.volume.mirror;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import understudy.protocol.MirrorEffect.Role;
import understudy.protocol.MirrorSide;
import understudy.volume.Lane;
import understudy.volume.LaneClient;
import understudy.volume.Volume;
import understudy.volume.store.ByteRange;
import understudy.volume.store.CorruptBlocksException;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.ReplicaStore;

/// A volume as its clients see it: carries their requests out by the present [Route], and goes on by the next
/// one when a replica fails.
///
/// Changes are carried out by [Mutations], flushes by [Flushes], reads that wait by [LateReads].
///
/// A thread that the local disk does not give back loses its lane; what it was at is finished by a *rescuer*.
/// The next route has another order lock, so nobody waits behind it.
final class MirroredVolume implements Volume {
    private static final long LOCK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Reports reports;
    private final boolean isMirrored;
    private final Unanswered unanswered = new Unanswered();
    private final Flushes flushes;
    private final LateReads lateReads;
    private final Mutations mutations = new Mutations(this);
    private final Threads threads;
    private final Traffic traffic;
    private final List<Work> works = new CopyOnWriteArrayList<>();
    private final ReentrantLock changing = new ReentrantLock();
    private final Condition changed = changing.newCondition();
    private volatile long sizeBytes;
    private volatile Route route = Route.initial();
    private volatile boolean isClosed;
    private volatile boolean isAwaited;
    private volatile List<CopyRange> copies = List.of();

    /// What happens to the replicas; from any thread, quickly.
    interface Reports {
        /// The local replica must not be used any more.
        void localFailed(ReplicaStore store, String why);

        /// Its activity log wants extents retired.
        void logFull(ReplicaStore store);

        void corrupt(String what);

        /// Corrupt blocks of the local replica hold again what the peer's do.
        void mended(List<ByteRange> ranges);
    }

    /// @param isMirrored whether there is, or may be, a peer. Without one, errors of the disk are the client's;
    ///     with one, requests wait until a replica can serve them
    MirroredVolume(String name, long sizeBytes, boolean isMirrored, Threads threads, Reports reports) {
        this.threads = threads;
        traffic = new Traffic(threads);
        this.sizeBytes = sizeBytes;
        this.isMirrored = isMirrored;
        this.reports = reports;
        flushes = new Flushes(name, this);
        lateReads = new LateReads(name, this);
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public Lane open(LaneClient client) {
        return new MirrorLane(this, client);
    }

    /// Watches over a thread that uses a lane.
    Work watch(Work work) {
        works.add(work);
        return work;
    }

    void forget(Work work) {
        works.remove(work);
    }

    Threads threads() {
        return threads;
    }

    Mutations mutations() {
        return mutations;
    }

    /// Ranges that are being copied.
    List<CopyRange> copies() {
        return copies;
    }

    Unanswered unanswered() {
        return unanswered;
    }

    Flushes flushes() {
        return flushes;
    }

    Traffic traffic() {
        return traffic;
    }

    boolean isMirrored() {
        return isMirrored;
    }

    Reports reports() {
        return reports;
    }

    // ---- routes ---------------------------------------------------------------------------------------------

    Route route() {
        return route;
    }

    /// Serves like this from now on. The caller holds the order lock of the route before, unless that is
    /// replaced.
    void install(Route next) {
        Route before = route;
        changing.lock();
        try {
            route = next;
            changed.signalAll();
        } finally {
            changing.unlock();
        }
        boolean hasLocal = next.local().filter(next::requires).isPresent();
        if (!next.isHeld()) {
            before.link().filter(link -> !next.uses(link)).ifPresent(link -> link.release(hasLocal));
        }
    }

    /// Serves with these replicas from now on. Waits for the batch under way, unless it is at a replica that
    /// was given up.
    ///
    /// @throws ServedVolume.LostException if the batch under way does not end in time
    void serve(Optional<ReplicaStore> local, Role localRole, Optional<PeerLink> link, Role peerRole, long nanos)
            throws ServedVolume.LostException {
        Route before = route;
        boolean isGivenUp = before.local().isPresent() && !before.local().equals(local);
        if (isGivenUp) {
            install(new Route(false, local, localRole, link, peerRole, new ReentrantLock()));
            return;
        }
        try {
            if (!lock(before, nanos)) {
                throw new ServedVolume.LostException(MirrorSide.LOCAL, "a write does not end");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new ServedVolume.LostException(MirrorSide.LOCAL, "interrupted");
        }
        try {
            install(new Route(false, local, localRole, link, peerRole, before.orderLock()));
        } finally {
            before.orderLock().unlock();
        }
    }

    /// There is no replica: requests fail until there is one.
    void serveNothing() {
        install(new Route(false, Optional.empty(), Role.ABSENT, Optional.empty(), Role.ABSENT, new ReentrantLock()));
    }

    /// Something that is done to a replica.
    interface Ordered {
        void run() throws DiskFailedException;
    }

    /// Does something to the local replica under the order lock, if it is one that is served.
    void ordered(ReplicaStore store, Ordered action) throws DiskFailedException {
        Route now = route;
        if (now.local().isEmpty() || now.local().get() != store) {
            action.run();
            return;
        }
        now.orderLock().lock();
        try {
            action.run();
        } finally {
            now.orderLock().unlock();
        }
    }

    /// A batch was settled: somebody may wait for it.
    void announce() {
        if (isAwaited) {
            changing.lock();
            try {
                isAwaited = false;
                changed.signalAll();
            } finally {
                changing.unlock();
            }
        }
    }

    /// The present route with its lock held, when it is one that serves; empty when the volume is closed.
    Optional<Route> enter() {
        while (true) {
            Route now = route;
            if (isClosed) {
                return Optional.empty();
            }
            if (now.isHeld()) {
                awaitChange(now);
            } else if (now.orderLock().tryLock() || lockInTime(now)) {
                if (now == route) {
                    return Optional.of(now);
                }
                now.orderLock().unlock();
            }
        }
    }

    /// In turns, since the lock may belong to a thread that hangs, and the route be replaced.
    private boolean lockInTime(Route route) {
        try {
            return lock(route, LOCK_NANOS);
        } catch (InterruptedException _) {
            return false;
        }
    }

    private boolean lock(Route route, long nanos) throws InterruptedException {
        Threads.Wait<Boolean> wait = left -> route.orderLock().tryLock(left, TimeUnit.NANOSECONDS);
        return threads.await(wait, nanos, false);
    }

    /// Waits until the route is another one than `known`, or it is time to look.
    @SuppressWarnings("WaitNotInLoop")
    void awaitChange(Route known) {
        changing.lock();
        try {
            isAwaited = true;
            if (route == known && !isClosed) {
                // Not in a loop: whoever waits looks again in any case.
                Threads.Wait<Boolean> wait = nanos -> changed.await(nanos, TimeUnit.NANOSECONDS);
                threads.await(wait, LOCK_NANOS, false);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            changing.unlock();
        }
    }

    /// The present route as soon as one serves; a held one when the volume is closed.
    Route awaitServing() {
        Route now = route;
        while (now.isHeld() && !isClosed) {
            awaitChange(now);
            now = route;
        }
        return now;
    }

    boolean isClosed() {
        return isClosed;
    }

    /// Nothing is begun until whoever decides has reacted.
    void fail(Route now, ReplicaStore store, DiskFailedException e) {
        changing.lock();
        try {
            if (route == now) {
                route = now.held();
            }
        } finally {
            changing.unlock();
        }
        reports.localFailed(store, String.valueOf(e.getMessage()));
    }

    /// Client writes from the next batch on say which blocks of this range they touch. Under the order lock.
    synchronized void watchCopy(CopyRange copy) {
        copies = Stream.concat(copies.stream(), Stream.of(copy)).toList();
    }

    /// They do not any more. Under the order lock, if it matters which they touched.
    synchronized void unwatchCopy(CopyRange copy) {
        copies = copies.stream().filter(other -> other != copy).toList();
    }

    /// Something that is done under the order lock.
    interface Locked<T> {
        T run() throws IOException;
    }

    /// Does something under the order lock of `then`, while that still is the route.
    ///
    /// @throws BrokenLinkException if it is not
    <T> T locked(Route then, Locked<T> action) throws IOException {
        while (route == then) {
            if (then.orderLock().tryLock() || lockInTime(then)) {
                try {
                    if (route == then) {
                        return action.run();
                    }
                } finally {
                    then.orderLock().unlock();
                }
            }
        }
        throw new BrokenLinkException("the volume is served in another way now");
    }

    // ---- reads ----------------------------------------------------------------------------------------------

    /// Reads into `target`; if it cannot now, the answer comes later.
    boolean read(Work work, int request, long offset, MemorySegment target) {
        Route now = route;
        traffic.touch();
        if (now.isHeld() || !now.needsLocal()) {
            lateReads.begin(now, work.lane, request, offset, target.byteSize());
            return false;
        }
        work.readRequest = request;
        work.readOffset = offset;
        work.readLength = target.byteSize();
        work.disk.enter(0);
        boolean isRead;
        try {
            now.local().orElseThrow().read(offset, target);
            isRead = true;
        } catch (CorruptBlocksException _) {
            // Whoever reads it late mends it, or says that it cannot be.
            isRead = false;
        } catch (DiskFailedException e) {
            if (now.needsPeer()) {
                fail(now, now.local().orElseThrow(), e);
            }
            isRead = false;
        }
        if (!work.disk.leave()) {
            throw MirrorLane.abandoned(work);
        }
        work.readRequest = Work.PIECE;
        if (isRead && isCurrent(now, offset, target.byteSize())) {
            return true;
        }
        lateReads.add(work.lane, request, offset, target.byteSize());
        return false;
    }

    /// Whether what was read by this route may be told: the route has not changed, and no write that overlaps
    /// it was under way to both replicas, which might come to nothing (design, section 3.1, rule 14).
    boolean isCurrent(Route then, long offset, long length) {
        return route == then && !(then.needsBoth() && unanswered.overlaps(offset, length));
    }

    List<Lane.Allocation> allocation(Work work, long offset, long length, int max) {
        Route now = route;
        List<Lane.Allocation> found = List.of(new Lane.Allocation(length, false, false));
        if (now.needsLocal() && !now.isHeld()) {
            work.disk.enter(0);
            try {
                found = now.local().orElseThrow().allocation(offset, length, max);
            } catch (DiskFailedException _) {
                // All is data, then.
            }
            if (!work.disk.leave()) {
                throw MirrorLane.abandoned(work);
            }
        }
        return found;
    }

    // ---- threads that hang ----------------------------------------------------------------------------------

    /// Declares threads lost that the local disk has not given back for so long, and has others go on with what
    /// they were at.
    ///
    /// @return whether there were any
    boolean rescueLost(long now, long deadlineNanos) {
        boolean any = flushes.rescueLost(now, deadlineNanos);
        any = lateReads.rescueLost(now, deadlineNanos) || any;
        for (Work work : List.copyOf(works)) {
            if (work.disk.loses(now, deadlineNanos)) {
                any = true;
                works.remove(work);
                if (work.isClients) {
                    work.lane.lose();
                }
                Work taken = work.taken();
                works.add(taken);
                threads.start("rescuer", () -> rescue(work, taken));
            }
        }
        return any;
    }

    private void rescue(Work lost, Work taken) {
        Replies replies = Replies.ofAnyThread();
        if (taken.readRequest >= 0) {
            lateReads.add(taken.lane, taken.readRequest, taken.readOffset, taken.readLength);
            // If this thread is lost, too, its rescuer must not do that again.
            taken.readRequest = Work.PIECE;
        }
        // Reads and questions come in the midst of what is recorded for the end of the batch.
        if (taken.batch.isPresent()) {
            mutations.seeThrough(taken, replies);
        }
        mutations.carry(taken, replies);
        for (int i = 0; i < taken.flushCount() && !taken.disk.isLost(); i++) {
            flushes.add(taken.lane, taken.flushRequest(i));
        }
        replies.end();
        if (taken.disk.isLost()) {
            taken.awaitRescue();
        }
        works.remove(taken);
        lost.rescue();
    }

    /// Nothing is answered any more.
    void kill() {
        works.forEach(work -> work.lane.mute());
        close();
    }

    /// Everything that waits is answered as shutting down.
    void close() {
        isClosed = true;
        install(route.held());
        flushes.close();
        lateReads.close();
    }
}
