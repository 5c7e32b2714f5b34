package understudy.agent;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.agent.QemuHost.Instance;
import understudy.api.Event.Severity;
import understudy.checkpoint.Channel;
import understudy.checkpoint.CheckpointStatistics;
import understudy.checkpoint.CheckpointStream;
import understudy.checkpoint.GuestDisks;
import understudy.checkpoint.StreamOffer;
import understudy.link.Connection;
import understudy.model.Moment;
import understudy.model.Policy;
import understudy.model.Replica;
import understudy.protocol.EpochSender;
import understudy.protocol.PackingChoice;
import understudy.protocol.StandbyPace;
import understudy.protocol.ViewInput;
import understudy.qemu.QemuCommand.Role;
import understudy.qemu.QmpEvent;

/// The guest that this host runs, if it does, and the stream that copies it to the standby.
///
/// Threads: the driver's, save where a method says otherwise.
final class ActiveSide {
    private static final Logger LOG = LoggerFactory.getLogger(ActiveSide.class);
    private static final int IN_FLIGHT_MAX = 3;
    private static final Duration DIAL = Duration.ofSeconds(1);

    /// How long a guest may take to shut down when it was asked to.
    private static final Duration GRACE = Duration.ofSeconds(30);

    private final DriverDesk desk;
    private final Proposals proposals;
    private final VolumeHost volumes;
    private final GuestFailures failures;
    private final CheckpointStatistics statistics = new CheckpointStatistics();
    private Optional<Instance> found = Optional.empty();
    private Optional<ActiveGuest> guest = Optional.empty();
    private Optional<UUID> streamId = Optional.empty();
    private Optional<Moment> killAt = Optional.empty();
    private boolean killNow;
    private boolean mayBePaused;
    /// What was kept of the guest's writes is on its way to its disks, and its gate is to be opened then.
    private boolean isDraining;
    /// Its gate is to be opened when its disks are synced.
    private boolean isSyncing;
    /// It was booted, perhaps where another host's was before.
    private boolean isNew;

    private volatile Optional<CheckpointStream> stream = Optional.empty();
    private volatile Optional<Double> progress = Optional.empty();

    ActiveSide(DriverDesk desk, Proposals proposals, VolumeHost volumes) {
        this.desk = desk;
        this.volumes = volumes;
        this.proposals = proposals;
        this.failures = new GuestFailures(desk, proposals);
    }

    // ---- the guest ------------------------------------------------------------------------------------------------

    /// Looks for a QEMU of an earlier life of the agent.
    ///
    /// @return whether one runs the guest
    boolean find() throws IOException {
        found = desk.services().qemu().find(desk.spec().id(), this::qemuEvent);
        found.ifPresent(this::watch);
        return found.isPresent();
    }

    void boot() throws IOException {
        killNow = false;
        volumes.guestBegins();
        desk.services().qemu().fetchFiles(desk.spec(), desk.services().peerNames());
        // QEMU looks at its disks before it answers, and may do so only by a lease where another host could take over.
        desk.services().leases().of(desk.spec().id()).want(true);
        Instance instance = desk.services()
                .qemu()
                .start(desk.spec(), Role.ACTIVE, this::qemuEvent, it -> volumes.listen(it, Optional.empty()));
        takeUp(instance);
        watch(instance);
        isNew = true;
    }

    void adopt() throws IOException {
        Instance instance = found.orElseThrow(() -> new IOException("the QEMU that was found is gone"));
        found = Optional.empty();
        if (EpochDisks.isLost(instance.process().directory())) {
            instance.end();
            throw new IOException("what the guest wrote last was kept for its standby, and died with the agent");
        }
        mayBePaused = true;
        try {
            volumes.listen(instance.process().directory(), instance.disks());
        } catch (IOException e) {
            instance.end();
            throw e;
        }
        takeUp(instance);
    }

    /// A guest that was resumed from an image is this host's from here on.
    void take(ActiveGuest resumed) {
        guest = Optional.of(resumed);
        watch(resumed.instance());
    }

    private void takeUp(Instance instance) throws IOException {
        try {
            guest = Optional.of(new ActiveGuest(instance, instance.handle(desk.spec()), ports(instance)));
        } catch (IOException e) {
            instance.end();
            throw e;
        }
        volumes.sync(this::openIfSynced);
        desk.post(() -> desk.step(new ViewInput.GuestRunning(desk.now())));
    }

    /// The guest's network cards, on the host's bridge; nothing leaves them yet.
    GuestPorts ports(Instance instance) throws IOException {
        return GuestPorts.connect(
                desk.spec(),
                instance.process().directory(),
                desk.services().bridge(),
                () -> stream.ifPresent(CheckpointStream::outputWaiting),
                desk.services().leases().of(desk.spec().id()),
                desk);
    }

    /// From any thread: QEMU's end becomes an input, as long as that QEMU is the guest's.
    private void watch(Instance instance) {
        var _ = instance.qmp()
                .ended()
                .whenComplete((_, _) -> desk.post(() -> {
                    boolean isFound = found.filter(instance::equals).isPresent();
                    boolean isGuest =
                            guest.filter(g -> g.instance().equals(instance)).isPresent();
                    if (isFound || isGuest) {
                        desk.event(
                                "qemu-died",
                                Severity.ERROR,
                                "QEMU ended: " + instance.process().lastWords());
                        end("its QEMU ended");
                        failures.qemuDied();
                    }
                }));
    }

