package understudy.simulator;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import understudy.model.HostName;
import understudy.model.Moment;
import understudy.model.Placement;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.model.VolumeId;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;
import understudy.protocol.PairWatch;
import understudy.protocol.Pairing;
import understudy.protocol.Part;
import understudy.protocol.PeerState;
import understudy.protocol.RestartPolicy;
import understudy.protocol.RestartPolicy.Verdict.GiveUp;
import understudy.protocol.RestartPolicy.Verdict.StartAgain;
import understudy.protocol.Step;
import understudy.protocol.ViewEffect;
import understudy.protocol.ViewInput;
import understudy.protocol.ViewMachine;
import understudy.protocol.ViewState;

/// Does what the view machine of one VM wants, on one host, with the delays and failures of a real one. Decides
/// nothing.
final class VmDriver {
    private static final long OUTWAIT_STEP = 5 * Schedule.MILLISECOND;
    private static final long ANSWER_WITHIN = 400 * Schedule.MILLISECOND;
    private static final long PAIR_AGAIN = 5 * Schedule.SECOND;

    private final Cluster cluster;
    private final Agent agent;
    private final VmSpec spec;
    private final ViewMachine machine;
    private final Gate gate;
    private final Disks disks;
    private final WritesAside aside;
    private final DiskSync sync;
    private final Deque<ViewInput> inputs = new ArrayDeque<>();
    private ViewState state;
    private RestartPolicy restarts;
    private Optional<LedgerCommand.GiveUp> givingUp = Optional.empty();
    private boolean stepping;
    private long endOfGrantAskedOn;
    private long asked;
    private long diskIsFreeAt;
    private Optional<Network.Votes> counted = Optional.empty();
    private Optional<Boolean> votesEnough = Optional.empty();
    private Optional<OutgoingStream> outgoing = Optional.empty();
    private Optional<IncomingStream> incoming = Optional.empty();
    private Optional<IncomingStream> offered = Optional.empty();
    private PairWatch pair = PairWatch.NOTHING;
    private long pairAskedAt = -PAIR_AGAIN;

    VmDriver(Cluster cluster, Agent agent, VmSpec spec) {
        this.cluster = cluster;
        this.agent = agent;
        this.spec = spec;
        this.machine = new ViewMachine(agent.replica(), cluster.options().timing());
        this.state = machine.initial(agent.host().now());
        this.restarts = RestartPolicy.of(spec.care().restartLimit());
        this.gate = new Gate(
                frame -> cluster.observe(
                        new Observation.FrameLeft(spec.id(), agent.host().name(), frame)),
                this::mayGoOn);
        this.disks = new Disks(cluster, this, spec);
        this.aside = new WritesAside(cluster, this);
        this.sync = new DiskSync(cluster, this);
        peer().flatMap(agent::peerInput).ifPresent(this::give);
    }

    VmId vm() {
        return spec.id();
    }

    /// As the ledger has it, as far as this host knows.
    VmSpec spec() {
        return state.known().map(VmRecord::spec).orElse(spec);
    }

    Agent agent() {
        return agent;
    }

    /// The VM's other host, if it has two.
    Optional<Host> peer() {
        return spec().otherThan(agent.host().name()).map(cluster::host);
    }

    Gate gate() {
        return gate;
    }

    Part part() {
        return state.part();
    }

    /// What this host knows of the VM.
    Optional<VmRecord> known() {
        return state.known();
    }

    long knownView() {
        return state.number();
    }

    /// Whether it goes on by its own word, under a solo grant.
    boolean isAlone() {
        return state.isAlone();
    }

    boolean hasOpenProposal() {
        return state.outstanding().isPresent();
    }

    /// For people who look for what a VM lacks.
    String describe() {
        return spec.disks().isEmpty() ? state.part().toString() : state.part() + " " + aside + " " + disks;
    }

