package understudy.simulator;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Life;
import understudy.model.Placement;
import understudy.model.Policy;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmName;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.model.VolumeId;
import understudy.model.VolumeReplica;
import understudy.model.VolumeSpec;
import understudy.model.VolumeView;
import understudy.protocol.LedgerCommand;
import understudy.protocol.Part;
import understudy.simulator.Branch.Point;

/// Two hosts, a witness, and their VMs, in one virtual time.
final class Cluster {
    static final HostName H1 = new HostName("h1");
    static final HostName H2 = new HostName("h2");
    static final HostName W1 = new HostName("w1");

    private final SimulationOptions options;
    private final Schedule schedule = new Schedule();
    private final Dice dice;
    private final Host h1 = new Host(H1, this, schedule);
    private final Host h2 = new Host(H2, this, schedule);
    private final Node w1 = new Node(W1, schedule);
    private final List<Node> nodes = List.of(h1, h2, w1);
    private final Network network = new Network(nodes);
    private final SimulatedLedger ledger;
    private final List<Checker> checkers;
    private final List<Violation> violations = new ArrayList<>();
    private final List<TimelineEntry> timeline = new ArrayList<>();
    private boolean faultsGoOn;
    private int branches;
    private long writes;

    Cluster(long seed, SimulationOptions options) {
        this.options = options;
        this.dice = new Dice(seed);
        this.ledger = new SimulatedLedger(this);
        this.checkers = List.of(
                new OneRunner(),
                new NothingLost(this),
                new OutputFollowsCommit(),
                new LedgerDecides(this),
                new AcknowledgedIsKept(this));
    }

    /// Powers everything on, and asks for the VMs.
    void start() {
        nodes.forEach(Node::powerOn);
        for (int i = 1; i <= options.vms(); i++) {
            VmSpec spec = spec(i);
            View first = new View(1, new Placement.Stopped(), blank(spec), dice.uuid());
            ledger.apply(new LedgerCommand.CreateVm(spec, true, first));
        }
        nodes.forEach(node -> node.startAgent(new Life(dice.uuid())));
        ledger.start();
        watchHandicaps();
    }

    private VmSpec spec(int number) {
        return new VmSpec(
                new VmId(new UUID(0, number)),
                new VmName("vm" + number),
                options.disks() == 0 ? Level.SYSTEM : Level.COMPONENT,
                Policy.BALANCED,
                ByteSize.ofMebibytes(256),
                1,
                "pc-q35-7.2",
                "qemu64",
                List.of(),
                disks(number),
                Optional.empty(),
                number % 2 == 1 ? List.of(H1, H2) : List.of(H2, H1));
    }

    private List<VolumeSpec> disks(int number) {
        List<VolumeSpec> disks = new ArrayList<>();
        for (int i = 0; i < options.disks(); i++) {
            VolumeId id = new VolumeId(new UUID(number, i));
            disks.add(new VolumeSpec(id, VolumeSpec.name(i), ByteSize.ofMebibytes(1), Optional.empty()));
        }
        return disks;
    }

    /// New volumes, with empty replicas on both hosts.
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

