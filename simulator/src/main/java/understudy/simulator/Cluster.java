package understudy.simulator;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.Life;
import understudy.model.Placement;
import understudy.model.Problem;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.model.VolumeReplica;
import understudy.model.VolumeSpec;
import understudy.model.VolumeView;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;
import understudy.protocol.PairChoice;
import understudy.protocol.Part;
import understudy.simulator.Branch.Point;
import understudy.simulator.ClusterPlan.Load;
import understudy.simulator.ClusterPlan.VmPlan;

/// Hosts, witnesses, and their VMs, in one virtual time.
final class Cluster {
    /// How fast hosts' clocks run at first, one after the other: as unevenly as leases allow.
    private static final double[] CLOCK_RATES = {1, 1.0098, 1};

    private final SimulationOptions options;
    private final Schedule schedule = new Schedule();
    private final Dice dice;
    private final SortedMap<HostName, Host> hosts = new TreeMap<>();
    private final SortedMap<HostName, Node> nodes = new TreeMap<>();
    private final List<Node> inOrder = new ArrayList<>();
    private final Network network;
    private final SimulatedLedger ledger;
    private final Partners partners;
    private final Map<VmId, Load> loads = new TreeMap<>();
    private final List<Checker> checkers;
    private final List<Violation> violations = new ArrayList<>();
    private final List<TimelineEntry> timeline = new ArrayList<>();
    private final Tally tally = new Tally();
    private final List<String> uncreated = new ArrayList<>();
    private boolean faultsGoOn;
    private int branches;
    private long writes;

    /// The VM that was found not to be well the last time: it is looked at first.
    private Optional<VmId> lacking = Optional.empty();

    Cluster(long seed, SimulationOptions options) {
        this.options = options;
        this.dice = new Dice(seed);
        List<HostName> names = options.plan().hosts();
        for (int i = 0; i < names.size(); i++) {
            add(new Host(names.get(i), this, schedule, clockRate(seed + i)));
        }
        options.plan().witnesses().forEach(name -> add(new Node(name, schedule)));
        List<Node> members = options.plan().voters().stream().map(this::node).toList();
        this.network = new Network(Voting.first(members));
        this.ledger = new SimulatedLedger(this, new Voting(this, members));
        this.partners = new Partners(ledger);
        this.checkers = List.of(
                new OneRunner(this::isAllInMemory),
                new NothingLost(this),
                new OutputFollowsCommit(this),
                new LedgerDecides(this),
                new AcknowledgedIsKept(this),
                new MemoryFitsDisks(this),
                new AgentIsNotTheVm(this),
                new SoloNeedsNoQuorum(this),
                new PairSpansSites(this),
                new MarksClearedByCopy(this));
    }

    private double clockRate(long which) {
        return options.plan().hasLeases() ? CLOCK_RATES[Math.floorMod(which, CLOCK_RATES.length)] : 1;
    }

    private void add(Node node) {
        inOrder.add(node);
        nodes.put(node.name(), node);
        if (node instanceof Host host) {
            hosts.put(host.name(), host);
        }
    }

    /// Powers everything on, and asks for the VMs.
    void start() {
        inOrder.forEach(node -> {
            note("host-up", node.name(), "", "");
            node.powerOn();
        });
        hosts.keySet().forEach(this::register);
        options.plan().witnesses().stream()
                .filter(witness -> options.plan().machine(witness).site().isPresent())
                .forEach(this::register);
        options.plan().vms().forEach(this::createFirst);
        inOrder.forEach(node -> node.startAgent(new Life(dice.uuid())));
        ledger.start();
        watch();
    }

    private void register(HostName node) {
        ledger.apply(new LedgerCommand.RegisterHost(record(node)));
    }

    private HostRecord record(HostName node) {
        ClusterPlan.Machine machine = options.plan().machine(node);
        return new HostRecord(
                node,
                hosts.containsKey(node) ? HostRecord.Role.HOST : HostRecord.Role.WITNESS,
                new Life(dice.uuid()),
                "",
                machine.memory(),
                machine.cpus(),
                "7.2",
                List.of(),
                List.of(),
                "tcg",
                List.of(),
                options.mutation() == Mutation.SAY_NO_SITE ? Optional.empty() : machine.site());
    }