    /// Whether the other host's replicas are done without, because another host is to take its place.
    boolean isLettingGo() {
        return state.known().flatMap(VmRecord::replaced).isPresent();
    }

    Mirror mirror(VolumeId volume) {
        return disks.mirror(volume);
    }

    WritesAside aside() {
        return aside;
    }

    /// Whether its gate is shut until its disks are as they are to be.
    boolean isSettlingDisks() {
        return aside.isDraining() || sync.isUnderWay();
    }

    Optional<Guest> guest() {
        return agent.host().guest(vm());
    }

    /// Whether frames may leave and disks answer, as far as leases go; asked each time.
    boolean mayGoOn() {
        return !needsLease()
                || agent.leases().isLeased(vm())
                || cluster.options().mutation() == Mutation.GO_ON_WITHOUT_LEASE;
    }

    boolean needsLease() {
        return state.needsLease(agent.replica());
    }

    void found() {
        if (cluster.options().mutation() == Mutation.KILL_FOUND_GUEST) {
            kill("nobody knows it");
        }
        give(new ViewInput.GuestFound());
    }

    void count(Network.Votes votes) {
        if (Optional.of(votes).equals(counted)) {
            return;
        }
        counted = Optional.of(votes);
        peer().ifPresent(other -> {
            boolean enough = votes.areEnoughWithout(other.name());
            if (!votesEnough.equals(Optional.of(enough))) {
                votesEnough = Optional.of(enough);
                give(new ViewInput.VotesCounted(enough, agent.host().now()));
            }
        });
    }

    /// @param held whether it is not its turn to start
    void tick(boolean held) {
        boolean isWanted = state.known().filter(VmRecord::wanted).isPresent();
        if (!isWanted) {
            restarts = RestartPolicy.of(spec.care().restartLimit());
            givingUp = Optional.empty();
        }
        if (!held || !state.isAboutToBegin()) {
            give(new ViewInput.Tick(agent.host().now()));
        }
        outgoing.ifPresent(OutgoingStream::check);
        state.known().ifPresent(this::watchPair);
        if (!mayGoOn()) {
            agent.leases().missed();
        }
        gate.retry();
        disks.tick();
        plantedAtTick();
    }

    /// Inputs that effects cause wait until all effects of the step are done.
    void give(ViewInput input) {
        inputs.add(input);
        if (stepping) {
            return;
        }
        stepping = true;
        while (!inputs.isEmpty()) {
            Optional<Host> partner = peer();
            Step<ViewState, ViewEffect> step = machine.step(state, inputs.removeFirst());
            if (!step.state().part().equals(state.part())) {
                cluster.trace(this, state.part() + " -> " + step.state().part());
            }
            state = step.state();
            step.effects().forEach(this::act);
            peer().filter(it -> !partner.equals(Optional.of(it)))
                    .flatMap(agent::peerInput)
                    .ifPresent(inputs::add);
        }
        stepping = false;
    }

    private void act(ViewEffect effect) {
        switch (effect) {
            case ViewEffect.Propose(View view) -> propose(view);
            case ViewEffect.ApplyInSync(View view) -> disks.apply(view);
            case ViewEffect.RemoveReplicas() -> disks.remove();
            case ViewEffect.RecordAlone(VmRecord known) -> recordAlone(known);
            case ViewEffect.EraseAlone() -> eraseAlone();
            case ViewEffect.BootGuest() -> boot();
            case ViewEffect.OutwaitLease(long view) -> outwait(view);
            case ViewEffect.AdoptGuest() -> adopt();
            case ViewEffect.KillGuest(String why) -> kill(why);
            case ViewEffect.ShutDownGuest() -> shutDown();
            case ViewEffect.OpenGate() -> open();
            case ViewEffect.StartCopy(Replica standby, long view) -> startCopy(standby, view);
            case ViewEffect.MakeLastEpoch() -> outgoing.ifPresent(OutgoingStream::makeLast);
            case ViewEffect.CloseStream() -> closeStreams();
            case ViewEffect.AcceptStream() -> accept();
            case ViewEffect.RefuseStream(String _) -> offered.ifPresent(IncomingStream::close);
            case ViewEffect.DropImage() -> agent.host().dropImage(vm());
            case ViewEffect.ResumeImage() -> resume();
        }
    }

