package understudy.volume.mirror;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.protocol.MirrorEffect.Role;
import understudy.protocol.MirrorInput;
import understudy.protocol.MirrorSide;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.ReplicaStore;
import understudy.volume.store.Retirement;
import understudy.volume.store.Standing;

/// What moves data beside the clients of a served volume: resync, flushes of both sides, retirement of the log.
final class Copying {
    private static final Logger LOG = LoggerFactory.getLogger(Copying.class);
    private static final int RETIRED_MAX = 256;

    private final ServedVolume served;
    private final MirroredVolume volume;
    private final ServedVolume.Options options;
    private final Pace pace;
    private final AtomicReference<Optional<ReplicaStore>> retiring = new AtomicReference<>(Optional.empty());
    private volatile Optional<Resync> job = Optional.empty();

    /// The local replica's log says where it may differ from the source, until the source has marks for it
    /// (design, section 3.1, rule 4).
    private volatile boolean isLogKept;

    Copying(ServedVolume served, MirroredVolume volume, ServedVolume.Options options) {
        this.served = served;
        this.volume = volume;
        this.options = options;
        pace = new Pace(volume.traffic());
    }

    Pace pace() {
        return pace;
    }

    Optional<ResyncProgress> progress() {
        return job.map(Resync::progress);
    }

    // ---- resync ---------------------------------------------------------------------------------------------

    /// Copies to `target` what it misses, by the present route, which has it follow.
    ///
    /// @param view names a copy of everything, if it comes to that
    void start(MirrorSide target, LocalSide local, PeerSide peer, long view) throws ServedVolume.LostException {
        ReplicaStore store = local.needed();
        PeerLink link = peer.needed();
        Route route = volume.route();
        LocalEndpoint here = new LocalEndpoint(store);
        PeerEndpoint there = new PeerEndpoint(link);
        Standing theirs = peer.standing();
        isLogKept = target == MirrorSide.LOCAL;
        Resync.Preparation preparation = target == MirrorSide.PEER
                ? () -> prepareForPeer(route, here, there, link, theirs, view)
                : () -> prepareForLocal(route, here, there, theirs, view);
        Resync resync = new Resync(
                volume,
                route,
                target == MirrorSide.PEER ? here : there,
                target == MirrorSide.PEER ? there : here,
                preparation,
                pace,
                new Outcome(target, store, link));
        job = Optional.of(resync);
        served.observer().info("resync of the " + name(target) + " begins");
        served.threads().start(options.name() + "-resync", resync);
    }

    private static String name(MirrorSide side) {
        return side == MirrorSide.LOCAL ? "local replica" : "peer's replica";
    }

    /// The marks of the source and the log of the joiner say where they may differ, if the source began to mark
    /// when this joiner was last in sync, and knows of no other joiner since; else everything may differ. (A
    /// joiner that was copied to in full before goes on with that: both know the copy by the same number.)
    ///
    /// What the log of the joiner says is with the source, durably, before the joiner may retire any of it.
    private boolean prepareForPeer(
            Route route, LocalEndpoint here, PeerEndpoint there, PeerLink link, Standing theirs, long view)
            throws IOException {
        ReplicaStore store = here.store();
        Optional<Standing.Tracking> tracking = store.standing().tracking();
        boolean fits = tracking.equals(Optional.of(new Standing.Tracking(link.replica(), theirs.view())));
        if (fits) {
            int[] logged = there.logged();
            volume.locked(route, () -> {
                for (int extent : logged) {
                    here.mark(extent);
                }
                store.markWrites(false);
                return store;
            });
            here.persistMarks();
        } else {
            volume.locked(route, () -> {
                Tracking.all(store, link.replica(), view);
                store.markWrites(false);
                return store;
            });
        }
        there.tell(
                fits
                        ? new ViewMessage(ViewMessage.Change.FOLLOW, theirs.view(), served.replica())
                        : new ViewMessage(ViewMessage.Change.FOLLOW_IN_FULL, view, served.replica()),
                options.deadline().toNanos());
        return !fits;
    }

    private boolean prepareForLocal(Route route, LocalEndpoint here, PeerEndpoint there, Standing theirs, long view)
            throws IOException {
        ReplicaStore store = here.store();
        Standing mine = store.standing();
        boolean fits = theirs.tracking().equals(Optional.of(new Standing.Tracking(served.replica(), mine.view())));
        long deadline = options.deadline().toNanos();
        if (fits) {
            for (int extent : here.logged()) {
                there.mark(extent);
            }
            there.persistMarks();
        } else {
            there.tell(new ViewMessage(ViewMessage.Change.TRACK_ALL, view, served.replica()), deadline);
        }
        there.tell(new ViewMessage(ViewMessage.Change.MARK_NO_WRITES, view, served.replica()), deadline);
        volume.locked(route, () -> {
            store.record(new Standing(fits ? mine.view() : view, false, !fits || mine.full(), Optional.empty()));
            return store;
        });
        isLogKept = false;
        return !fits;
    }