    /// A new VM, as from a user.
    LedgerAnswer create(VmPlan vm) {
        VmSpec spec;
        try {
            spec = placed(vm);
        } catch (Problem.Refused e) {
            return new LedgerAnswer.Refused(e.problem());
        }
        View first = new View(1, new Placement.Stopped(), blank(spec), dice.uuid());
        loads.put(spec.id(), vm.load());
        LedgerAnswer answer = ledger.apply(new LedgerCommand.CreateVm(spec, vm.wanted(), first));
        if (answer instanceof LedgerAnswer.Accepted) {
            observe(new Observation.PairChosen(spec.id(), spec.hosts(), !vm.isPlaced()));
        }
        return answer;
    }

    /// On hosts of its own; as the agent that a user asks has it.
    private VmSpec placed(VmPlan vm) {
        VmSpec spec = vm.spec();
        PairChoice choice = new PairChoice(ledger.state(), spec.name(), spec.memory(), spec.cpus());
        List<HostRecord> chosen = vm.isPlaced() ? choice.best(this::isUp, _ -> true) : choice.named(spec.hosts());
        choice.checkMemory(chosen);
        return spec.on(chosen.stream().map(HostRecord::name).toList());
    }

    /// Whether whoever has the ledger decide hears a host; at the beginning all are switched on together.
    private boolean isUp(HostName host) {
        return schedule.nowNanos() == 0
                || ledger.working()
                        .filter(leader -> network.talk(leader, host(host)))
                        .isPresent();
    }

    private void createFirst(VmPlan vm) {
        if (create(vm) instanceof LedgerAnswer.Refused(Problem problem)) {
            uncreated.add("%s cannot be created: %s".formatted(vm.spec().name(), problem.message()));
        }
    }

    /// Why VMs are not there that were to be from the beginning.
    List<String> uncreated() {
        return Collections.unmodifiableList(uncreated);
    }

    /// Whether its guest does anything of its own accord.
    boolean isBusy(VmId vm) {
        return loads.get(vm) != Load.IDLE;
    }

    /// New volumes, with empty replicas on all of its hosts.
    private List<VolumeView> blank(VmSpec spec) {
        List<VolumeView> volumes = new ArrayList<>();
        for (VolumeSpec disk : spec.disks()) {
            List<VolumeReplica> replicas = new ArrayList<>();
            for (HostName name : spec.hosts()) {
                UUID id = dice.uuid();
                host(name).put(disk.id(), new DiskReplica(id));
                replicas.add(new VolumeReplica(name, id, true));
            }
            volumes.add(new VolumeView(disk.id(), replicas));
        }
        return volumes;
    }

    /// What a write is told from all others by.
    long nextWrite() {
        return ++writes;
    }

    private void watch() {
        hosts.values().stream().filter(ledger.unserved()).forEach(host -> host.handicapped(schedule.nowNanos()));
        checkers.forEach(checker -> checker.look().forEach(text -> broken(checker, text)));
        schedule.after(10 * Schedule.MILLISECOND, this::watch);
    }

    SimulationOptions options() {
        return options;
    }

    Schedule schedule() {
        return schedule;
    }

    Dice dice() {
        return dice;
    }

    Network network() {
        return network;
    }

    SimulatedLedger ledger() {
        return ledger;
    }

    /// Hosts first, then witnesses, as they were named.
    List<Node> nodes() {
        return Collections.unmodifiableList(inOrder);
    }

    Node node(HostName name) {
        return Objects.requireNonNull(nodes.get(name));
    }

    /// In the order of their names.
    Collection<Host> hosts() {
        return Collections.unmodifiableCollection(hosts.values());
    }

    Host host(HostName name) {
        return Objects.requireNonNull(hosts.get(name));
    }

    Partners partners() {
        return partners;
    }

    List<Violation> violations() {
        return violations;
    }

    List<TimelineEntry> timeline() {
        return timeline;
    }

    Tally tally() {
        return tally;
    }

    boolean faultsGoOn() {
        return faultsGoOn;
    }

    void faultsGoOn(boolean on) {
        faultsGoOn = on;
    }

    long packetDelay() {
        boolean slow = faultsGoOn && dice.chance(0.01);
        return slow ? dice.millis(5, 80) : dice.millis(0.1, 1.5);
    }

    /// Whether something comes a second time.
    boolean isRepeated() {
        return faultsGoOn && dice.chance(0.03);
    }

    /// Whether a single packet is lost on a way that carries others.
    boolean isLost(Node from, Node to) {
        return network.loses(from, to, dice);
    }

