package understudy.agent;

import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.api.Event.Severity;
import understudy.api.ResyncTerms;
import understudy.api.VmState;
import understudy.api.VolumePieces;
import understudy.checkpoint.Channel;
import understudy.checkpoint.StreamOffer;
import understudy.link.Connection;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.Moment;
import understudy.model.Problem;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.model.VolumeId;
import understudy.protocol.Part;
import understudy.protocol.PeerState;
import understudy.protocol.Step;
import understudy.protocol.ViewEffect;
import understudy.protocol.ViewInput;
import understudy.protocol.ViewMachine;
import understudy.protocol.ViewState;

/// Carries out on this host what the [ViewMachine] decides for one VM.
///
/// One thread owns everything here and takes its work from a mailbox. Inputs come from the ledger, the peers,
/// QEMU and the streams; a failure of the environment becomes an input, too.
final class VmDriver implements DriverDesk, StreamOffers.Taker, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VmDriver.class);
    private static final int MAILBOX_MAX = 10_000;
    private static final int EXIT_BROKEN = 70;

    /// How long an offer waits for the ledger to tell this host of the view that it is of.
    private static final Duration LEARN = Duration.ofSeconds(5);

    /// The first one takes a round trip to come; that is no news.
    private static final Duration LEASE_MISSING_MAX = Duration.ofMillis(500);

    private final AgentServices services;
    private final ViewMachine machine;
    private final Proposals proposals;
    private final ActiveSide active;
    private final StandbySide standby;
    private final VolumeHost volumes;
    private final VolumeWork work;
    private final UnaskedScrubs scrubs;
    private final PairSearch search;
    private final Exports exports;
    private final LinkedBlockingQueue<Runnable> mailbox = new LinkedBlockingQueue<>(MAILBOX_MAX);
    private final AtomicBoolean tickPending = new AtomicBoolean();
    private final Thread owner;

    private final VmLease lease;
    private Optional<Moment> leaseMissing = Optional.empty();
    private boolean leaseLossTold;
    private Optional<Outwaiting> outwaiting = Optional.empty();
    private ViewState state;
    private Optional<Early> early = Optional.empty();
    private Optional<Boolean> votesEnough = Optional.empty();
    private final CopyAttempts copies = new CopyAttempts();
    private volatile DriverReport.Outlook outlook = new DriverReport.Outlook(false, false, true);
    /// As the ledger has it: disks grow, levels change, and other hosts come.
    private volatile VmSpec spec;
    /// Whom this driver is told of.
    private volatile Optional<HostName> other;
    private volatile long knownView;
    private volatile String trouble = "";
    private volatile Part part = new Part.Idle();
    private volatile boolean waits;
    private volatile boolean closed;

    /// A stream that was offered under a view that is not known here yet: the active is told of a view first.
    private record Early(ViewInput.StreamOffered input, Moment until) {}

    /// A former active's lease that may still run; until when that is, on this host's clock.
    private record Outwaiting(long view, Moment until) {}

    VmDriver(AgentServices services, VmSpec spec) {
        this.services = services;
        this.spec = spec;
        this.other = spec.otherThan(services.self().host());
        this.machine = new ViewMachine(
                services.self(),
                ViewMachine.Timing.of(
                        services.config().loseAfter(), services.leases().timing()));
        this.lease = services.leases().of(spec.id());
        this.state = machine.initial(now());
        this.proposals = new Proposals(this);
        this.work = new VolumeWork(this, services.config().data().resolve("scrubs"));
        this.scrubs = new UnaskedScrubs(this, work, InstantSource.system());
        this.volumes = new VolumeHost(this, work);
        this.search = new PairSearch(
                this,
                services.self(),
                new PairSearch.Cluster(services.ledger(), services.isUp(), services.room()),
                services.config().pairAfter(),
                () -> volumes.isComing() || part instanceof Part.Copying,
                volumes::isWaiting);
        this.exports = new Exports(volumes, services.self().host());
        this.active = new ActiveSide(this, proposals, volumes);
        this.standby = new StandbySide(this, active, volumes);
        this.owner = Thread.ofPlatform().daemon().name("vm-" + spec.name()).unstarted(this::run);
    }

    /// Looks for a QEMU of an earlier life, then begins to take work.
    void start() {
        owner.start();
    }

    // ---- what others tell, from any thread ------------------------------------------------------------------------

    void input(ViewInput input) {
        if (input instanceof ViewInput.RecordLearnt(VmRecord record)) {
            exports.learnt(record);
        }
        post(() -> step(input));
    }

    /// The VM's other host, from here on: what is told is about that one. By one thread at a time, before it tells of
    /// the change.
    ///
    /// @return whether it was another one
    boolean other(Optional<HostName> now) {
        boolean isNew = !now.equals(other);
        other = now;
        return isNew;
    }

    boolean isPairedWith(HostName host) {
        return other.filter(host::equals).isPresent();
    }

    /// The VM's other host is silent. Its volumes hear of it at once, whatever the driver is at.
    void peerLost(Moment at, boolean closed) {
        volumes.peerLost();
        input(new ViewInput.PeerLost(at, closed));
    }

    /// From one thread only.
    ///
    /// @param without whether those voters that are there would still be a majority without a host
    void votes(Predicate<HostName> without, Moment now) {
        Optional<Boolean> enough = spec.otherThan(services.self().host()).map(without::test);
        if (!enough.equals(votesEnough)) {
            votesEnough = enough;
            enough.ifPresent(is -> input(new ViewInput.VotesCounted(is, now)));
        }
    }

    /// @param held whether it is not its turn to start
    void tick(Moment now, boolean held) {
        if (tickPending.compareAndSet(false, true)) {
            post(() -> {
                tickPending.set(false);
                active.tick(now);
                volumes.tick();
                scrubs.tick(now, volumes::serving);
                boolean isWanted = state.known().filter(VmRecord::wanted).isPresent();
                proposals.tick(now, state.known());
                volumes.letGoOfPeer(state.known().flatMap(VmRecord::replaced).isPresent());
                state.known().ifPresent(known -> search.tick(known, state.peer() instanceof PeerState.Up, now));
                if (!isWanted) {
                    active.forgetFailures();
                }
                leaseTick(now);
                waits = held && state.isAboutToBegin();
                if (!waits) {
                    step(new ViewInput.Tick(now));
                }
            });
        }
    }

    private void leaseTick(Moment now) {
        Optional<Outwaiting> over = outwaiting.filter(it -> now.compareTo(it.until) >= 0);
        if (over.isPresent()) {
            outwaiting = Optional.empty();
            step(new ViewInput.LeaseOutwaited(over.get().view));
        }
        lease.want(active.isThere());
        if (lease.mayGoOn() || !active.isThere()) {
            leaseMissing = Optional.empty();
            if (leaseLossTold) {
                leaseLossTold = false;
                event("lease-back", Severity.INFO, spec.name() + " is not cut off any more");
            }
            return;
        }
        services.leases().missed();
        leaseMissing = leaseMissing.or(() -> Optional.of(now));
        if (!leaseLossTold && now.since(leaseMissing.orElseThrow()).compareTo(LEASE_MISSING_MAX) > 0) {
            leaseLossTold = true;
            event("lease-lost", Severity.WARNING, spec.name() + " is cut off from the world: its host has no lease");
        }
    }

    @Override
    public void offered(Connection from, Channel channel, StreamOffer offer) {
        post(() -> {
            Replica host = new Replica(from.peer(), from.peerLife());
            standby.offered(host, channel, offer);
            early = Optional.of(new Early(new ViewInput.StreamOffered(host, offer.view()), now().plus(LEARN)));
        });
    }

    /// Lets the machine decide on an offer as soon as the offer's view is known here, or time is over.
    private void considerOffer() {
        Optional<Early> ripe =
                early.filter(it -> state.number() >= it.input.number() || now().compareTo(it.until) >= 0);
        if (ripe.isPresent()) {
            early = Optional.empty();
            step(ripe.get().input);
        }
    }

    /// The other host's mirror comes; returns when it has left.
    void mirrored(Connection from, VolumeId volume) {
        volumes.accept(from, volume);
    }

    /// Answers a question about a volume, on a thread that may wait for disks.
    ///
    /// @throws Problem.Refused if it cannot be done
    void answer(VolumeQuestion question) {
        switch (question) {
            case VolumeQuestion.CheckGrowth(VmId _, VolumeId volume, ByteSize size) ->
                volumes.checkGrowth(volume, size);
            case VolumeQuestion.CheckRoom _ ->
                throw new IllegalArgumentException("of a VM that is there already: " + question);
            case VolumeQuestion.BeginScrub(VmId _, VolumeId volume) -> work.scrub(volume, volumes::serving);
            case VolumeQuestion.ChangeResync(VmId _, VolumeId volume, ResyncTerms terms) ->
                work.resync(volume, terms, volumes::serving);
        }
    }

    /// Sends all that a volume of the stopped VM holds, on a thread that may wait for disks.
    ///
    /// @throws Problem.Refused if it cannot be done
    /// @throws IOException     if the sink throws it
    void export(VolumeId volume, VolumePieces.Sink sink) throws IOException {
        exports.send(volume, sink);
    }

    /// Ends the guest without asking it, when it is to stop.
    void stopNow() {
        post(active::stopNow);
    }

    VmReport report() {
        VmReport report = DriverReport.of(
                spec,
                part,
                trouble,
                copies.told(),
                outlook,
                active.progress(),
                active.statistics(),
                volumes.reports(),
                volumes.replicas());
        if (waits) {
            return report.in(VmState.STARTING, "it waits for its turn: VMs of a lower start order come first");
        }
        return active.trouble().map(it -> report.in(it.state(), it.reason())).orElse(report);
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

    @Override
    public VmSpec spec() {
        return spec;
    }

    @Override
    public AgentServices services() {
        return services;
    }

    @Override
    public long knownView() {
        return knownView;
    }

    @Override
    public Part part() {
        return part;
    }

    @Override
    public boolean hasOpenProposal() {
        return state.outstanding().isPresent();
    }

    /// A driver that does not take its work any more holds a VM whose state nobody knows: the agent ends, which
    /// is a fault that the other hosts handle.
    @Override
    public void post(Runnable work) {
        if (!mailbox.offer(work)) {
            LOG.error("{}: the driver hangs, {} pieces of work wait; the agent ends", spec.name(), MAILBOX_MAX);
            Runtime.getRuntime().halt(EXIT_BROKEN);
        }
    }

    @Override
    public void standbyTooSlow(Replica standby, String reason) {
        boolean _ = copies.failed(reason);
        event(
                "standby-too-slow",
                Severity.WARNING,
                "%s goes on without its standby %s: %s; it is copied again after a rest"
                        .formatted(spec.name(), standby.host(), reason));
        step(new ViewInput.StandbyTooSlow(now()));
    }

    @Override
    public void copyFailed(String reason) {
        boolean isToBeTold = copies.failed(reason);
        if (isToBeTold) {
            event(
                    "copy-failed",
                    Severity.WARNING,
                    "%s could not be copied to its standby; %s".formatted(spec.name(), copies.told()));
        } else {
            LOG.info("{}: not copied: {}", spec.name(), copies.told());
        }
    }

    @Override
    public void event(String kind, Severity severity, String text) {
        services.happened(Optional.of(spec.name()), kind, severity, text);
    }

    // ---- the owner thread -----------------------------------------------------------------------------------------

    private void run() {
        try {
            if (active.find()) {
                step(new ViewInput.GuestFound());
            }
            services.words().of(spec.id()).ifPresent(this::step);
            while (!closed) {
                mailbox.take().run();
                considerOffer();
            }
            volumes.close();
        } catch (IOException e) {
            event("qemu-lost", Severity.ERROR, "a QEMU of an earlier life cannot be ended: " + DriverDesk.reason(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void step(ViewInput input) {
        Step<ViewState, ViewEffect> step = machine.step(state, input);
        ViewState was = state;
        Part before = state.part();
        state = step.state();
        part = state.part();
        outlook = DriverReport.Outlook.of(state);
        spec = state.known().map(VmRecord::spec).orElse(spec);
        if (part instanceof Part.Protected || part instanceof Part.Idle || !outlook.isCopied()) {
            copies.forget();
        }
        knownView = state.number();
        // Before anything is asked for that would let another host take over.
        lease.need(state.needsLease(services.self()));
        if (!before.getClass().equals(part.getClass())) {
            DriverReport.transition(spec.name(), before, state, input)
                    .ifPresent(t -> event(t.kind(), t.severity(), t.text()));
        }
        DriverReport.grant(was, state, services.self()).ifPresent(t -> event(t.kind(), t.severity(), t.text()));
        Optional<Runnable> failure = Optional.empty();
        for (ViewEffect effect : step.effects()) {
            if (failure.isEmpty() || isWord(effect)) {
                try {
                    perform(effect);
                } catch (IOException e) {
                    failure = Optional.of(() -> failed(effect, e));
                }
            }
        }
        failure.ifPresent(Runnable::run);
    }

    /// What is written down or asked for is so whatever fails here: the machine does not say it again.
    private static boolean isWord(ViewEffect effect) {
        return effect instanceof ViewEffect.Propose
                || effect instanceof ViewEffect.RecordAlone
                || effect instanceof ViewEffect.EraseAlone;
    }

    private void perform(ViewEffect effect) throws IOException {
        LOG.debug("{}: {}", spec.name(), effect);
        switch (effect) {
            case ViewEffect.Propose(View view) -> proposals.propose(view);
            case ViewEffect.ApplyInSync(View view) ->
                volumes.learnt(state.known().orElseThrow().withView(view));
            case ViewEffect.RecordAlone(VmRecord known) ->
                services.words()
                        .write(
                                known,
                                () -> input(
                                        new ViewInput.AloneRecorded(known.view().number())));
            case ViewEffect.EraseAlone() -> services.words().erase(spec.id(), () -> input(new ViewInput.AloneErased()));
            case ViewEffect.RemoveReplicas() -> volumes.remove();
            case ViewEffect.BootGuest() -> active.boot();
            case ViewEffect.OutwaitLease(long view) ->
                outwaiting = Optional.of(new Outwaiting(
                        view, now().plus(services.leases().timing().outwait())));
            case ViewEffect.AdoptGuest() -> active.adopt();
            case ViewEffect.KillGuest(String reason) -> active.end(reason);
            case ViewEffect.ShutDownGuest() -> active.shutDown();
            case ViewEffect.OpenGate() -> active.openGate();
            case ViewEffect.StartCopy(Replica to, long view) -> active.startCopy(to, view);
            case ViewEffect.MakeLastEpoch() -> active.makeLastEpoch();
            case ViewEffect.CloseStream() -> {
                active.closeStream();
                standby.closeStream();
            }
            case ViewEffect.AcceptStream() -> standby.accept();
            case ViewEffect.RefuseStream(String reason) -> standby.refuse(reason);
            case ViewEffect.DropImage() -> standby.drop();
            case ViewEffect.ResumeImage() -> standby.resume();
        }
        if (effect instanceof ViewEffect.OpenGate) {
            trouble = "";
        }
    }

    /// A failure of the environment, as the machine knows it. Only these effects can fail.
    private void failed(ViewEffect effect, IOException e) {
        if (effect instanceof ViewEffect.StartCopy) {
            copyFailed(DriverDesk.reason(e));
            step(new ViewInput.StreamBroken(now()));
            return;
        }
        trouble = DriverDesk.reason(e);
        LOG.warn("{}: {} failed", spec.name(), effect, e);
        switch (effect) {
            case ViewEffect.BootGuest _, ViewEffect.AdoptGuest _ -> {
                event("start-failed", Severity.ERROR, trouble);
                step(new ViewInput.GuestGone(now()));
            }
            case ViewEffect.ResumeImage _ -> {
                event("resume-failed", Severity.ERROR, "the image cannot be resumed: " + trouble);
                step(new ViewInput.GuestGone(now()));
            }
            case ViewEffect.AcceptStream _ -> step(new ViewInput.ImageLost());
            default -> throw new IllegalStateException(effect + " failed", e);
        }
    }
}
