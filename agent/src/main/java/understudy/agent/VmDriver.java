package understudy.agent;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.agent.QemuHost.Instance;
import understudy.api.Event.Severity;
import understudy.checkpoint.Channel;
import understudy.checkpoint.CheckpointStatistics;
import understudy.checkpoint.CheckpointStream;
import understudy.checkpoint.ImageStream;
import understudy.checkpoint.StreamOffer;
import understudy.link.Connection;
import understudy.model.Moment;
import understudy.model.Policy;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.network.Listener;
import understudy.protocol.EpochSender;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;
import understudy.protocol.Part;
import understudy.protocol.Step;
import understudy.protocol.ViewEffect;
import understudy.protocol.ViewInput;
import understudy.protocol.ViewMachine;
import understudy.protocol.ViewState;
import understudy.qemu.QemuCommand.Role;
import understudy.qemu.QmpEvent;

/// Carries out on this host what the [ViewMachine] decides for one VM.
///
/// One thread owns everything here and takes its work from a mailbox. Inputs come from the ledger, the peers, QEMU and
/// the streams; a failure of the environment becomes an input, too. It decides nothing.
final class VmDriver implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VmDriver.class);
    private static final int MAILBOX_MAX = 10_000;
    private static final int IN_FLIGHT_MAX = 3;
    private static final Duration DIAL = Duration.ofSeconds(1);
    private static final Duration ASK_AGAIN = Duration.ofMillis(200);

    /// How long a guest may take to shut down when it was asked to.
    private static final Duration GRACE = Duration.ofSeconds(30);

    private final AgentServices services;
    private final VmSpec spec;
    private final ViewMachine machine;
    private final CheckpointStatistics statistics = new CheckpointStatistics();
    private final LinkedBlockingQueue<Runnable> mailbox = new LinkedBlockingQueue<>(MAILBOX_MAX);
    private final AtomicBoolean tickPending = new AtomicBoolean();
    private final Thread owner;

    private ViewState state;
    private Optional<ActiveGuest> guest = Optional.empty();
    private Optional<StandbyGuest> standby = Optional.empty();
    private Optional<Offered> offered = Optional.empty();
    private Optional<Moment> killAt = Optional.empty();
    private Optional<Moment> askAgainAt = Optional.empty();
    private Optional<Instance> found = Optional.empty();

    private Optional<UUID> streamId = Optional.empty();
    private volatile Optional<CheckpointStream> stream = Optional.empty();
    private volatile long knownView;
    private volatile Optional<Double> progress = Optional.empty();
    private volatile String trouble = "";
    private volatile Part part = new Part.Idle();
    private volatile boolean closed;

    private record Offered(Channel channel, StreamOffer offer) {}

    VmDriver(AgentServices services, VmSpec spec) {
        this.services = services;
        this.spec = spec;
        this.machine = new ViewMachine(services.self(), ViewMachine.Timing.DEFAULT);
        this.state = machine.initial(now());
        this.owner = Thread.ofPlatform().daemon().name("vm-" + spec.name()).unstarted(this::run);
    }

    /// Looks for a QEMU of an earlier life, then begins to take work.
    void start() {
        owner.start();
    }

    VmSpec spec() {
        return spec;
    }

    // ---- what others tell, from any thread ------------------------------------------------------------------------

    void input(ViewInput input) {
        post(() -> step(input));
    }

    void tick(Moment now) {
        if (tickPending.compareAndSet(false, true)) {
            post(() -> {
                tickPending.set(false);
                onTick(now);
            });
        }
    }

    /// A host offers a stream. The channel is answered, and closed in the end, here.
    void offered(Connection from, Channel channel, StreamOffer offer) {
        post(() -> {
            offered.ifPresent(old -> old.channel.close());
            offered = Optional.of(new Offered(channel, offer));
            step(new ViewInput.StreamOffered(new Replica(from.peer(), from.peerLife()), offer.view()));
        });
    }

    /// Ends the guest without asking it, if it is to stop.
    void stopNow() {
        post(() -> killAt = killAt.isPresent() ? Optional.of(now()) : killAt);
    }

    VmReport report() {
        return DriverReport.of(spec, part, trouble, progress, stream.map(_ -> statistics.snapshot()));
    }

    /// Whether this host runs the VM, as far as it knows.
    boolean isActive() {
        return DriverReport.isActive(part);
    }

    /// Ends after the work that is waiting.
    void closeWhenDone() {
        post(() -> closed = true);
    }

    @Override
    public void close() {
        closed = true;
        owner.interrupt();
    }

    private void post(Runnable work) {
        if (!mailbox.offer(work)) {
            throw new IllegalStateException("the mailbox of " + spec.name() + " is full: its driver hangs");
        }
    }

    // ---- the owner thread -----------------------------------------------------------------------------------------

    private void run() {
        findGuest();
        while (!closed) {
            try {
                mailbox.take().run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void findGuest() {
        try {
            found = services.qemu().find(spec.id(), this::qemuEvent);
            if (found.isPresent()) {
                step(new ViewInput.GuestFound());
            }
        } catch (IOException e) {
            event("qemu-lost", Severity.ERROR, "a QEMU of an earlier life cannot be taken up: " + e.getMessage());
        }
    }

    private void onTick(Moment now) {
        if (killAt.filter(at -> now.compareTo(at) >= 0).isPresent()) {
            endGuest("it did not shut down in time");
            step(new ViewInput.GuestGone(now));
        }
        if (askAgainAt.filter(at -> now.compareTo(at) >= 0).isPresent()) {
            askAgainAt = Optional.empty();
            step(new ViewInput.ProposalUnanswered());
        }
        step(new ViewInput.Tick(now));
    }

    private void step(ViewInput input) {
        Step<ViewState, ViewEffect> step = machine.step(state, input);
        Part before = state.part();
        state = step.state();
        part = state.part();
        knownView = state.number();
        if (!before.getClass().equals(part.getClass())) {
            DriverReport.transition(spec.name(), before, state, input)
                    .ifPresent(t -> event(t.kind(), t.severity(), t.text()));
        }
        for (ViewEffect effect : step.effects()) {
            try {
                perform(effect);
            } catch (IOException e) {
                failed(effect, e);
                return;
            }
        }
    }

    private void perform(ViewEffect effect) throws IOException {
        LOG.debug("{}: {}", spec.name(), effect);
        switch (effect) {
            case ViewEffect.Propose(View view) -> propose(view);
            case ViewEffect.BootGuest() -> bootGuest();
            case ViewEffect.AdoptGuest() -> adoptGuest();
            case ViewEffect.KillGuest(String reason) -> endGuest(reason);
            case ViewEffect.ShutDownGuest() -> shutDownGuest();
            case ViewEffect.OpenGate() -> openGate();
            case ViewEffect.StartCopy(Replica to, long view) -> startCopy(to, view);
            case ViewEffect.MakeLastEpoch() -> stream.ifPresent(CheckpointStream::makeLast);
            case ViewEffect.RefuseSwitchover() ->
                event("switchover-refused", Severity.WARNING, "there is no standby that could go on");
            case ViewEffect.CloseStream() -> closeStream();
            case ViewEffect.AcceptStream() -> acceptStream();
            case ViewEffect.RefuseStream(String reason) -> refuseStream(reason);
            case ViewEffect.DropImage() -> dropImage();
            case ViewEffect.ResumeImage() -> resumeImage();
        }
    }

    /// A failure of the environment, as the machine knows it.
    private void failed(ViewEffect effect, IOException e) {
        String what = effect.getClass().getSimpleName();
        trouble = e.getMessage() == null ? e.toString() : e.getMessage();
        LOG.warn("{}: {} failed: {}", spec.name(), what, trouble, e);
        switch (effect) {
            case ViewEffect.BootGuest _, ViewEffect.AdoptGuest _, ViewEffect.OpenGate _ -> {
                event("start-failed", Severity.ERROR, trouble);
                endGuest("it could not be started");
                step(new ViewInput.GuestGone(now()));
            }
            case ViewEffect.ResumeImage _ -> {
                event("resume-failed", Severity.ERROR, "the image cannot be resumed: " + trouble);
                step(new ViewInput.GuestGone(now()));
            }
            case ViewEffect.StartCopy _, ViewEffect.MakeLastEpoch _ -> step(new ViewInput.StreamBroken(now()));
            case ViewEffect.AcceptStream _ -> {
                refuseStream(trouble);
                step(new ViewInput.ImageLost());
            }
            default -> event("failed", Severity.ERROR, what + ": " + trouble);
        }
    }

    // ---- the ledger -----------------------------------------------------------------------------------------------

    private void propose(View view) {
        askAgainAt = Optional.empty();
        var _ = services.ledger()
                .propose(new LedgerCommand.ChangeView(spec.id(), view.number() - 1, view))
                .whenComplete((answer, failure) -> post(() -> answered(view, Optional.ofNullable(answer), failure)));
    }

    private void answered(View view, Optional<LedgerAnswer> answer, @Nullable Throwable failure) {
        if (answer.isEmpty()) {
            LOG.info("{}: no answer to {}: {}", spec.name(), view, String.valueOf(failure));
            askAgainAt = Optional.of(now().plus(ASK_AGAIN));
            return;
        }
        switch (answer.get()) {
            case LedgerAnswer.Accepted(Optional<VmRecord> record) ->
                record.ifPresent(r -> step(new ViewInput.RecordLearnt(r)));
            case LedgerAnswer.Conflict(VmRecord current) -> step(new ViewInput.RecordLearnt(current));
            case LedgerAnswer.Refused(var problem) -> {
                event("proposal-refused", Severity.WARNING, view + ": " + problem.message());
                askAgainAt = Optional.of(now().plus(ASK_AGAIN));
            }
        }
    }

    // ---- the guest here -------------------------------------------------------------------------------------------

    private void bootGuest() throws IOException {
        services.qemu().fetchFiles(spec, services.peerNames());
        Instance instance = services.qemu().start(spec, Role.ACTIVE, this::qemuEvent);
        takeUp(instance);
        running();
    }

    private void adoptGuest() throws IOException {
        Instance instance = found.orElseThrow(() -> new IOException("the QEMU that was found is gone"));
        found = Optional.empty();
        takeUp(instance);
        running();
    }

    private void takeUp(Instance instance) throws IOException {
        guest = Optional.of(new ActiveGuest(instance, instance.handle(spec), connectPorts(instance)));
        watch(instance);
    }

    private GuestPorts connectPorts(Instance instance) throws IOException {
        Listener listener = new Listener() {
            @Override
            public void outputWaiting() {
                stream.ifPresent(CheckpointStream::outputWaiting);
            }

            @Override
            public void outputFull() {
                event("output-full", Severity.WARNING, "so much output waits for its commit that the guest must wait");
            }

            @Override
            public void uplinkFailed(String reason) {
                event("uplink-failed", Severity.WARNING, reason);
            }

            @Override
            public void guestGone(String reason) {
                LOG.debug("{}: a network card's socket closed: {}", spec.name(), reason);
            }
        };
        return GuestPorts.connect(spec.id(), spec.nics(), instance.process().directory(), services.bridge(), listener);
    }

    private void watch(Instance instance) {
        var _ = instance.qmp()
                .ended()
                .whenComplete((_, _) -> post(() -> {
                    if (guest.filter(g -> g.qmp() == instance.qmp()).isPresent()) {
                        event(
                                "qemu-died",
                                Severity.ERROR,
                                "QEMU ended: " + instance.process().lastWords());
                        endGuest("its QEMU ended");
                        step(new ViewInput.GuestGone(now()));
                    }
                }));
    }

    private void running() {
        trouble = "";
        post(() -> step(new ViewInput.GuestRunning(now())));
    }

    private void openGate() throws IOException {
        if (guest.isPresent()) {
            guest.get().run();
            guest.get().ports().open();
        }
        progress = Optional.empty();
    }

    private void shutDownGuest() throws IOException {
        if (guest.isEmpty()) {
            post(() -> step(new ViewInput.GuestGone(now())));
            return;
        }
        boolean off = guest.get().isShutDown();
        killAt = Optional.of(off ? now() : now().plus(GRACE));
        if (!off) {
            guest.get().pressPowerButton();
        }
    }

    private void endGuest(String reason) {
        killAt = Optional.empty();
        closeStream();
        Optional<ActiveGuest> ended = guest;
        guest = Optional.empty();
        try {
            if (ended.isPresent()) {
                LOG.info("{}: ends QEMU: {}", spec.name(), reason);
                ended.get().end();
            }
            if (found.isPresent()) {
                found.get().end();
                found = Optional.empty();
            }
        } catch (IOException e) {
            event("qemu-hangs", Severity.ERROR, e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }

    /// From QEMU's reader thread.
    private void qemuEvent(QmpEvent event) {
        if (event.isNamed("SHUTDOWN") && event.data().path("guest").asBoolean(false)) {
            post(() -> {
                event("guest-shut-down", Severity.INFO, "the guest switched itself off");
                var _ = services.ledger().propose(new LedgerCommand.SetWanted(spec.id(), false));
            });
        }
    }

    // ---- the copy, at the active ----------------------------------------------------------------------------------

    private void startCopy(Replica to, long view) throws IOException {
        ActiveGuest active = guest.orElseThrow(() -> new IOException("there is no guest to copy"));
        Connection connection = services.link().connect(to.host(), AgentServices.CHECKPOINTS, DIAL);
        if (!connection.peerLife().equals(to.life())) {
            connection.close();
            throw new IOException(to.host() + " was restarted");
        }
        StreamOffer offer = new StreamOffer(
                spec.id(), view, UUID.randomUUID(), spec.memory().bytes());
        Policy policy = spec.policy();
        CheckpointStream copy = new CheckpointStream(
                active.handle(),
                new Channel(new LinkWire(connection)),
                offer,
                active.ports(),
                new EpochSender(policy.pausedShareMax(), policy.period(), IN_FLIGHT_MAX),
                () -> knownView,
                services.config().verifyEvery(),
                statistics,
                copyListener(to, offer.stream()));
        progress = Optional.of(0.0);
        streamId = Optional.of(offer.stream());
        stream = Optional.of(copy);
        copy.start();
    }

    private CheckpointStream.Listener copyListener(Replica to, UUID id) {
        return new CheckpointStream.Listener() {
            @Override
            public void copied(double share) {
                progress = Optional.of(share);
            }

            @Override
            public void firstCommitted() {
                progress = Optional.empty();
                ofStream(id, () -> step(new ViewInput.CopyCommitted(to)));
            }

            @Override
            public void lastCommitted() {
                ofStream(id, () -> step(new ViewInput.LastEpochCommitted()));
            }

            @Override
            public void broken(String reason) {
                ofStream(id, () -> streamBroken(reason));
            }
        };
    }

    /// What a stream tells counts only while it is the one that is open: it may have been closed since.
    private void ofStream(UUID id, Runnable work) {
        post(() -> {
            if (streamId.equals(Optional.of(id))) {
                work.run();
            }
        });
    }

    private void streamBroken(String reason) {
        LOG.info("{}: the checkpoint stream ended: {}", spec.name(), reason);
        trouble = reason;
        if (reason.startsWith("VERIFY FAILED")) {
            event("verify-failed", Severity.ERROR, reason);
        }
        step(new ViewInput.StreamBroken(now()));
    }

    private void closeStream() {
        stream.ifPresent(CheckpointStream::close);
        stream = Optional.empty();
        streamId = Optional.empty();
        standby.ifPresent(StandbyGuest::closeStream);
    }

    // ---- the image, at the standby --------------------------------------------------------------------------------

    private void acceptStream() throws IOException {
        Offered it = offered.orElseThrow(() -> new IOException("the stream that was offered is gone"));
        offered = Optional.empty();
        streamId = Optional.of(it.offer.stream());
        if (it.offer.ramBytes() != spec.memory().bytes()) {
            ImageStream.refuse(it.channel, it.offer, "this VM has " + spec.memory() + " of RAM here");
            throw new IOException("a stream for " + it.offer.ramBytes() + " bytes of RAM was offered");
        }
        services.qemu().fetchFiles(spec, services.peerNames());
        Instance instance = services.qemu().start(spec, Role.STANDBY, this::qemuEvent);
        try {
            ImageStream image =
                    ImageStream.accept(instance.handle(spec), it.channel, it.offer, imageListener(it.offer.stream()));
            standby = Optional.of(new StandbyGuest(instance, instance.handle(spec), image));
        } catch (IOException e) {
            it.channel.close();
            instance.end();
            throw e;
        }
        var _ = instance.qmp().ended().whenComplete((_, _) -> post(() -> standbyEnded(instance)));
    }

    private void standbyEnded(Instance instance) {
        if (standby.filter(s -> s.handle().qmp() == instance.qmp()).isPresent()) {
            event(
                    "standby-died",
                    Severity.WARNING,
                    "the waiting QEMU ended: " + instance.process().lastWords());
            step(new ViewInput.ImageLost());
        }
    }

    private ImageStream.Listener imageListener(UUID id) {
        return new ImageStream.Listener() {
            @Override
            public void completed() {
                ofStream(id, () -> step(new ViewInput.ImageCompleted()));
            }

            @Override
            public void broken(String reason) {
                ofStream(id, () -> streamBroken(reason));
            }

            @Override
            public void lost(String reason) {
                post(() -> {
                    event("image-lost", Severity.ERROR, reason);
                    step(new ViewInput.ImageLost());
                });
            }
        };
    }

    private void refuseStream(String reason) {
        offered.ifPresent(it -> ImageStream.refuse(it.channel, it.offer, reason));
        offered = Optional.empty();
    }

    private void dropImage() throws IOException {
        Optional<StandbyGuest> dropped = standby;
        standby = Optional.empty();
        if (dropped.isPresent()) {
            dropped.get().end();
        }
    }

    private void resumeImage() throws IOException {
        StandbyGuest image = standby.orElseThrow(() -> new IOException("there is no image"));
        long began = System.nanoTime();
        GuestPorts ports = connectPorts(image.instance());
        try {
            guest = Optional.of(image.resume(ports));
        } catch (IOException e) {
            ports.close();
            throw e;
        }
        standby = Optional.empty();
        watch(image.instance());
        event(
                "resumed",
                Severity.INFO,
                "the guest goes on here; QEMU took %d ms".formatted((System.nanoTime() - began) / 1_000_000));
        step(new ViewInput.GuestRunning(now()));
        ports.announce();
    }

    private void event(String kind, Severity severity, String text) {
        services.happened(Optional.of(spec.name()), kind, severity, text);
    }

    private static Moment now() {
        return new Moment(System.nanoTime());
    }
}
