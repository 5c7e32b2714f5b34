package understudy.agent;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import understudy.agent.rest.Control;
import understudy.api.ClusterStatus;
import understudy.api.Event;
import understudy.api.Event.Severity;
import understudy.api.ForceStartPlan;
import understudy.api.HostState;
import understudy.api.HostStatus;
import understudy.api.ResyncTerms;
import understudy.api.RuleStatus;
import understudy.api.VmRequest;
import understudy.api.VmStatus;
import understudy.api.VolumePieces;
import understudy.api.VolumeStatus;
import understudy.ledger.OutcomeUnknown;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.Level;
import understudy.model.Placement;
import understudy.model.PlacementRule;
import understudy.model.Problem;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmName;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.model.VolumeSpec;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;
import understudy.protocol.LedgerState;
import understudy.protocol.Pairing;
import understudy.protocol.PlacementRules;
import understudy.qemu.Fitness;

/// What this agent does for callers of the REST API.
final class AgentControl implements Control {
    /// How long to look for a VM that is not known here, in case that it was just created elsewhere.
    private static final Duration LOOK = Duration.ofMillis(1500);

    /// How long to wait until a host's report tells of what it was asked to do.
    private static final Duration REPORTED = Duration.ofSeconds(2);

    /// A host that lives and needs a lease renews it once a second.
    private static final Duration RENEWED = Duration.ofMillis(2500);

    private static final Duration POLL = Duration.ofMillis(20);

    private final Agent agent;
    private final Statuses statuses;
    private final ForcedStarts forced;

    AgentControl(Agent agent) {
        this.agent = agent;
        this.statuses = new Statuses(agent);
        this.forced = new ForcedStarts(agent::state, this::lives, agent::report);
    }

    // ---- VMs ------------------------------------------------------------------------------------------------------

    @Override
    public List<VmStatus> vms() {
        return statuses.vms();
    }

    @Override
    public VmStatus vm(VmName name) {
        Statuses.Known known = statuses.newest();
        return known.state()
                .vm(name)
                .map(vm -> statuses.of(vm, known.isCurrent()))
                .orElseGet(() -> statuses.of(record(name)));
    }

    @Override
    public VmStatus create(VmRequest request) {
        LedgerState state = read();
        VmSpec spec = new Placing(state, statuses::isUp).spec(request, new VmId(UUID.randomUUID()), disks(request));
        for (String file : spec.files()) {
            fetch(file);
        }
        checkRoom(spec);
        View first = new View(1, new Placement.Stopped(), NewVolumes.of(spec), UUID.randomUUID());
        return decided(new LedgerCommand.CreateVm(spec, !request.stopped(), first));
    }

