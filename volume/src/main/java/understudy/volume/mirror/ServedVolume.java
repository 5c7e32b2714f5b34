package understudy.volume.mirror;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.protocol.InSync;
import understudy.protocol.MirrorEffect;
import understudy.protocol.MirrorInput;
import understudy.protocol.MirrorMachine;
import understudy.protocol.MirrorSide;
import understudy.protocol.MirrorState;
import understudy.protocol.Step;
import understudy.volume.Geometry;
import understudy.volume.Volume;
import understudy.volume.store.ByteRange;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.ReplicaStore;
import understudy.volume.store.StoreRefusedException;

/// A mirrored volume on the host that serves it: the [Volume] for its clients, and the driver of the machine
/// that decides how it is served ([MirrorMachine]).
///
/// One thread owns everything here; others put what happened into its mailbox. It decides nothing itself. What
/// may take as long as disks, links and ledgers do is done by threads of their own, or waited for no longer
/// than the deadline. A watchdog beside it finds what hangs.
public final class ServedVolume implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServedVolume.class);
    private static final int MAILBOX = 1 << 12;
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /// A disk that rots is told of now and then, and not block by block.
    private static final long TELL_NANOS = TimeUnit.SECONDS.toNanos(1);

    /// What it is and how it is to behave.
    ///
    /// @param volume     of which volume it serves replicas
    /// @param replica    the replica on this host
    /// @param boot       this start of this host
    /// @param isMirrored whether requests wait for a replica when there is none; else they fail
    /// @param deadline   a disk or a peer that leaves something unanswered for so long has failed
    /// @param retry      how long to wait before what failed is tried again
    /// @param patience   how long to wait for the peer's replica, if only that surely has all that was answered
    public record Options(
            String name,
            UUID volume,
            UUID replica,
            long sizeBytes,
            UUID boot,
            boolean isMirrored,
            Duration deadline,
            Duration retry,
            Duration patience) {}

    /// Opens the local replica, again and again if it fails.
    public interface LocalOpener {
        ReplicaStore open() throws StoreRefusedException, DiskFailedException;
    }

    /// Reaches the peer's host.
    public interface Dialer {
        MirrorWire dial() throws IOException;
    }

    private final Options options;
    private final MirrorObserver observer;
    private final Threads threads;
    private final MirrorMachine machine = new MirrorMachine();
    private final MirroredVolume volume;
    private final BlockingQueue<Runnable> mailbox = new LinkedBlockingQueue<>(MAILBOX);
    private final VolumeLedger ledger;
    private final boolean hasPeer;
    private final Proposals proposals;
    private final LocalSide local;
    private final PeerSide peer;
    private final Copying copying;
    private final Probes probes;
    private final Thread driver;
    private final Thread watchdog;
    private final CountDownLatch serving = new CountDownLatch(1);
    private MirrorState state = MirrorState.INITIAL;
    private Optional<VolumeView> view = Optional.empty();

    /// The replica on this host: the one that the options name, or one that was put in its place.
    private volatile UUID replica;

    private long patienceEnds;
    private volatile long knownView;
    private long heldSince;
    private boolean isHoldTold;
    private volatile boolean isClosing;

    /// Corrupt blocks that were repaired and of which nobody was told yet.
    private final LongAdder mended = new LongAdder();

    private long tellAt;

    /// Starts to serve as soon as a view of this life allows it.
    ///
    /// @param dialer the way to the peer; empty if there is none
    public ServedVolume(
            Options options,
            LocalOpener opener,
            Optional<Dialer> dialer,
            VolumeLedger ledger,
            MirrorObserver observer) {
        this(options, opener, dialer, ledger, observer, new MachineThreads());
    }

    ServedVolume(
            Options options,
            LocalOpener opener,
            Optional<Dialer> dialer,
            VolumeLedger ledger,
            MirrorObserver observer,
            Threads threads) {
        this.options = options;
        this.threads = threads;
        this.observer = observer;
        replica = options.replica();
        volume = new MirroredVolume(options.name(), options.sizeBytes(), options.isMirrored(), threads, new Reports());
        local = new LocalSide(this, options, opener);
        peer = new PeerSide(this, options, dialer);
        copying = new Copying(this, volume, options);
        probes = new Probes(this, options);
        this.ledger = ledger;
        this.hasPeer = dialer.isPresent();
        proposals = new Proposals(this, options, ledger);
        driver = threads.unstarted(options.name() + "-driver", this::drive);
        watchdog = threads.unstarted(options.name() + "-watchdog", this::watch);
    }

    /// Begins. Once.
    public void start() {
        patienceEnds = threads.now() + options.patience().toNanos();
        driver.start();
        watchdog.start();
        proposals.read();
        local.open();
        peer.start();
    }

    /// For the server of blocks.
    public Volume volume() {
        return volume;
    }

    /// Has all that was written before survive a loss of power on every replica in sync.
    ///
    /// @param done told when it does, from any thread; not if the volume is closed before
    public void sync(Runnable done) {
        new Sync(volume, done).begin();
    }

    /// Waits until requests are carried out.
    ///
    /// @return whether they are
    public boolean awaitServing(Duration time) throws InterruptedException {
        Threads.Wait<Boolean> wait = nanos -> serving.await(nanos, TimeUnit.NANOSECONDS);
        return threads.await(wait, time.toNanos(), false);
    }

    // ---- the mailbox ----------------------------------------------------------------------------------------

    /// Has the driver's thread do something. If its mailbox is full, waits: it is never full for long.
    void post(Runnable what) {
        boolean interrupted = false;
        while (driver.getState() != Thread.State.TERMINATED) {
            try {
                Threads.Wait<Boolean> wait = nanos -> mailbox.offer(what, nanos, TimeUnit.NANOSECONDS);
                if (threads.await(wait, TICK_NANOS, false)) {
                    break;
                }
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void drive() {
        while (!isClosing) {
            try {
                Threads.Wait<Optional<Runnable>> wait =
                        nanos -> Optional.ofNullable(mailbox.poll(nanos, TimeUnit.NANOSECONDS));
                threads.await(wait, TICK_NANOS, Optional.<Runnable>empty()).ifPresent(Runnable::run);
                tick();
            } catch (InterruptedException _) {
                return;
            } catch (RuntimeException e) {
                // A confused driver must not go on (style: fail stop and loud); requests wait from here on.
                volume.install(volume.route().held());
                LOG.error("{}: the driver failed", options.name(), e);
                observer.error("the volume's driver failed: " + e);
                return;
            }
        }
    }

    private void tick() {
        if (state.patient() && threads.now() > patienceEnds) {
            take(new MirrorInput.PatienceOver());
        }
        if (heldSince != 0
                && !isHoldTold
                && threads.now() - heldSince > options.deadline().toNanos()) {
            isHoldTold = true;
            observer.error("requests wait: " + (proposals.isReadable() ? "no replica in sync can be used" : "no view"));
        }
        if (threads.now() > tellAt) {
            tellAt = threads.now() + TELL_NANOS;
            tellOfMending();
        }
        local.tick();
        proposals.tick();
        probes.tick();
    }

    private void tellOfMending() {
        long blocks = mended.sumThenReset();
        if (blocks > 0) {
            observer.warning(
                    "the local replica had " + blocks + " corrupt blocks; they were repaired from the peer's replica");
        }
    }

    private void watch() {
        try {
            while (!isClosing) {
                threads.sleep(TICK_NANOS);
                long now = threads.now();
                long deadline = options.deadline().toNanos();
                if (options.isMirrored() && volume.rescueLost(now, deadline)) {
                    post(() -> local.failed(
                            "it has not answered for " + options.deadline().toMillis() + " ms"));
                }
                peer.watch(now, deadline);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- inputs ---------------------------------------------------------------------------------------------

    /// A view that this life did not ask for; of no effect if it knows a later one. From any thread, which does not
    /// wait.
    public void tell(VolumeView newest) {
        proposals.tell(newest);
    }

    /// Nobody is left who was told anything of the volume. From any thread.
    public void forgotten() {
        post(() -> take(new MirrorInput.Forgotten()));
    }

    /// A new view, from the ledger. On the driver's thread.
    void learn(VolumeView newest) {
        boolean isFirst = view.isEmpty();
        if (!isFirst && newest.number() <= number()) {
            return;
        }
        boolean hasLocal = newest.member(replica).isPresent();
        boolean hasOther = newest.memberBeside(replica).isPresent();
        view = Optional.of(newest);
        knownView = newest.number();
        InSync set = hasLocal ? hasOther ? InSync.BOTH : InSync.LOCAL : InSync.PEER;
        boolean isOwn = newest.proposal().equals(proposals.life());
        observer.info("view " + newest.number() + ": in sync " + describe(set));
        take(new MirrorInput.ViewLearnt(newest.number(), set, isOwn));
        if (isFirst) {
            local.viewKnown();
            peer.viewKnown();
        }
    }

    /// Whether any view has been learnt. Before that nobody can say whether a replica is whole.
    boolean knowsView() {
        return view.isPresent();
    }

    private static String describe(InSync set) {
        return switch (set) {
            case BOTH -> "both replicas";
            case LOCAL -> "the local replica only";
            case PEER -> "the peer's replica only";
        };
    }

    /// The newest view that was learnt; 0 if none. From any thread.
    long knownView() {
        return knownView;
    }

    /// The replica on this host. From any thread.
    UUID replica() {
        return replica;
    }

    /// Whether this may be the local replica: another one than before only while the view does not count on
    /// that. Then it is from here on.
    boolean takesLocal(UUID opened) {
        boolean isCounted = view.filter(now -> now.member(replica).isEmpty()).isEmpty();
        if (!opened.equals(replica) && isCounted) {
            return false;
        }
        if (!opened.equals(replica)) {
            observer.warning("replica " + opened + " is in the place of " + replica);
            replica = opened;
        }
        return true;
    }

    /// Whether this may be the peer's replica: the only one in sync must be the one that the view names.
    boolean takesPeer(UUID other) {
        boolean isOther = view.filter(now ->
                        now.member(replica).isEmpty() && now.member(other).isEmpty())
                .isPresent();
        if (isOther) {
            observer.error("the peer has replica " + other + ", but in sync is only "
                    + view.orElseThrow().inSync().getFirst().replica());
        }
        return !isOther;
    }

    void localReady() {
        boolean isWhole = view.flatMap(now -> now.member(replica))
                .filter(member -> !member.boot().equals(options.boot()))
                .isEmpty();
        take(new MirrorInput.ReplicaReady(MirrorSide.LOCAL, isWhole));
    }

    void peerReady(PeerLink link) {
        Optional<VolumeView.Member> other = view.flatMap(now -> now.memberBeside(replica));
        boolean isIt =
                other.filter(member -> member.replica().equals(link.replica())).isPresent();
        Optional<UUID> start = other.filter(_ -> isIt).map(VolumeView.Member::boot);
        boolean isSameStart = start.equals(Optional.of(link.peer().boot()));
        boolean isWhole = isSameStart && link.peer().whole();
        boolean isBehind = !isSameStart && !start.equals(Optional.of(VolumeView.UNKNOWN_BOOT)) && isIt;
        take(new MirrorInput.ReplicaReady(MirrorSide.PEER, isWhole, isBehind));
    }

    void take(MirrorInput input) {
        Step<MirrorState, MirrorEffect> step = machine.step(state, input);
        state = step.state();
        for (MirrorEffect effect : step.effects()) {
            LOG.debug("{}: {} -> {}", options.name(), input, effect);
            try {
                carryOut(effect);
            } catch (LostException e) {
                // The rest of the effects is void: what was lost leads to others.
                lose(e.side, String.valueOf(e.getMessage()));
                return;
            }
        }
    }

    private void lose(MirrorSide side, String why) {
        if (side == MirrorSide.LOCAL) {
            local.failed(why);
        } else {
            peer.failed(why);
        }
    }

    /// A replica failed while the driver wanted something of it.
    static final class LostException extends Exception {
        private static final long serialVersionUID = 1;
        private final MirrorSide side;

        LostException(MirrorSide side, String why) {
            super(why);
            this.side = side;
        }
    }

    // ---- effects --------------------------------------------------------------------------------------------

    private void carryOut(MirrorEffect effect) throws LostException {
        switch (effect) {
            case MirrorEffect.Hold() -> {
                volume.install(volume.route().held());
                heldSince = heldSince == 0 ? threads.now() : heldSince;
            }
            case MirrorEffect.Propose(long number, InSync set) -> proposals.propose(number, set, peer.member());
            case MirrorEffect.Track(MirrorSide side) -> track(side);
            case MirrorEffect.Serve(MirrorEffect.Role localRole, MirrorEffect.Role peerRole) ->
                serve(localRole, peerRole);
            case MirrorEffect.StartCopy(MirrorSide target) -> copying.start(target, local, peer, number());
            case MirrorEffect.StopCopy() -> copying.stop();
            case MirrorEffect.Settle() -> copying.settle(local, peer);
            case MirrorEffect.Forget(MirrorSide _) -> observer.wentBack(this);
            case MirrorEffect.Admit(MirrorSide _) -> {
                peer.tell(ViewMessage.Change.ADMIT, number());
                local.onDisk(store ->
                        store.record(store.standing().inSyncIn(number()).untracked()));
                copying.done();
                observer.info("both replicas are in sync");
            }
        }
    }

    private void track(MirrorSide side) throws LostException {
        if (side == MirrorSide.LOCAL) {
            Optional<UUID> partner = peer.known()
                    .filter(ledger::names)
                    .or(() -> view.flatMap(now -> now.memberBeside(replica)).map(VolumeView.Member::replica));
            local.onDisk(store -> {
                if (store.standing().tracking().isEmpty() && partner.isPresent()) {
                    store.startTracking(partner.get(), store.standing().view());
                } else if (store.standing().tracking().isEmpty() && hasPeer) {
                    // Whoever comes may lack what was written before it came.
                    store.trackForNobody();
                }
                Tracking.markLogged(store);
            });
        } else {
            peer.track();
        }
    }

    private void serve(MirrorEffect.Role localRole, MirrorEffect.Role peerRole) throws LostException {
        volume.serve(
                localRole == MirrorEffect.Role.ABSENT ? Optional.empty() : Optional.of(local.needed()),
                localRole,
                peerRole == MirrorEffect.Role.ABSENT ? Optional.empty() : Optional.of(peer.needed()),
                peerRole,
                2 * options.deadline().toNanos());
        serving.countDown();
        heldSince = 0;
        if (isHoldTold) {
            isHoldTold = false;
            observer.info("requests go on");
        }
    }

    private long number() {
        return view.map(VolumeView::number).orElse(0L);
    }

    /// What the data path reports.
    private final class Reports implements MirroredVolume.Reports {
        @Override
        public void localFailed(ReplicaStore store, String why) {
            post(() -> local.failed(store, why));
        }

        @Override
        public void logFull(ReplicaStore store) {
            copying.retire(store);
        }

        @Override
        public void corrupt(String what) {
            observer.error(what);
        }

        @Override
        public void mended(List<ByteRange> ranges) {
            mended.add(ranges.stream()
                    .mapToLong(range -> (range.length() + Geometry.BLOCK_BYTES - 1) / Geometry.BLOCK_BYTES)
                    .sum());
        }
    }

    void localFailed(ReplicaStore store, String why) {
        local.failed(store, why);
    }

    /// The replica that is copied to cannot be.
    void targetFailed(MirrorSide target, String why) {
        lose(target, why);
    }

    Threads threads() {
        return threads;
    }

    MirrorObserver observer() {
        return observer;
    }

    MirroredVolume mirrored() {
        return volume;
    }

    boolean isClosing() {
        return isClosing;
    }

    /// How the resync goes, if one is under way.
    public Optional<ResyncProgress> resync() {
        return copying.progress();
    }

    /// Reads everything on both sides, compares, and mends. Takes as long as that takes; any thread.
    ///
    /// @param progress is told the share that is done, in [0, 1), on the calling thread
    /// @throws IOException if it came to no end
    public ScrubReport scrub(DoubleConsumer progress) throws IOException {
        return new Scrub(volume, copying.pace(), () -> isClosing, observer, progress).run();
    }

    public void limitResync(long bytesPerSecond) {
        copying.pace().limit(bytesPerSecond);
    }

    public void pauseResync(boolean is) {
        copying.pace().pause(is);
    }

    /// Whether both replicas are in sync and serve.
    public boolean isProtected() {
        return volume.route().needsBoth()
                && !volume.route().isHeld()
                && copying.progress().isEmpty();
    }

    /// The peer's host is known to be lost: its replica is given up now, and not when it has left something
    /// unanswered for too long. If it is there all the same, it comes back, and misses little. From any thread;
    /// may wait for what the driver is at.
    public void peerLost() {
        peer.failed("its host is lost");
    }

    /// Another host has come in the place of the peer's: its replica is let go of, and no link to it that is on its way
    /// counts. The ledger is read anew then. From any thread; may wait for what the driver is at.
    public void peerReplaced() {
        post(() -> {
            peer.replaced();
            proposals.read();
        });
    }

    /// Whether requests wait for a replica or a view.
    public boolean isWaiting() {
        return volume.route().isHeld();
    }

    /// Carries nothing out any more, makes everything durable where it can, and closes the local replica. What
    /// is not answered by then is answered as shutting down.
    ///
    /// Waits for the local disk: for its last flush up to ten deadlines, then for ever. The link to the peer has
    /// ended before that.
    ///
    /// @throws DiskFailedException if the local replica is left as after a crash
    @Override
    public void close() throws DiskFailedException {
        copying.stop();
        Route last = volume.route();
        isClosing = true;
        joined(driver);
        joined(watchdog);
        volume.close();
        Optional<Boolean> flushed =
                copying.lastFlush(last, 10 * options.deadline().toNanos());
        peer.close();
        proposals.close();
        if (flushed.isPresent()) {
            local.close(flushed.get());
        } else {
            local.abandon();
            throw new DiskFailedException(0, "its last flush was not answered");
        }
    }

    /// As if the process were killed, for tests: nothing is answered, made durable or closed any more.
    void kill() {
        isClosing = true;
        joined(driver);
        joined(watchdog);
        volume.kill();
        peer.close();
        proposals.close();
        local.abandon();
    }

    private static void joined(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