    // ---- the ledger -----------------------------------------------------------------------------------------------

    private void propose(View view) {
        cluster.observe(new Observation.ViewProposed(vm(), view));
        if (part() instanceof Part.HandingOver) {
            cluster.tally().handsOver(view);
        }
        if (part() instanceof Part.Protected && !view.soloGrant()) {
            endOfGrantAskedOn = view.number() - 1;
        }
        plantedAtProposal();
        long attempt = ++asked;
        cluster.ledger()
                .ask(
                        agent.host(),
                        new LedgerCommand.ChangeView(vm(), view.number() - 1, view),
                        answer -> later(0, () -> answered(answer)));
        later(ANSWER_WITHIN, () -> {
            if (asked == attempt && cluster.options().mutation() != Mutation.ASK_ONLY_ONCE) {
                give(new ViewInput.ProposalUnanswered());
            }
        });
    }

    private void watchPair(VmRecord known) {
        plantedAtLoss(known);
        Moment now = agent.host().now();
        boolean isComing = disks.isComing() || part() instanceof Part.Copying;
        pair = pair.seen(known, agent.replica(), state.peer() instanceof PeerState.Up, isComing, now);
        boolean isRecent = cluster.schedule().nowNanos() - pairAskedAt < PAIR_AGAIN;
        boolean isMaintained =
                pair.other().filter(cluster.ledger().maintained()::contains).isPresent();
        boolean isForMove = Pairing.isForMove(known, agent.replica());
        boolean isDue = !isMaintained && pair.isDue(known, cluster.options().pairAfter(), now);
        if (isRecent || !(isForMove || isDue)) {
            return;
        }
        pairAskedAt = cluster.schedule().nowNanos();
        Optional<HostName> to = Pairing.candidate(cluster.ledger().state(), known, this::hears, _ -> true);
        if (to.isPresent()) {
            changePair(known, to.get());
        } else if (isForMove) {
            stay();
        }
    }

    /// The other host is needed again.
    private void stay() {
        cluster.ledger()
                .ask(
                        agent.host(),
                        new LedgerCommand.MoveVm(vm(), Optional.empty()),
                        answer -> later(0, () -> answered(answer)));
    }

    private void plantedAtLoss(VmRecord known) {
        boolean isActive = known.view()
                .placement()
                .activeReplica()
                .filter(agent.replica()::equals)
                .isPresent();
        if (cluster.options().mutation() == Mutation.REPLACE_BEFORE_ALONE
                && isActive
                && state.peer() instanceof PeerState.Lost) {
            Pairing.candidate(cluster.ledger().state(), known, this::hears, _ -> true)
                    .ifPresent(to -> changePair(known, to));
        }
    }

    private boolean hears(HostName other) {
        Host there = cluster.host(other);
        return there.isResponsive() && cluster.network().carries(there, agent.host());
    }

    private void changePair(VmRecord known, HostName to) {
        List<UUID> replicas =
                known.spec().disks().stream().map(_ -> cluster.dice().uuid()).toList();
        cluster.ledger()
                .ask(
                        agent.host(),
                        new LedgerCommand.ChangePair(
                                vm(),
                                known.view().number(),
                                agent.replica(),
                                to,
                                replicas,
                                cluster.dice().uuid()),
                        answer -> later(0, () -> answered(answer)));
    }

    private void answered(LedgerAnswer answer) {
        switch (answer) {
            case LedgerAnswer.Accepted(var vm) -> vm.ifPresent(it -> give(new ViewInput.RecordLearnt(it)));
            case LedgerAnswer.Conflict(var current) -> give(new ViewInput.RecordLearnt(current));
            case LedgerAnswer.Refused _, LedgerAnswer.Leased _ -> {}
        }
    }