    /// A host that has no room would be found out only when it makes its replicas.
    private void checkRoom(VmSpec spec) {
        ByteSize room;
        try {
            room = new NewVolumes(agent.files()).room(spec.disks());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (room.bytes() > 0) {
            spec.hosts().stream()
                    .filter(statuses::isUp)
                    .forEach(host -> agent.volumes()
                            .ask(
                                    host,
                                    new VolumeQuestion.CheckRoom(
                                            spec.id(), spec.disks().getFirst().id(), room)));
        }
    }

    private List<VolumeSpec> disks(VmRequest request) {
        request.disks().forEach(disk -> disk.image().ifPresent(this::fetch));
        return new NewVolumes(agent.files()).disks(request.disks());
    }

    @Override
    public VmStatus start(VmName name) {
        return decided(new LedgerCommand.SetWanted(record(name).spec().id(), true));
    }

    @Override
    public VmStatus stop(VmName name, boolean force) {
        VmRecord record = record(name);
        VmStatus status = decided(new LedgerCommand.SetWanted(record.spec().id(), false));
        if (force) {
            record.view()
                    .placement()
                    .activeReplica()
                    .map(Replica::host)
                    .ifPresent(host -> agent.tell(
                            host, new AgentMessage.StopNow(record.spec().id())));
        }
        return status;
    }

    @Override
    public VmStatus switchover(VmName name, Optional<HostName> from, Optional<HostName> goal) {
        VmRecord before = record(name);
        HostName active = before.view()
                .placement()
                .activeReplica()
                .map(Replica::host)
                .orElseThrow(() -> Problem.of(
                                "vm-not-running",
                                "VM " + name + " does not run.",
                                "Start it: understudy vm start " + name)
                        .refused());
        if (from.filter(host -> !host.equals(active)).isPresent()) {
            return statuses.of(before); // it has moved
        }
        if (goal.filter(active::equals).isPresent()) {
            return stay(name);
        }
        Optional<HostName> to = goal.or(() -> before.spec().otherThan(active));
        to.filter(host -> !before.spec().hosts().contains(host)).ifPresent(host -> checkNewHost(before, active, host));
        if (to.filter(statuses::isUp).isEmpty()) {
            throw Problem.of(
                            "not-protected",
                            "VM " + name + " has no standby that could go on.",
                            to.map(host -> "Wait until " + host + " answers: understudy host list")
                                    .orElse("It may run on one host only."))
                    .refused();
        }
        VmStatus after = decided(new LedgerCommand.MoveVm(before.spec().id(), to));
        if (!before.destination().equals(to)) {
            to.ifPresent(host -> agent.happened(
                    Optional.of(name), "switchover-asked", Severity.INFO, name + " is to go on on " + host));
        }
        return after;
    }

    /// Before the VM does without one of its hosts for it.
    private void checkNewHost(VmRecord vm, HostName active, HostName host) {
        VmSpec spec = vm.spec();
        LedgerState state = read();
        Pairing.unfit(state, vm, host).ifPresent(problem -> {
            throw problem.refused();
        });
        if (!statuses.isUp(host)) {
            throw Problem.of(
                            "no-answer-from-host",
                            host + " does not answer, and " + spec.name() + " is not moved to it.",
                            "See how it is: understudy host list")
                    .with("host", host)
                    .refused();
        }
        List<HostRecord> both =
                Stream.of(active, host).flatMap(it -> state.host(it).stream()).toList();
        Fitness.check(spec, both).ifPresent(problem -> {
            throw problem.refused();
        });
        VolumeQuestion.CheckRoom.whole(spec)
                .ifPresent(question -> agent.volumes().ask(host, question));
    }

    @Override
    public VmStatus stay(VmName name) {
        return decided(new LedgerCommand.MoveVm(record(name).spec().id(), Optional.empty()));
    }

    @Override
    public VmStatus protect(VmName name, Level level) {
        VmRecord before = record(name);
        VmStatus after = decided(new LedgerCommand.SetLevel(before.spec().id(), level));
        if (before.spec().level() != level) {
            String text = "%s is to be protected at level %s, no more at %s"
                    .formatted(name, level, before.spec().level());
            agent.happened(Optional.of(name), "level-changed", Severity.INFO, text);
        }
        return after;
    }

    @Override
    public ForceStartPlan forceStartPlan(VmName name, Optional<HostName> host) {
        return forced.plan(readRecord(name), host);
    }

    @Override
    public VmStatus forceStart(VmName name, HostName host, long view, String confirm, String by) {
        VmRecord record = readRecord(name);
        ForceStartPlan plan = forced.plan(record, Optional.of(host));
        if (plan.view() != view) {
            throw viewChanged(name).refused();
        }
        if (!confirm.equals(name.value())) {
            throw Problem.of(
                            "not-confirmed",
                            "A forced start of " + name + " may lose data, and is not confirmed.",
                            "Confirm it by the VM's name: --confirm " + name)
                    .refused();
        }
        List<UUID> replicas = forced.replicas(record, host);
        String text = "%s is forced to start on %s (after view %d), as %s asked".formatted(name, host, view, by);
        audit("force-start", name, by, text + ". " + String.join(" ", plan.warnings()));
        UUID proposal = UUID.randomUUID();
        Optional<VmRecord> after;
        try {
            after = answer(new LedgerCommand.ForceStart(record.spec().id(), view, host, replicas, proposal));
        } catch (Problem.Refused refused) {
            audit("force-start", name, by, "it was not done, as far as is known: " + refused.getMessage());
            throw refused;
        }
        if (after.filter(it -> it.view().proposal().equals(proposal)).isEmpty()) {
            audit("force-start", name, by, "it was not done: something else was decided first");
            throw viewChanged(name).refused();
        }
        agent.happened(Optional.of(name), "start-forced", Severity.WARNING, text);
        return statuses.of(after.get());
    }

    /// Whether a host renews its lease: then it lives, and reaches the ledger.
    private boolean lives(HostName host) {
        long before = read().renewals().getOrDefault(host, 0L);
        long end = System.nanoTime() + RENEWED.toNanos();
        while (System.nanoTime() < end) {
            pause();
        }
        return read().renewals().getOrDefault(host, 0L) != before;
    }

    private static Problem viewChanged(VmName name) {
        return Problem.of(
                "view-changed",
                "Something else was decided about " + name + " meanwhile.",
                "Look again: understudy vm force-start " + name);
    }

    private void audit(String action, VmName vm, String by, String text) {
        try {
            agent.audit().record(by, action, vm.value(), text);
        } catch (IOException e) {
            throw Problem.of(
                            "not-audited",
                            "What was asked for cannot be recorded, so it is not done.",
                            "Mend the disk under " + agent.config().data() + ", or ask another host.")
                    .because(DriverDesk.reason(e))
                    .refused();
        }
    }

    /// As of now, and not as this agent has heard.
    private VmRecord readRecord(VmName name) {
        return read().vm(name).orElseThrow(() -> noSuchVm(name).refused());
    }

    private static Problem noSuchVm(VmName name) {
        return Problem.of("no-such-vm", "There is no VM named " + name + ".", "List them: understudy vm list");
    }

    @Override
    public VmStatus delete(VmName name) {
        VmRecord record = record(name);
        VmStatus was = statuses.of(record);
        if (record.wanted() || !(record.view().placement() instanceof Placement.Stopped)) {
            throw Problem.of("vm-runs", "VM " + name + " is not stopped.", "Stop it first: understudy vm stop " + name)
                    .refused();
        }
        answer(new LedgerCommand.DeleteVm(record.spec().id()));
        // The leader has answered; this waits until the next look at this agent shows it, too.
        read();
        return was;
    }

    private VmRecord record(VmName name) {
        return statuses.newest()
                .state()
                .vm(name)
                .or(() -> await(agent.ledger().read().orTimeout(LOOK.toMillis(), TimeUnit.MILLISECONDS))
                        .vm(name))
                .orElseThrow(() -> noSuchVm(name).refused());
    }

    private VmStatus decided(LedgerCommand command) {
        return answer(command).map(statuses::of).orElseThrow(() -> new IllegalStateException(command + ": no record"));
    }

    /// The record that the ledger has after the command.
    private Optional<VmRecord> answer(LedgerCommand command) {
        return switch (await(agent.ledger().propose(command))) {
            case LedgerAnswer.Accepted(Optional<VmRecord> vm) -> vm;
            case LedgerAnswer.Conflict(VmRecord current) -> Optional.of(current);
            case LedgerAnswer.Refused(Problem problem) -> throw problem.refused();
            case LedgerAnswer.Leased _ -> throw new IllegalStateException(command + ": an answer to another question");
        };
    }

    private LedgerState read() {
        return await(agent.ledger().read());
    }

    private static <T> T await(CompletableFuture<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof OutcomeUnknown) {
                throw Problem.of(
                                "outcome-unknown",
                                "No majority of the cluster's voters has answered: it may have been done, or may still be.",
                                "See which voters are lost (understudy host list); then look whether it was done.")
                        .because(String.valueOf(e.getCause().getMessage()))
                        .refused();
            }
            throw Problem.of(
                            "no-quorum",
                            "No majority of the cluster's voters answers, so nothing can be decided.",
                            "See which of them are lost: understudy host list")
                    .because(String.valueOf(e.getCause()))
                    .refused();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static void pause() {
        try {
            Thread.sleep(POLL);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    // ---- volumes --------------------------------------------------------------------------------------------------

    @Override
    public List<VolumeStatus> volumes() {
        return vms().stream().flatMap(vm -> vm.disks().stream()).toList();
    }

    @Override
    public VolumeStatus volume(VmName vm, String disk) {
        return volume(vm(vm), disk);
    }

    private static VolumeStatus volume(VmStatus vm, String disk) {
        return vm.disks().stream()
                .filter(it -> it.name().equals(disk))
                .findFirst()
                .orElseThrow(() -> Problem.of(
                                "no-such-volume",
                                "VM " + vm.name() + " has no disk " + disk + ".",
                                "List them: understudy volume list")
                        .refused());
    }

    @Override
    public VolumeStatus grow(VmName vm, String disk, ByteSize size) {
        VmRecord record = record(vm);
        VolumeStatus volume = volume(statuses.of(record), disk);
        refuseGrowth(record, volume, size);
        for (HostName host : withReplica(record, volume)) {
            agent.volumes()
                    .ask(host, new VolumeQuestion.CheckGrowth(record.spec().id(), volume.id(), size));
        }
        return volume(decided(new LedgerCommand.GrowVolume(record.spec().id(), volume.id(), size)), disk);
    }

    /// What the ledger would refuse, before hosts are asked. The ledger decides in the end.
    private static void refuseGrowth(VmRecord record, VolumeStatus volume, ByteSize size) {
        if (record.wanted() || !(record.view().placement() instanceof Placement.Stopped)) {
            throw Problem.of(
                            "vm-not-stopped",
                            "VM " + volume.vm() + " is not stopped, and a disk grows only while nobody runs it.",
                            "Stop it first: understudy vm stop " + volume.vm())
                    .refused();
        }
        if (size.compareTo(volume.size()) < 0) {
            throw Problem.of(
                            "volume-shrinks",
                            "A disk of %s cannot become one of %s.".formatted(volume.size(), size),
                            "Name a larger size.")
                    .with("volume", volume.id())
                    .refused();
        }
    }

    /// The hosts that are up and have the volume in sync; at least one.
    private List<HostName> withReplica(VmRecord record, VolumeStatus volume) {
        List<HostName> hosts = record.view().volume(volume.id()).orElseThrow().inSync().stream()
                .filter(statuses::isUp)
                .toList();
        if (hosts.isEmpty()) {
            throw Problem.of(
                            "no-replica",
                            "No host that is up has " + volume.name() + " of " + volume.vm() + " in sync.",
                            "Wait until one is back: understudy volume show " + volume.vm() + " " + volume.name())
                    .refused();
        }
        return hosts;
    }

    @Override
    public VolumeStatus scrub(VmName vm, String disk) {
        VmRecord record = record(vm);
        VolumeStatus volume = volume(statuses.of(record), disk);
        agent.volumes()
                .ask(
                        activeHost(record),
                        new VolumeQuestion.BeginScrub(record.spec().id(), volume.id()));
        return volume(vm, disk);
    }

    @Override
    public VolumeStatus resync(VmName vm, String disk, ResyncTerms terms) {
        VmRecord record = record(vm);
        VolumeStatus volume = volume(statuses.of(record), disk);
        agent.volumes()
                .ask(
                        activeHost(record),
                        new VolumeQuestion.ChangeResync(record.spec().id(), volume.id(), terms));
        // What the host tells of it comes twice a second.
        long end = System.nanoTime() + REPORTED.toNanos();
        VolumeStatus now = volume(vm, disk);
        while (now.resync().filter(it -> it.obeys(terms)).isEmpty() && System.nanoTime() - end < 0) {
            pause();
            now = volume(vm, disk);
        }
        return now;
    }

    private static HostName activeHost(VmRecord record) {
        return record.view()
                .placement()
                .activeReplica()
                .map(Replica::host)
                .orElseThrow(() -> VolumeWork.notRunning(record.spec().name().value()));
    }

    @Override
    public void export(VmName vm, String disk, VolumePieces.Sink sink) throws IOException {
        VmRecord record = record(vm);
        VolumeStatus volume = volume(statuses.of(record), disk);
        if (record.wanted() || !(record.view().placement() instanceof Placement.Stopped)) {
            throw Problem.of(
                            "vm-not-stopped",
                            "VM " + vm + " is not stopped, and only then does a disk hold one state of it.",
                            "Stop it first: understudy vm stop " + vm)
                    .refused();
        }
        HostName host = withReplica(record, volume).stream()
                .filter(agent.config().name()::equals)
                .findFirst()
                .orElseGet(() -> withReplica(record, volume).getFirst());
        agent.exports().export(host, record.spec().id(), volume.id(), sink);
    }

    // ---- hosts ----------------------------------------------------------------------------------------------------

    @Override
    public List<HostStatus> hosts() {
        return statuses.hosts();
    }

    @Override
    public HostStatus maintain(HostName host, boolean on) {
        boolean was = read().maintained().contains(host);
        Optional<VmRecord> _ = answer(new LedgerCommand.Maintain(host, on));
        if (on && !was) {
            agent.happened(
                    Optional.empty(),
                    "maintenance-begun",
                    Severity.INFO,
                    host + " is in maintenance: its VMs move away");
        } else if (was && !on) {
            agent.happened(Optional.empty(), "maintenance-ended", Severity.INFO, host + " is in maintenance no more");
        }
        return statuses.host(host);
    }

    @Override
    public HostStatus removeHost(HostName host) {
        LedgerState _ = read();
        HostStatus was = statuses.host(host);
        if (agent.state(host) != HostState.LOST) {
            throw Problem.of(
                            "host-is-up",
                            host + " is up, and would say at once that it is there.",
                            "Switch it off first, or stop its agent.")
                    .refused();
        }
        Optional<VmRecord> _ = answer(new LedgerCommand.RemoveHost(host));
        agent.happened(Optional.empty(), "host-removed", Severity.INFO, host + " is not of the cluster any more");
        return was;
    }

    // ---- rules ----------------------------------------------------------------------------------------------------

    @Override
    public List<RuleStatus> rules() {
        LedgerState state = statuses.newest().state();
        return state.rules().stream().map(rule -> of(state, rule)).toList();
    }

    private static RuleStatus of(LedgerState state, PlacementRule rule) {
        return new RuleStatus(
                rule.kind(),
                rule.one(),
                rule.other(),
                PlacementRules.broken(state, rule).orElse(""));
    }

    @Override
    public RuleStatus setRule(PlacementRule rule) {
        Optional<VmRecord> _ = answer(new LedgerCommand.SetRule(rule, true));
        return of(read(), rule);
    }

    @Override
    public RuleStatus removeRule(VmName vm, VmName other) {
        LedgerState state = read();
        PlacementRule rule = state.rules().stream()
                .filter(it -> it.isAbout(vm) && it.otherThan(vm).equals(other))
                .findFirst()
                .orElseThrow(() -> Problem.of(
                                "no-such-rule",
                                "There is no rule for " + vm + " and " + other + ".",
                                "List them: understudy rule list")
                        .refused());
        Optional<VmRecord> _ = answer(new LedgerCommand.SetRule(rule, false));
        return of(state, rule);
    }

    @Override
    public ClusterStatus status() {
        return statuses.cluster();
    }

    // ---- events and files -----------------------------------------------------------------------------------------

    @Override
    public List<Event> events(long after, int limit) {
        return agent.events().after(after, limit);
    }

    @Override
    public AutoCloseable follow(Consumer<Event> consumer) {
        return agent.events().follow(consumer);
    }

    @Override
    public String store(InputStream content) throws IOException {
        return agent.files().store(content);
    }

    @Override
    public boolean holds(String sha256) {
        return agent.files().holds(sha256);
    }

    private void fetch(String file) {
        try {
            agent.files()
                    .fetch(
                            file,
                            agent.config().peers().stream()
                                    .map(AgentConfig.Peer::name)
                                    .toList());
        } catch (IOException e) {
            throw Problem.of("no-such-file", "The cluster has no file " + file + ".", "Upload it first.")
                    .because(String.valueOf(e.getMessage()))
                    .refused();
        }
    }
}