    /// Lets the guest run, and everything out as soon as all that it wrote is on its disks, and what it read there is
    /// durable.
    void openGate() {
        progress = Optional.empty();
        Optional<ActiveGuest> opened = guest;
        Optional<EpochDisks> kept = volumes.epochs().filter(it -> !it.isDirect());
        if (kept.isPresent()) {
            isDraining = true;
            kept.get()
                    .drain(() -> desk.post(() -> {
                        if (guest.equals(opened) && isDraining) {
                            open();
                        }
                    }));
        } else {
            isSyncing = true;
            openIfSynced();
        }
        runIfPaused();
    }

    private void openIfSynced() {
        if (isSyncing && volumes.isSynced()) {
            open();
        }
    }

    private void open() {
        isDraining = false;
        isSyncing = false;
        guest.ifPresent(active -> {
            active.ports().open();
            if (isNew) {
                active.ports().announce();
            }
        });
        isNew = false;
    }

    /// Whether nothing that the guest wrote is kept aside, and its gate is open where it was to be.
    private boolean isWritten() {
        return !isDraining && volumes.epochs().filter(it -> !it.isDirect()).isEmpty();
    }

    private void runIfPaused() {
        if (mayBePaused && guest.isPresent()) {
            try {
                if (guest.get().isShutDown()) {
                    proposals.guestIsOff();
                } else if (guest.get().isCrashed()) {
                    failures.crashed();
                } else {
                    guest.get().run();
                }
                mayBePaused = false;
            } catch (IOException e) {
                LOG.warn("{}: the guest does not run on yet: {}", desk.spec().name(), DriverDesk.reason(e));
            }
        }
    }

    /// Whether there is a guest that runs or could.
    boolean isThere() {
        return guest.isPresent();
    }

    void shutDown() {
        if (guest.isEmpty()) {
            desk.post(() -> desk.step(new ViewInput.GuestGone(desk.now())));
            return;
        }
        killAt = Optional.of(killNow ? desk.now() : desk.now().plus(GRACE));
        try {
            if (guest.get().isShutDown() || failures.trouble().isPresent()) {
                killAt = Optional.of(desk.now());
            } else {
                guest.get().pressPowerButton();
            }
        } catch (IOException e) {
            LOG.warn("{}: QEMU does not answer: {}", desk.spec().name(), DriverDesk.reason(e));
            killAt = Optional.of(desk.now());
        }
    }

    /// The guest is not asked when it is to stop, nor waited for any longer.
    void stopNow() {
        killNow = true;
        killAt = killAt.map(_ -> desk.now());
    }

    /// Nobody wants the VM to run.
    void forgetFailures() {
        failures.forget();
    }

    /// Ends QEMU and the stream; safe to repeat.
    void end(String reason) {
        killAt = Optional.empty();
        mayBePaused = false;
        isDraining = false;
        isSyncing = false;
        failures.over();
        closeStream();
        volumes.endListening();
        Optional<ActiveGuest> ended = guest;
        Optional<Instance> forgotten = found;
        guest = Optional.empty();
        found = Optional.empty();
        try {
            if (ended.isPresent()) {
                LOG.info("{}: ends QEMU: {}", desk.spec().name(), reason);
                ended.get().end();
            }
            if (forgotten.isPresent()) {
                forgotten.get().end();
            }
        } catch (IOException e) {
            desk.event("qemu-hangs", Severity.ERROR, DriverDesk.reason(e));
        }
    }

    void tick(Moment now) {
        boolean isDue = killAt.filter(at -> now.compareTo(isWritten() ? at : at.plus(GRACE)) >= 0)
                .isPresent();
        if (isDue) {
            end("it did not shut down in time");
            desk.step(new ViewInput.GuestGone(now));
        }
        if (proposals.isWantedAgain()) {
            failures.forget();
            end("its users want it again");
            desk.step(new ViewInput.GuestGone(now));
        }
        openIfSynced();
        stream.ifPresent(CheckpointStream::tick);
        if (failures.isResetDue(now)) {
            resetGuest();
        }
        if (streamId.isEmpty()) {
            runIfPaused();
        }
    }

    private void resetGuest() {
        try {
            if (guest.isPresent()) {
                guest.get().reset();
                failures.wasReset();
            }
        } catch (IOException e) {
            LOG.warn("{}: the guest cannot be reset yet: {}", desk.spec().name(), DriverDesk.reason(e));
            failures.resetLater();
        }
    }

    /// What keeps the guest from doing its work, if it failed by itself; from any thread.
    Optional<GuestFailures.Trouble> trouble() {
        return failures.trouble();
    }