    private void recordAlone(VmRecord known) {
        boolean bug = cluster.options().mutation() == Mutation.GO_ALONE_WITHOUT_WORD;
        onSystemDisk(
                () -> {
                    if (!bug) {
                        agent.host().words().write(known);
                    }
                },
                new ViewInput.AloneRecorded(known.view().number()));
    }

    private void eraseAlone() {
        onSystemDisk(() -> agent.host().words().erase(vm()), new ViewInput.AloneErased());
    }

    /// One thing after the other. What was begun may be on the disk although the agent does not live to see it.
    private void onSystemDisk(Runnable work, ViewInput done) {
        Schedule schedule = cluster.schedule();
        diskIsFreeAt =
                Math.max(diskIsFreeAt, schedule.nowNanos()) + cluster.dice().millis(0.1, 8);
        schedule.after(diskIsFreeAt - schedule.nowNanos(), () -> {
            if (agent.host().isLife(agent.life())) {
                work.run();
            }
            agent.host().inLife(agent.life(), () -> give(done));
        });
    }

    private void outwait(long view) {
        boolean bug = cluster.options().mutation() == Mutation.BOOT_WITHOUT_WAITING;
        Duration wait = bug ? Duration.ZERO : cluster.options().timing().lease().outwait();
        outwait(view, agent.host().now().nanos() + wait.toNanos());
    }

    /// In small steps, since the host's clock may run at another rate meanwhile.
    private void outwait(long view, long untilNanos) {
        long left = untilNanos - agent.host().now().nanos();
        if (left <= 0) {
            later(0, () -> give(new ViewInput.LeaseOutwaited(view)));
        } else {
            later(Math.min(left, OUTWAIT_STEP), () -> outwait(view, untilNanos));
        }
    }

    private void plantedAtTick() {
        boolean isLost = peer().flatMap(agent::peerInput)
                .filter(ViewInput.PeerLost.class::isInstance)
                .isPresent();
        boolean runsElsewhere = state.known()
                .filter(vm -> vm.view().placement() instanceof Placement.Solo(Replica active)
                        && !active.host().equals(agent.host().name()))
                .isPresent();
        if (cluster.options().mutation() == Mutation.CLAIM_DESPITE_GRANT && isLost && isStandbyUnderGrant()) {
            View view = state.known().orElseThrow().view();
            propose(view.next(
                    new Placement.Solo(agent.replica()),
                    view.volumes(),
                    cluster.dice().uuid()));
        }
        if (cluster.options().mutation() == Mutation.ASK_WHEN_SOLO
                && part() instanceof Part.Running
                && !cluster.ledger().serves(agent.host())) {
            gate.shut();
        }
        if (cluster.options().mutation() == Mutation.GO_ALONE_AFTER_END
                && isLost
                && state.number() == endOfGrantAskedOn) {
            state.known().ifPresent(agent.host().words()::write);
            open();
        }
        if (cluster.options().mutation() == Mutation.TAKE_OUT_OF_SYNC && isLost && runsElsewhere) {
            View view = state.known().orElseThrow().view();
            propose(view.next(
                    new Placement.Solo(agent.replica()),
                    view.volumes(),
                    cluster.dice().uuid()));
        }
    }

    private boolean isStandbyUnderGrant() {
        return state.known()
                .map(VmRecord::view)
                .filter(view -> view.soloGrant() && view.isStandby(agent.host().name()))
                .isPresent();
    }

    private void plantedAtProposal() {
        Mutation planted = cluster.options().mutation();
        if (planted == Mutation.RESUME_WITHOUT_VIEW && part() instanceof Part.Claiming) {
            resume();
        } else if (planted == Mutation.OPEN_GATE_AT_DROP && part() instanceof Part.Dropping) {
            open();
        } else if (planted == Mutation.ADOPT_WITHOUT_VIEW && part() instanceof Part.Found) {
            guest().ifPresent(this::listen);
            open();
        }
    }

