package understudy.volume.mirror;

import java.util.BitSet;
import java.util.Optional;
import understudy.protocol.MirrorSide;
import understudy.volume.LaneClient.Failure;
import understudy.volume.store.CorruptBlocksException;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.ReplicaStore;

/// Carries out what clients change.
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
final class Mutations {
    private final MirroredVolume volume;

    Mutations(MirroredVolume volume) {
        this.volume = volume;
    }

    /// Carries out what is recorded. When it returns, nobody needs the payloads any more.
    void carry(Work work) {
        Replies replies = Replies.within(work.lane);
        carry(work, replies);
        replies.end();
        if (work.disk.isLost()) {
            throw MirrorLane.abandoned(work);
        }
    }

    void carry(Work work, Replies replies) {
        while (work.carried < work.count()) {
            Optional<Route> entered = volume.enter();
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
            replies.end(); // what follows may wait, and others answer this lane, too
            switch (outcome) {
                case DONE -> advance(work);
                case AGAIN -> volume.awaitChange(now);
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
    private Outcome attempt(Route now, Work work, int wanted, Replies replies) {
        if (work.lane.isClosed()) {
            // Its client has begun anew by another lane, and this could come after what it does there.
            work.upTo = work.count();
            return Outcome.DONE;
        }
        int from = work.carried;
        int to = wanted;
        volume.traffic().change();
        if (now.local().isPresent()) {
            ReplicaStore store = now.local().get();
            try {
                boolean isCold = isCold(store, work, from, to);
                if (isCold) {
                    work.disk.enter(volume.flushes().allowanceNanos());
                    boolean isHot = store.heat();
                    if (!work.disk.leave()) {
                        return Outcome.LOST;
                    }
                    if (!isHot) {
                        return Outcome.LOG_FULL;
                    }
                    if (store.wantsRetirement()) {
                        volume.reports().logFull(store);
                    }
                }
            } catch (DiskFailedException e) {
                return work.disk.leave() ? failedLocally(now, store, work, to, e, replies) : Outcome.LOST;
            }
        } else if (now.link().isEmpty()) {
            fail(work, from, to, Failure.IO, replies);
            return Outcome.DONE;
        }
        if (!PartialChanges.areWelcome(now, work)) {
            work.disk.enter(0);
            try {
                to = firstRefused(now, work, to);
            } catch (DiskFailedException e) {
                return work.disk.leave()
                        ? failedLocally(now, now.local().orElseThrow(), work, to, e, replies)
                        : Outcome.LOST;
            }
            if (!work.disk.leave()) {
                return Outcome.LOST;
            }
            work.upTo = Math.max(to, from + 1);
            if (to == from) {
                work.spoil(from);
                fail(work, from, from + 1, Failure.IO, replies);
                return Outcome.DONE;
            }
        }
        touchCopies(work, from, to);
        return now.link().isPresent() ? mirrored(now, work, to, replies) : alone(now, work, to, replies);
    }

    /// Where a part ends that can be carried out in one go.
    private int firstRefused(Route now, Work work, int to) throws DiskFailedException {
        for (int i = work.carried; i < to; i++) {
            if (PartialChanges.isRefused(now, work, i, volume.sizeBytes())) {
                return i;
            }
        }
        return to;
    }

    private static boolean isCold(ReplicaStore store, Work work, int from, int to) {
        boolean isHot = true;
        for (int i = from; i < to; i++) {
            isHot &= store.touch(work.offset(i), work.length(i));
        }
        return !isHot;
    }

    /// Answers only when the thread is back: whoever carries on after it is lost begins with all of this.
    private Outcome alone(Route now, Work work, int to, Replies replies) {
        ReplicaStore store = now.local().orElseThrow();
        BitSet corrupt = new BitSet(0);
        int done = work.carried;
        work.disk.enter(0);
        try {
            for (; done < to; done++) {
                try {
                    write(store, work, done);
                } catch (CorruptBlocksException e) {
                    volume.reports().corrupt(String.valueOf(e.getMessage()));
                    work.spoil(done);
                    corrupt.set(done);
                }
                if (done < to - 1 && !work.disk.stay()) {
                    return Outcome.LOST;
                }
            }
        } catch (DiskFailedException e) {
            if (!work.disk.leave()) {
                return Outcome.LOST;
            }
            answer(work, done, corrupt, replies);
            return failedLocally(now, store, work, to, e, replies);
        }
        if (!work.disk.leave()) {
            return Outcome.LOST;
        }
        answer(work, to, corrupt, replies);
        return Outcome.DONE;
    }

    /// What was carried out before `to`, or found corrupt.
    private void answer(Work work, int to, BitSet corrupt, Replies replies) {
        for (int i = work.carried; i < to; i++) {
            if (corrupt.get(i)) {
                fail(work, i, i + 1, Failure.IO, replies);
            } else {
                answer(work, i, replies);
            }
        }
        work.carried = to;
    }

    private void answer(Work work, int i, Replies replies) {
        if (work.isPiece(i)) {
            return;
        }
        if (work.isDurable(i)) {
            volume.flushes().add(work.lane, work.request(i));
        } else {
            replies.done(work.lane, work.request(i));
        }
    }

    private void write(ReplicaStore store, Work work, int i) throws CorruptBlocksException, DiskFailedException {
        if (work.isWrite(i)) {
            store.write(work.offset(i), work.payload(i));
            volume.flushes().wrote(work.length(i));
        } else {
            store.zero(work.offset(i), work.length(i), work.mayPunch(i));
        }
    }

    private Outcome mirrored(Route now, Work work, int to, Replies replies) {
        int from = work.carried;
        PeerLink link = now.link().orElseThrow();
        Batch batch = new Batch(volume, work, from, to, now.needsLocal(), now.needsPeer());
        work.batch = Optional.of(batch);
        boolean isSent = link.send(batch, work, from, to);
        boolean isWritten = false;
        if (now.local().isPresent()) {
            ReplicaStore store = now.local().get();
            work.disk.enter(0);
            try {
                for (int i = from; i < to; i++) {
                    writeOrMend(now, store, link, work, i);
                    if (i < to - 1 && !work.disk.stay()) {
                        return Outcome.LOST;
                    }
                }
                isWritten = true;
            } catch (DiskFailedException e) {
                if (!work.disk.leave()) {
                    return Outcome.LOST;
                }
                volume.fail(now, store, e);
            }
            if (isWritten && !work.disk.leave()) {
                return Outcome.LOST;
            }
        }
        if (isWritten) {
            batch.confirm(MirrorSide.LOCAL, replies);
        }
        boolean isSafe = isWritten && now.needsLocal() && isSent && !batch.isPiece;
        isSafe = isSafe && link.unattend(batch, volume, now);
        return isSafe || batch.isSettled() ? Outcome.DONE : Outcome.UNSURE;
    }

    /// A block of which only a part is written must be good; if it is not, a peer that is in sync has it, with this
    /// write.
    private void writeOrMend(Route now, ReplicaStore store, PeerLink link, Work work, int i)
            throws DiskFailedException {
        try {
            write(store, work, i);
        } catch (CorruptBlocksException e) {
            if (!now.needsPeer()) {
                throw new DiskFailedException(0, "corrupt blocks, and no good copy: " + e.ranges(), e);
            }
            Mending.fromPeer(store, link, e.ranges(), work.offset(i), work.length(i), volume.sizeBytes());
            volume.reports().mended(e.ranges());
        }
    }

    /// The local disk refused before anything was sent, or there is no peer.
    private Outcome failedLocally(
            Route now, ReplicaStore store, Work work, int to, DiskFailedException e, Replies replies) {
        volume.fail(now, store, e);
        if (!volume.isMirrored()) {
            int from = work.carried;
            fail(work, from, Math.min(from + 1, to), e.isFull() ? Failure.NO_SPACE : Failure.IO, replies);
        }
        return Outcome.AGAIN;
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
    void seeThrough(Work work, Replies replies) {
        replies.end();
        Batch batch = work.batch.orElseThrow();
        Route then = work.route.orElseThrow();
        while (!batch.isSettled() && !batch.isCancelled()) {
            Route now = volume.route();
            boolean isAnother = now != then && !now.isHeld();
            boolean isLinked = then.link().isPresent() && now.uses(then.link().get());
            if (isAnother && isLinked && !now.needsLocal()) {
                batch.confirm(MirrorSide.LOCAL, replies);
                replies.end();
            } else if ((volume.isClosed() || isAnother) && batch.cancel()) {
                batch.end();
                work.batch = Optional.empty();
                return;
            }
            if (!batch.isSettled()) {
                volume.awaitChange(now);
            }
        }
        advance(work);
    }

    private void awaitRoom(Route now) {
        now.local().ifPresent(volume.reports()::logFull);
        volume.awaitChange(now);
    }

    private void touchCopies(Work work, int from, int to) {
        for (CopyRange copy : volume.copies()) {
            for (int i = from; i < to; i++) {
                copy.touch(work.offset(i), work.length(i));
            }
        }
    }
}