    /// From QEMU's reader thread.
    void qemuEvent(QmpEvent event) {
        boolean isGuests = event.data().path("guest").asBoolean(false);
        if (event.isNamed("SHUTDOWN") && isGuests) {
            ofGuest(() -> {
                desk.event("guest-shut-down", Severity.INFO, "the guest switched itself off");
                proposals.guestIsOff();
            });
        } else if (event.isNamed("RESET") && isGuests) {
            ofGuest(failures::rebooted);
        } else if (event.isNamed("GUEST_PANICKED")) {
            ofGuest(failures::crashed);
        } else if (event.isNamed("WATCHDOG")) {
            ofGuest(failures::watchdogExpired);
        }
    }

    /// What QEMU tells counts while it is the guest's.
    private void ofGuest(Runnable work) {
        desk.post(() -> {
            if (guest.isPresent()) {
                work.run();
            }
        });
    }

    // ---- the copy -------------------------------------------------------------------------------------------------

    void startCopy(Replica to, long view) throws IOException {
        ActiveGuest active = guest.orElseThrow(() -> new IOException("there is no guest to copy"));
        if (!isWritten()) {
            throw new IOException("what was kept of the guest's writes is not on its disks yet");
        }
        if (isSyncing) {
            throw new IOException("what the guest's disks hold is not synced yet");
        }
        Connection connection = desk.services().link().connect(to.host(), AgentServices.CHECKPOINTS, DIAL);
        if (!connection.peerLife().equals(to.life())) {
            connection.close();
            throw new IOException(to.host() + " was restarted");
        }
        StreamOffer offer = new StreamOffer(
                desk.spec().id(), view, UUID.randomUUID(), desk.spec().memory().bytes());
        Policy policy = desk.spec().policy();
        CheckpointStream copy = new CheckpointStream(
                active.handle(),
                new Channel(new LinkWire(connection)),
                offer,
                active.ports(),
                volumes.epochs().<GuestDisks>map(it -> it).orElse(GuestDisks.NONE),
                new EpochSender(policy.pausedShareMax(), policy.period(), IN_FLIGHT_MAX),
                new PackingChoice(desk.services().config().packing()),
                StandbyPace.DEFAULT,
                desk::knownView,
                desk.services().config().verifyEvery(),
                statistics,
                listener(to, offer.stream()));
        progress = Optional.of(0.0);
        streamId = Optional.of(offer.stream());
        stream = Optional.of(copy);
        mayBePaused = true;
        copy.start();
    }

    void makeLastEpoch() {
        stream.ifPresent(CheckpointStream::makeLast);
    }

    void closeStream() {
        stream.ifPresent(CheckpointStream::close);
        stream = Optional.empty();
        streamId = Optional.empty();
        progress = Optional.empty();
    }

    /// Of the first copy; from any thread.
    Optional<Double> progress() {
        return progress;
    }

    /// While there is a stream; from any thread.
    Optional<CheckpointStatistics.Snapshot> statistics() {
        return stream.map(_ -> statistics.snapshot());
    }

    private CheckpointStream.Listener listener(Replica to, UUID id) {
        return new CheckpointStream.Listener() {
            @Override
            public void copied(double share) {
                progress = Optional.of(Math.min(1, share));
            }

            @Override
            public void firstCommitted() {
                progress = Optional.empty();
                ofStream(id, () -> desk.step(new ViewInput.CopyCommitted(to)));
            }

            @Override
            public void lastCommitted() {
                ofStream(id, () -> desk.step(new ViewInput.LastEpochCommitted()));
            }

            @Override
            public void broken(String reason) {
                ofStream(id, () -> streamBroken(reason));
            }

            @Override
            public void differs(String what) {
                desk.event("verify-failed", Severity.ERROR, what);
            }

            @Override
            public void tooSlow(String reason) {
                ofStream(id, () -> desk.standbyTooSlow(to, reason));
            }

            @Override
            public void guestFailed(String reason) {
                ofStream(id, () -> guestFailed(reason));
            }
        };
    }

    /// What a stream tells counts only while it is the one that is open.
    private void ofStream(UUID id, Runnable work) {
        desk.post(() -> {
            if (streamId.equals(Optional.of(id))) {
                work.run();
            }
        });
    }

    /// QEMU's death breaks its stream, too, and may be seen there first; then the standby has the better copy.
    private void streamBroken(String reason) {
        if (guest.filter(g -> !g.isAlive()).isPresent()) {
            guestFailed(reason);
            return;
        }
        if (progress.isPresent()) {
            desk.copyFailed(reason);
        } else {
            desk.event("stream-broken", Severity.INFO, "the checkpoint stream ended: " + reason);
        }
        desk.step(new ViewInput.StreamBroken(desk.now()));
    }

    /// QEMU did not do what a checkpoint needs. A standby with a whole image goes on better than a QEMU that
    /// hangs; where there is none, the guest may still be well.
    private void guestFailed(String reason) {
        boolean isCopied = progress.isEmpty();
        if (isCopied || guest.filter(g -> !g.isAlive()).isPresent()) {
            desk.event("guest-failed", Severity.ERROR, "QEMU failed a checkpoint: " + reason);
            end("it failed a checkpoint");
            failures.qemuDied();
        } else {
            desk.copyFailed("QEMU: " + reason);
            desk.step(new ViewInput.StreamBroken(desk.now()));
        }
    }
}