    Branch boot() {
        int id = ++branches;
        return new Branch(id, id, Optional.empty());
    }

    Branch fork(Point from) {
        return new Branch(++branches, from.branch().incarnation(), Optional.of(from));
    }

    /// A node's copy of the ledger got its next entry.
    void learnt(Node node, SimulatedLedger.Entry entry) {
        if (node instanceof Host host) {
            host.agent().ifPresent(agent -> host.inLife(agent.life(), () -> agent.learnt(entry)));
        }
    }

    /// Whether a guest of a pair whose standby has gone on runs there still: nothing that it says gets out, and
    /// it may read what it likes.
    boolean isUnheard(VmId vm, HostName name) {
        boolean isActive = ledger.vm(vm).filter(it -> it.view().isActive(name)).isPresent();
        return !isActive
                && host(name)
                        .agent()
                        .flatMap(agent -> agent.driver(vm))
                        .filter(driver -> driver.gate().mode() != Gate.Mode.OPEN)
                        .isPresent();
    }

    private boolean isAllInMemory(VmId vm) {
        return ledger.vm(vm).filter(it -> it.spec().isAllInMemory()).isPresent();
    }

    /// A node's copy of the ledger shows that a host has renewed its lease.
    void renewed(Node node, HostName by) {
        if (node instanceof Host host && !host.name().equals(by)) {
            host.agent().ifPresent(agent -> host.inLife(agent.life(), () -> agent.renewed(by)));
        }
    }

    void observe(Observation seen) {
        tally.see(seen, schedule.nowNanos());
        record(seen);
        for (Checker checker : checkers) {
            checker.check(seen).ifPresent(text -> broken(checker, text));
        }
    }

    private void broken(Checker checker, String text) {
        violations.add(new Violation(millis(), checker.getClass().getSimpleName(), text));
    }

    private void record(Observation seen) {
        switch (seen) {
            case Observation.ViewAccepted(VmId vm, VmRecord before, View view) -> {
                note("view", vm, view.placement().activeReplica(), view.toString());
                moved(vm, before.view(), view);
                if (isProtected(before) != isProtected(before.withView(view))) {
                    note(isProtected(before) ? "vm-unprotected" : "vm-protected", vm, Optional.empty(), "");
                }
            }
            case Observation.GuestBooted(VmId vm, HostName host, Branch branch) ->
                note("vm-started", host, name(vm), "branch " + branch.id());
            case Observation.ImageResumed(VmId vm, HostName host, Branch branch) ->
                note(
                        "vm-resumed",
                        host,
                        name(vm),
                        "branch " + branch.id() + " from " + branch.fork().orElseThrow());
            case Observation.StartForced(VmId vm, HostName host, View view) ->
                note("start-forced", host, name(vm), view.toString());
            case Observation.ProposalRefused(VmId vm, String message) -> note("refused", vm, Optional.empty(), message);
            case Observation.WriteAcknowledged _,
                    Observation.FlushAcknowledged _,
                    Observation.GuestEnded _,
                    Observation.BlockRecalled _,
                    Observation.BlockFound _,
                    Observation.FlushKept _,
                    Observation.BlockRead _,
                    Observation.ViewProposed _,
                    Observation.PairChosen _,
                    Observation.FrameLeft _,
                    Observation.GateOpened _,
                    Observation.EpochHeld _ -> {}
        }
    }

    private void moved(VmId vm, View before, View view) {
        if (tally.isTakeover(before, view)) {
            note("takeover", vm, view.placement().activeReplica(), "");
        }
        if (tally.isSwitchover(before, view)) {
            note("switchover", vm, view.placement().activeReplica(), "");
        }
    }

    /// A guest's process is gone.
    void ended(VmId vm, HostName host, String why) {
        note("vm-stopped", host, name(vm), why);
    }

    private String name(VmId vm) {
        return ledger.vm(vm).map(it -> it.spec().name().toString()).orElse("");
    }

    private void note(String event, VmId vm, Optional<Replica> at, String text) {
        timeline.add(new TimelineEntry(
                millis(), event, name(vm), at.map(it -> it.host().toString()).orElse(""), text));
    }

    void note(String event, HostName host, String vm, String text) {
        note(event, Optional.of(host), vm, text);
    }