    private final class Outcome implements Resync.Outcome {
        private final MirrorSide target;
        private final ReplicaStore store;
        private final PeerLink link;

        Outcome(MirrorSide target, ReplicaStore store, PeerLink link) {
            this.target = target;
            this.store = store;
            this.link = link;
        }

        @Override
        public void caughtUp(Resync resync) {
            served.post(() -> {
                if (isPresent(resync)) {
                    served.take(new MirrorInput.CopyCaughtUp());
                }
            });
        }

        @Override
        public void stopped(Resync resync, String why) {
            served.post(() -> {
                if (!isPresent(resync)) {
                    return;
                }
                served.observer().warning("the resync stopped: " + why);
                job = Optional.empty();
                if (store.failure().isPresent()) {
                    served.localFailed(store, why);
                } else if (target == MirrorSide.PEER || !link.isBroken()) {
                    served.targetFailed(target, why);
                }
            });
        }
    }

    /// Whether it is the one that counts: an earlier one may end late.
    private boolean isPresent(Resync resync) {
        return job.isPresent() && job.get() == resync;
    }

    void stop() {
        job.ifPresent(Resync::stop);
        job = Optional.empty();
    }

    /// The copy has nothing left: all that was written on either side becomes durable on both.
    void settle(LocalSide local, PeerSide peer) throws ServedVolume.LostException {
        ReplicaStore store = local.needed();
        PeerLink link = peer.needed();
        Optional<Resync> mine = job;
        served.threads().start(options.name() + "-settle", () -> {
            try {
                store.sync();
                new PeerEndpoint(link).flush();
                served.post(() -> {
                    if (job.equals(mine) && mine.isPresent()) {
                        served.take(new MirrorInput.Settled());
                    }
                });
            } catch (DiskFailedException e) {
                served.post(() -> served.localFailed(store, String.valueOf(e.getMessage())));
            } catch (IOException e) {
                LOG.debug("{}: not settled: {}", options.name(), e.getMessage());
            }
        });
    }

    /// The replica that was let in has come far enough.
    void done() {
        job = Optional.empty();
    }

    // ---- the activity log -----------------------------------------------------------------------------------

    /// Takes extents out of the local replica's log, on a thread of its own, unless one is at it.
    void retire(ReplicaStore store) {
        Optional<ReplicaStore> busy = retiring.get();
        boolean isBusy = busy.isPresent() && busy.get() == store;
        if (!isBusy && retiring.compareAndSet(busy, Optional.of(store))) {
            served.threads().start(options.name() + "-retirer", () -> {
                retireSome(store);
                retiring.updateAndGet(now -> now.isPresent() && now.get() == store ? Optional.empty() : now);
            });
        }
    }

    /// An extent is retired only when its content is durable on every replica that gets writes: on those in
    /// sync, because they are equal then; on one that follows, because nothing else would say that it may lack
    /// it.
    private void retireSome(ReplicaStore store) {
        Route route = volume.route();
        boolean isFollowing = route.localRole() == Role.FOLLOWING;
        if (route.isHeld() || route.local().filter(now -> now == store).isEmpty() || (isFollowing && isLogKept)) {
            return;
        }
        try {
            Retirement retirement = volume.locked(route, () -> store.startRetirement(RETIRED_MAX));
            store.sync();
            if (route.link().isPresent()) {
                new PeerEndpoint(route.link().get()).flush();
            }
            retirement.persist();
            volume.locked(route, retirement::finish);
        } catch (DiskFailedException e) {
            served.post(() -> served.localFailed(store, String.valueOf(e.getMessage())));
        } catch (IOException e) {
            LOG.debug("{}: nothing retired: {}", options.name(), e.getMessage());
        }
    }

    /// At the end, when no request is carried out any more.
    ///
    /// @return whether every replica in sync has durably what the local one has; empty if a disk hangs
    Optional<Boolean> lastFlush(Route last, long nanos) {
        CompletableFuture<Boolean> flushed = new CompletableFuture<>();
        served.threads().start(options.name() + "-last-flush", () -> flushed.complete(lastFlush(last)));
        try {
            return served.threads().await(flushed, nanos) ? Optional.of(flushed.join()) : Optional.empty();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private boolean lastFlush(Route last) {
        if (last.isHeld() || last.local().isEmpty() || !last.needsLocal()) {
            return false;
        }
        try {
            last.local().get().sync();
            if (last.needsPeer()) {
                new PeerEndpoint(last.link().orElseThrow()).flush();
            }
            return true;
        } catch (IOException e) {
            LOG.warn("{}: the last flush failed: {}", options.name(), e.getMessage());
            return false;
        }
    }
}