    private void watchHandicaps() {
        for (Host host : hosts()) {
            if (!ledger.serves(host)) {
                host.handicapped(schedule.nowNanos());
            }
        }
        schedule.after(10 * Schedule.MILLISECOND, this::watchHandicaps);
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

    List<Node> nodes() {
        return nodes;
    }

    List<Host> hosts() {
        return List.of(h1, h2);
    }

    Host host(HostName name) {
        return name.equals(H1) ? h1 : h2;
    }

    Node witness() {
        return w1;
    }

    Host otherThan(Host host) {
        return host.equals(h1) ? h2 : h1;
    }

    List<Violation> violations() {
        return violations;
    }

    List<TimelineEntry> timeline() {
        return timeline;
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

    Branch boot() {
        int id = ++branches;
        return new Branch(id, id, Optional.empty());
    }

    Branch fork(Point from) {
        return new Branch(++branches, from.branch().incarnation(), Optional.of(from));
    }

    /// A node's copy of the ledger got its next entry.
    void learnt(Node node, VmRecord vm) {
        if (node instanceof Host host) {
            host.agent().ifPresent(agent -> host.inLife(agent.life(), () -> agent.learnt(vm)));
        }
    }

    void observe(Observation seen) {
        record(seen);
        for (Checker checker : checkers) {
            checker.check(seen)
                    .ifPresent(text -> violations.add(
                            new Violation(millis(), checker.getClass().getSimpleName(), text)));
        }
    }

    private void record(Observation seen) {
        switch (seen) {
            case Observation.ViewAccepted(VmId vm, VmRecord before, View view) -> {
                note("view", vm, view.placement().activeReplica(), view.toString());
                if (before.view().placement() instanceof Placement.Paired(Replica _, Replica standby)
                        && view.isActive(standby.host())) {
                    note("takeover", vm, Optional.of(standby), "");
                }
                if (view.placement() instanceof Placement.Stopped) {
                    note("vm-stopped", vm, before.view().placement().activeReplica(), "");
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
            case Observation.ProposalRefused(VmId vm, String message) -> note("refused", vm, Optional.empty(), message);
            case Observation.WriteAcknowledged _,
                    Observation.FlushAcknowledged _,
                    Observation.BlockRead _,
                    Observation.ViewProposed _,
                    Observation.FrameLeft _,
                    Observation.GateOpened _,
                    Observation.EpochHeld _ -> {}
        }
    }

    private String name(VmId vm) {
        return ledger.vm(vm).map(it -> it.spec().name().toString()).orElse("");
    }

    private void note(String event, VmId vm, Optional<Replica> at, String text) {
        timeline.add(new TimelineEntry(
                millis(), event, name(vm), at.map(it -> it.host().toString()).orElse(""), text));
    }

    void note(String event, HostName host, String vm, String text) {
        timeline.add(new TimelineEntry(millis(), event, vm, host.toString(), text));
    }

    void trace(VmDriver driver, String text) {
        note("part", driver.agent().host().name(), driver.spec().name().toString(), text);
    }

    long millis() {
        return schedule.nowNanos() / Schedule.MILLISECOND;
    }

    /// Whether every VM is where its users want it, at its level; else what is missing.
    Optional<String> missing() {
        return ledger.vms().stream()
                .map(this::missing)
                .flatMap(Optional::stream)
                .findFirst();
    }

    private Optional<String> missing(VmRecord vm) {
        VmId id = vm.spec().id();
        boolean there = switch (vm.view().placement()) {
            case Placement.Stopped _ ->
                !vm.wanted()
                        && hosts().stream().noneMatch(host -> host.guest(id).isPresent());
            case Placement.Solo(Replica active) -> vm.wanted() && isWhole(vm, active);
            case Placement.Paired(Replica active, Replica standby) ->
                vm.wanted()
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
        return there ? Optional.empty() : Optional.of(describe(vm));
    }

    /// Whether a VM of level `component` has all that this promises.
    private boolean isWhole(VmRecord vm, Replica active) {
        VmId id = vm.spec().id();
        return vm.spec().level() == Level.COMPONENT
                && vm.view().isWhole()
                && part(active, id).filter(Part.Running.class::isInstance).isPresent()
                && host(active.host()).guest(id).filter(Guest::isRunning).isPresent();
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

    private String describe(VmRecord vm) {
        StringBuilder text = new StringBuilder(
                vm.spec().name() + ", " + (vm.wanted() ? "wanted" : "not wanted") + ", is in " + vm.view() + ";");
        for (Host host : hosts()) {
            String part = host.agent()
                    .flatMap(agent -> agent.driver(vm.spec().id()))
                    .map(VmDriver::describe)
                    .orElse("no agent");
            text.append(' ').append(host.name()).append(": ").append(part).append(';');
        }
        return text.toString();
    }
}