    // ---- the guest ------------------------------------------------------------------------------------------------

    void diskWentBack(VolumeId volume) {
        give(new ViewInput.DiskWentBack(volume));
        disks.forgotten();
    }

    private void boot() {
        aside.clear();
        disks.forgotten();
        Guest guest = new Guest(cluster, vm(), agent.host().name(), cluster.boot(), new TreeMap<>());
        cluster.observe(new Observation.GuestBooted(vm(), agent.host().name(), guest.branch()));
        begin(guest, cluster.dice().millis(50, 400));
        sync.begin();
    }

    private void resume() {
        Optional<Image> image = agent.host().image(vm()).filter(it -> it.last().isPresent());
        if (image.isEmpty()) {
            later(0, () -> give(new ViewInput.GuestGone(agent.host().now())));
        } else if (cluster.options().mutation() == Mutation.CLAIM_WITHOUT_IMAGE) {
            boot();
        } else {
            agent.host().dropImage(vm());
            Epoch last = image.get().last().orElseThrow();
            aside.replay(image.get().kept(), () -> resume(last));
        }
    }

    /// Its disks have all that it was told they have.
    private void resume(Epoch last) {
        Guest guest = new Guest(cluster, vm(), agent.host().name(), cluster.fork(last.end()), last.memory());
        cluster.observe(new Observation.ImageResumed(vm(), agent.host().name(), guest.branch()));
        begin(guest, cluster.dice().millis(5, 60));
    }

    private void begin(Guest guest, long takes) {
        gate.shut();
        agent.host().put(vm(), guest);
        listen(guest);
        boolean fails = cluster.faultsGoOn() && cluster.dice().chance(0.05);
        later(takes, () -> {
            if (guest.isAlive() && fails) {
                guest.die("it could not start");
                gone(guest);
            } else if (guest.isAlive()) {
                guest.run();
                give(new ViewInput.GuestRunning(agent.host().now()));
            }
        });
    }

    private void adopt() {
        guest().filter(it -> it.keptBy().isPresent())
                .ifPresent(it -> end(it, "what it wrote last died with the agent"));
        Optional<Guest> found = guest();
        found.ifPresent(this::listen);
        sync.begin();
        later(cluster.dice().millis(2, 40), () -> {
            if (found.filter(Guest::isAlive).isPresent()) {
                found.get().run();
                give(new ViewInput.GuestRunning(agent.host().now()));
            }
        });
        if (found.isEmpty()) {
            later(0, () -> give(new ViewInput.GuestGone(agent.host().now())));
        }
    }

    private void listen(Guest guest) {
        disks.attach(guest);
        guest.listen(frame -> later(0, () -> {
            if (guest.isAlive() && gate.offer(frame)) {
                outgoing.ifPresent(OutgoingStream::outputWaited);
            }
        }));
    }

    /// The guest's process ended by itself.
    void guestCrashed(Guest guest) {
        later(cluster.dice().millis(0, 5), () -> died(guest));
    }

    /// Its port is closed: what waited there for a lease must not leave beside another guest's frames.
    private void noticeDeath(Guest guest) {
        guest.noticeDeath();
        gate.shut();
        aside.clear();
        sync.clear();
    }

    private void gone(Guest guest) {
        noticeDeath(guest);
        give(new ViewInput.GuestGone(agent.host().now()));
    }

