package understudy.volume.mirror;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import understudy.protocol.MirrorEffect.Role;
import understudy.protocol.MirrorSide;
import understudy.volume.Lane;
import understudy.volume.LaneClient;
import understudy.volume.LaneClient.Failure;
import understudy.volume.Volume;
import understudy.volume.store.CorruptBlocksException;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.ReplicaStore;

/// A volume as its clients see it: carries their requests out by the present [Route], and goes on by the next
/// one when a replica fails.
///
/// All mutations happen one batch after the other under the route's order lock: the extents enter the activity
/// log, durably (design, section 3.1, rule 4: before anything is sent or written); the frames go to the peer in
/// one write; the local replica is written; and whoever confirms last, the local disk or the peer, has the
/// batch answered.
///
/// A batch that a replica did not confirm stays unanswered until the route has changed, which happens when the
/// view without that replica has been learnt (rule 2), or its thread carries it out anew. While its data may be
/// needed again its thread stays in the call, since the payload is only valid so long: that is when the local
/// replica did not take it.
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
    private final Traffic traffic = new Traffic();
    private final Set<Work> works = ConcurrentHashMap.newKeySet();
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
    }

    /// @param isMirrored whether there is, or may be, a peer. Without one, errors of the disk are the client's;
    ///     with one, requests wait until a replica can serve them
    MirroredVolume(String name, long sizeBytes, boolean isMirrored, Reports reports) {
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
            if (!before.orderLock().tryLock(nanos, TimeUnit.NANOSECONDS)) {
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
    private Optional<Route> enter() {
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
    private static boolean lockInTime(Route route) {
        try {
            return route.orderLock().tryLock(LOCK_NANOS, TimeUnit.NANOSECONDS);
        } catch (InterruptedException _) {
            return false;
        }
    }

    /// Waits until the route is another one than `known`, or it is time to look.
    @SuppressWarnings("WaitNotInLoop")
    void awaitChange(Route known) {
        changing.lock();
        try {
            isAwaited = true;
            if (route == known && !isClosed) {
                // Not in a loop: whoever waits looks again in any case.
                boolean _ = changed.await(LOCK_NANOS, TimeUnit.NANOSECONDS);
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

    // ---- mutations ------------------------------------------------------------------------------------------

    /// Carries out what is recorded. When it returns, nobody needs the payloads any more.
    void carry(Work work) {
        Replies replies = Replies.within(work.lane);
        carry(work, replies);
        replies.end();
        if (work.disk.isLost()) {
            throw MirrorLane.abandoned(work);
        }
    }

    private void carry(Work work, Replies replies) {
        while (work.carried < work.count()) {
            Optional<Route> entered = enter();
            if (entered.isEmpty()) {
                fail(work, work.carried, work.count(), Failure.SHUTTING_DOWN, replies);
                return;
            }
            Route now = entered.get();
            int to = work.cut(work.carried);
            work.upTo = to;
            work.route = entered;
            Outcome outcome;
            try {
                outcome = attempt(now, work, to, replies);
            } finally {
                now.orderLock().unlock();
            }
            switch (outcome) {
                case DONE -> advance(work);
                case AGAIN -> awaitChange(now);
                case LOG_FULL -> awaitRoom(now);
                case UNSURE -> seeThrough(work, replies);
                case LOST -> {
                    return;
                }
            }
        }
    }

    private enum Outcome {
        /// The local replica has it, or it was answered.
        DONE,
        /// Not yet: the route is about to change.
        AGAIN,
        LOG_FULL,
        /// The local replica does not have it: the thread must stay.
        UNSURE,
        /// The thread has lost its lane; a rescuer sees to the rest.
        LOST
    }

    private static void advance(Work work) {
        work.batch = Optional.empty();
        work.carried = work.upTo;
    }

    /// Under the order lock.
    private Outcome attempt(Route now, Work work, int to, Replies replies) {
        int from = work.carried;
        traffic.touch();
        if (now.local().isPresent()) {
            ReplicaStore store = now.local().get();
            try {
                boolean isCold = isCold(store, work, from, to);
                if (isCold) {
                    work.disk.enter(flushes.allowanceNanos());
                    boolean isHot = store.heat();
                    if (!work.disk.leave()) {
                        return Outcome.LOST;
                    }
                    if (!isHot) {
                        return Outcome.LOG_FULL;
                    }
                    if (store.wantsRetirement()) {
                        reports.logFull(store);
                    }
                }
            } catch (DiskFailedException e) {
                return work.disk.leave() ? failedLocally(now, store, work, to, e, replies) : Outcome.LOST;
            }
        } else if (now.link().isEmpty()) {
            fail(work, from, to, Failure.IO, replies);
            return Outcome.DONE;
        }
        touchCopies(work, from, to);
        return now.link().isPresent() ? mirrored(now, work, to, replies) : alone(now, work, to, replies);
    }

    private static boolean isCold(ReplicaStore store, Work work, int from, int to) {
        boolean isHot = true;
        for (int i = from; i < to; i++) {
            isHot &= store.touch(work.offset(i), work.length(i));
        }
        return !isHot;
    }

    private Outcome alone(Route now, Work work, int to, Replies replies) {
        ReplicaStore store = now.local().orElseThrow();
        int done = work.carried;
        work.disk.enter(0);
        try {
            for (; done < to; done++) {
                try {
                    write(store, work, done);
                } catch (CorruptBlocksException e) {
                    reports.corrupt(String.valueOf(e.getMessage()));
                    if (!work.isPiece(done)) {
                        replies.failed(work.lane, work.request(done), Failure.IO);
                    }
                    continue;
                }
                answer(work, done, replies);
                if (done < to - 1 && !work.disk.stay()) {
                    return Outcome.LOST;
                }
            }
        } catch (DiskFailedException e) {
            work.carried = done;
            return work.disk.leave() ? failedLocally(now, store, work, to, e, replies) : Outcome.LOST;
        }
        work.carried = to;
        return work.disk.leave() ? Outcome.DONE : Outcome.LOST;
    }

    private void answer(Work work, int i, Replies replies) {
        if (work.isPiece(i)) {
            return;
        }
        if (work.isDurable(i)) {
            flushes.add(work.lane, work.request(i));
        } else {
            replies.done(work.lane, work.request(i));
        }
    }

    private void write(ReplicaStore store, Work work, int i) throws CorruptBlocksException, DiskFailedException {
        if (work.isWrite(i)) {
            store.write(work.offset(i), work.payload(i));
            flushes.wrote(work.length(i));
        } else {
            store.zero(work.offset(i), work.length(i), work.mayPunch(i));
        }
    }

    private Outcome mirrored(Route now, Work work, int to, Replies replies) {
        int from = work.carried;
        PeerLink link = now.link().orElseThrow();
        Batch batch = new Batch(this, work, from, to, now.needsLocal(), now.needsPeer());
        work.batch = Optional.of(batch);
        boolean isSent = link.send(batch, work, from, to);
        boolean isWritten = false;
        if (now.local().isPresent()) {
            ReplicaStore store = now.local().get();
            work.disk.enter(0);
            try {
                for (int i = from; i < to; i++) {
                    writeOrMend(store, link, work, i);
                    if (i < to - 1 && !work.disk.stay()) {
                        return Outcome.LOST;
                    }
                }
                isWritten = true;
            } catch (DiskFailedException e) {
                if (!work.disk.leave()) {
                    return Outcome.LOST;
                }
                fail(now, store, e);
            }
            if (isWritten && !work.disk.leave()) {
                return Outcome.LOST;
            }
        }
        if (isWritten) {
            batch.confirm(MirrorSide.LOCAL, replies);
        }
        boolean isSafe = isWritten && now.needsLocal() && isSent && !batch.isPiece;
        if (isSafe) {
            batch.isAttended = false;
            isSafe = route == now;
        }
        return isSafe || batch.isSettled() ? Outcome.DONE : Outcome.UNSURE;
    }

    /// A block of which only a part is written must be good; if it is not, the peer has it, with this write.
    private void writeOrMend(ReplicaStore store, PeerLink link, Work work, int i) throws DiskFailedException {
        try {
            write(store, work, i);
        } catch (CorruptBlocksException e) {
            reports.corrupt(String.valueOf(e.getMessage()));
            Mending.fromPeer(store, link, e.ranges(), work.offset(i), work.length(i), sizeBytes);
        }
    }

    /// The local disk refused before anything was sent, or there is no peer.
    private Outcome failedLocally(
            Route now, ReplicaStore store, Work work, int to, DiskFailedException e, Replies replies) {
        fail(now, store, e);
        if (!isMirrored) {
            int from = work.carried;
            fail(work, from, Math.min(from + 1, to), e.isFull() ? Failure.NO_SPACE : Failure.IO, replies);
        }
        return Outcome.AGAIN;
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

    private static void fail(Work work, int from, int to, Failure failure, Replies replies) {
        for (int i = from; i < to; i++) {
            if (!work.isPiece(i)) {
                replies.failed(work.lane, work.request(i), failure);
            }
        }
        work.carried = to;
    }

    /// Stays until the batch is answered, or takes it back to carry it out anew.
    private void seeThrough(Work work, Replies replies) {
        replies.end();
        Batch batch = work.batch.orElseThrow();
        Route then = work.route.orElseThrow();
        while (!batch.isSettled() && !batch.isCancelled()) {
            Route now = route;
            boolean isAnother = now != then && !now.isHeld();
            boolean isLinked = then.link().isPresent() && now.uses(then.link().get());
            if (isAnother && isLinked && !now.needsLocal()) {
                batch.confirm(MirrorSide.LOCAL, replies);
                replies.end();
            } else if ((isClosed || isAnother) && batch.cancel()) {
                batch.end();
                work.batch = Optional.empty();
                return;
            }
            if (!batch.isSettled()) {
                awaitChange(now);
            }
        }
        advance(work);
    }

    private void awaitRoom(Route now) {
        now.local().ifPresent(reports::logFull);
        awaitChange(now);
    }

    private void touchCopies(Work work, int from, int to) {
        for (CopyRange copy : copies) {
            for (int i = from; i < to; i++) {
                copy.touch(work.offset(i), work.length(i));
            }
        }
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
        } catch (CorruptBlocksException e) {
            reports.corrupt(String.valueOf(e.getMessage()));
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

    List<Lane.Allocation> allocation(long offset, long length, int max) {
        Route now = route;
        if (now.needsLocal() && !now.isHeld()) {
            try {
                return now.local().orElseThrow().allocation(offset, length, max);
            } catch (DiskFailedException _) {
                // All is data, then.
            }
        }
        return List.of(new Lane.Allocation(length, false, false));
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
                Thread.ofPlatform().name("rescuer").daemon().start(() -> rescue(work, taken));
            }
        }
        return any;
    }

    private void rescue(Work lost, Work taken) {
        Replies replies = Replies.ofAnyThread();
        if (taken.readRequest >= 0) {
            lateReads.add(taken.lane, taken.readRequest, taken.readOffset, taken.readLength);
        } else {
            if (taken.batch.isPresent()) {
                seeThrough(taken, replies);
            }
            carry(taken, replies);
            for (int i = 0; i < taken.flushCount() && !taken.disk.isLost(); i++) {
                flushes.add(taken.lane, taken.flushRequest(i));
            }
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