    void note(String event, Optional<HostName> host, String vm, String text) {
        timeline.add(new TimelineEntry(
                millis(), event, vm, host.map(HostName::toString).orElse(""), text));
    }

    void trace(VmDriver driver, String text) {
        note("part", driver.agent().host().name(), driver.spec().name().toString(), text);
    }

    long millis() {
        return schedule.nowNanos() / Schedule.MILLISECOND;
    }

    /// Whether every VM is where its users want it, at its level; else what is missing.
    Optional<String> missing() {
        Optional<VmRecord> still = lacking.flatMap(ledger::vm).filter(vm -> !isWell(vm));
        Optional<VmRecord> first =
                still.or(() -> ledger.vms().stream().filter(vm -> !isWell(vm)).findFirst());
        lacking = first.map(vm -> vm.spec().id());
        return first.map(this::describe);
    }

    /// Whether a VM is where its users want it, at its level.
    boolean isWell(VmRecord vm) {
        return vm.destination().isEmpty() && isWellWhereItIs(vm);
    }

    private boolean isWellWhereItIs(VmRecord vm) {
        VmId id = vm.spec().id();
        return switch (vm.view().placement()) {
            case Placement.Stopped _ ->
                !vm.wanted()
                        && hosts.values().stream()
                                .noneMatch(host -> host.guest(id).isPresent());
            case Placement.Solo(Replica active) ->
                vm.wanted()
                        && isAllThatItCanBe(vm)
                        && runs(active, id)
                        && hosts.values().stream()
                                .allMatch(host -> host.image(id).isEmpty());
            case Placement.Paired(Replica active, Replica standby) ->
                vm.wanted()
                        && vm.spec().isCopied()
                        && vm.view().isWhole()
                        && part(active, id)
                                .filter(Part.Protected.class::isInstance)
                                .isPresent()
                        && part(standby, id)
                                .filter(Part.Holding.class::isInstance)
                                .isPresent()
                        && host(active.host())
                                .guest(id)
                                .filter(Guest::isRunning)
                                .isPresent();
        };
    }

    /// Whether a VM without a standby has all that its level promises, or is of one host and never will.
    private static boolean isAllThatItCanBe(VmRecord vm) {
        boolean whole = !vm.spec().isCopied() && vm.view().isWhole();
        return whole || vm.spec().hosts().size() == 1;
    }

    private boolean runs(Replica active, VmId id) {
        return part(active, id).filter(Part.Running.class::isInstance).isPresent()
                && host(active.host()).guest(id).filter(Guest::isRunning).isPresent();
    }

    /// Whether, by its view, nothing is lost with any one component.
    boolean isProtected(VmRecord vm) {
        return !vm.view().soloGrant() && hasOther(vm);
    }

    private static boolean hasOther(VmRecord vm) {
        return switch (vm.view().placement()) {
            case Placement.Stopped _ -> false;
            case Placement.Solo _ -> isAllThatItCanBe(vm) && vm.spec().hosts().size() > 1;
            case Placement.Paired _ -> vm.view().isWhole();
        };
    }

    /// Where the ledger has each VM.
    List<Outcome.VmEnd> end() {
        return ledger.vms().stream()
                .map(vm -> {
                    Placement placement = vm.view().placement();
                    return new Outcome.VmEnd(
                            vm.spec().name().toString(),
                            placement instanceof Placement.Stopped ? "stopped" : "running",
                            placement
                                    .activeReplica()
                                    .map(it -> it.host().toString())
                                    .orElse(""),
                            placement
                                    .standbyReplica()
                                    .map(it -> it.host().toString())
                                    .orElse(""));
                })
                .toList();
    }

    private Optional<Part> part(Replica replica, VmId vm) {
        return host(replica.host())
                .agent()
                .filter(agent -> agent.life().equals(replica.life()))
                .flatMap(agent -> agent.driver(vm))
                .map(VmDriver::part);
    }

    String describe(VmRecord vm) {
        StringBuilder text = new StringBuilder(
                vm.spec().name() + ", " + (vm.wanted() ? "wanted" : "not wanted") + ", is in " + vm.view() + ";");
        for (HostName name : vm.spec().hosts()) {
            Host host = host(name);
            String part = host.agent()
                    .flatMap(agent -> agent.driver(vm.spec().id()))
                    .map(VmDriver::describe)
                    .orElse("no agent");
            text.append(' ').append(host.name()).append(": ").append(part).append(';');
        }
        return text.toString();
    }
}