    /// It had run, and was not told to end.
    private void died(Guest guest) {
        if (!RestartPolicy.isToBeAsked(part())) {
            gone(guest);
            return;
        }
        noticeDeath(guest);
        restarts = restarts.died(agent.host().now());
        switch (restarts.verdict()) {
            case StartAgain(Duration rest) ->
                give(new ViewInput.GuestGone(agent.host().now(), rest));
            case GiveUp(String reason) -> {
                cluster.note("vm-given-up", agent.host().name(), spec.name().toString(), reason);
                givingUp = state.known()
                        .map(VmRecord::wish)
                        .map(wish -> new LedgerCommand.GiveUp(vm(), agent.replica(), Optional.of(wish), reason));
                giveUp();
            }
        }
    }

    private void giveUp() {
        givingUp.ifPresent(command -> {
            cluster.ledger().ask(agent.host(), command, answer -> later(0, () -> gaveUp(command, answer)));
            later(Schedule.SECOND, this::giveUp);
        });
    }

    private void gaveUp(LedgerCommand.GiveUp command, LedgerAnswer answer) {
        boolean isHeard = givingUp.equals(Optional.of(command));
        answered(answer);
        if (isHeard) {
            givingUp = Optional.empty();
            if (answer instanceof LedgerAnswer.Conflict conflict && conflict.isWantedOf(agent.replica())) {
                // Its users wanted it anew meanwhile.
                restarts = RestartPolicy.of(spec.care().restartLimit());
                give(new ViewInput.GuestGone(agent.host().now()));
            }
        }
    }

    private void kill(String why) {
        guest().ifPresent(guest -> end(guest, why));
        gate.shut();
        aside.clear();
        sync.clear();
    }

    private void end(Guest guest, String why) {
        if (cluster.options().mutation() != Mutation.LEAVE_OLD_QEMU) {
            guest.end(why);
        }
        guest.noticeDeath();
    }

    /// What was kept aside must be on the disks before there is nobody to keep it for.
    private void shutDown() {
        aside.whenDrained(this::beginShutDown);
    }

    private void beginShutDown() {
        Optional<Guest> ending = guest();
        later(cluster.dice().millis(20, 300), () -> {
            if (ending.isEmpty() || ending.get().isAlive()) {
                ending.ifPresent(guest -> end(guest, "it shut down"));
                give(new ViewInput.GuestGone(agent.host().now()));
            }
        });
    }

    /// What was kept aside comes before whatever leaves, and so does what lay in caches.
    private void open() {
        if (cluster.options().mutation() == Mutation.OPEN_GATE_BEFORE_DRAIN) {
            opened();
        }
        aside.drain(() -> sync.whenDone(this::opened));
    }

    private void opened() {
        cluster.observe(new Observation.GateOpened(vm(), agent.host().name()));
        gate.open();
        guest().ifPresent(Guest::goOn);
    }

    // ---- the streams ----------------------------------------------------------------------------------------------

    private void startCopy(Replica standby, long view) {
        OutgoingStream stream = new OutgoingStream(cluster, this, standby, view);
        outgoing = Optional.of(stream);
        stream.start();
    }

    private void closeStreams() {
        aside.cutOff();
        outgoing.ifPresent(OutgoingStream::close);
        outgoing = Optional.empty();
        incoming.ifPresent(IncomingStream::close);
        incoming = Optional.empty();
    }

    void tellApplied(long segment) {
        outgoing.ifPresent(it -> it.tellApplied(segment));
    }

    void offered(IncomingStream stream) {
        offered = Optional.of(stream);
        give(new ViewInput.StreamOffered(stream.active(), stream.view()));
    }

    private void accept() {
        offered.ifPresent(stream -> {
            agent.host().put(vm(), new Image(agent.replica()));
            stream.accept();
        });
        incoming = offered;
        offered = Optional.empty();
    }

    /// The fault of an image whose process dies.
    void imageLost() {
        agent.host().dropImage(vm());
        give(new ViewInput.ImageLost());
    }

    void later(long delayNanos, Runnable action) {
        agent.host().inLife(agent.life(), delayNanos, action);
    }

    void broken() {
        give(new ViewInput.StreamBroken(agent.host().now()));
    }
}
