package understudy.simulator;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.model.Moment;
import understudy.model.Replica;
import understudy.model.VmId;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.protocol.PeerWatch;
import understudy.protocol.Step;
import understudy.protocol.ViewInput;

/// One life of a host's agent: the production machines, and a thin driver for each VM.
final class Agent {
    private static final PeerWatch WATCH = new PeerWatch(Duration.ofMillis(100), Duration.ofMillis(300));

    private final Cluster cluster;
    private final Host host;
    private final Life life;
    private final Map<VmId, VmDriver> drivers = new TreeMap<>();
    private final List<Connection> connections = new ArrayList<>();
    private final Map<HostName, Peer> peers = new TreeMap<>();
    private final Leases leases;
    private final StartTurns turns;

    /// What is known of another host's agent.
    private static final class Peer {
        final Host host;
        Optional<Life> life = Optional.empty();
        PeerWatch.State watched;

        Peer(Host host, Moment since) {
            this.host = host;
            this.watched = new PeerWatch.State.Heard(since);
        }
    }

    Agent(Cluster cluster, Host host, Life life) {
        this.cluster = cluster;
        this.host = host;
        this.life = life;
        this.leases = new Leases(cluster, this);
        this.turns = new StartTurns(cluster, host);
    }

    Host host() {
        return host;
    }

    Life life() {
        return life;
    }

    Replica replica() {
        return new Replica(host.name(), life);
    }

    VmDriver driver(VmSpec spec) {
        return drivers.computeIfAbsent(spec.id(), _ -> new VmDriver(cluster, this, spec));
    }

    /// In the order of their VMs.
    Collection<VmDriver> drivers() {
        return Collections.unmodifiableCollection(drivers.values());
    }

    Optional<VmDriver> driver(VmId vm) {
        return Optional.ofNullable(drivers.get(vm));
    }

    void start() {
        for (VmRecord vm : cluster.ledger().vms()) {
            Optional<Guest> guest = host.guest(vm.spec().id());
            if (vm.spec().hosts().contains(host.name())) {
                guest.ifPresent(_ -> driver(vm.spec()).found());
            } else {
                guest.ifPresent(it -> it.end("another host has taken the place of this one"));
            }
        }
        for (VmRecord known : host.words().all()) {
            boolean isOfThisStart = host.words().isOfThisStart(known.spec().id())
                    || cluster.options().mutation() == Mutation.TRUST_WORD_OF_EARLIER_START;
            driver(known.spec()).give(new ViewInput.AloneFound(Optional.of(known), isOfThisStart));
        }
        cluster.ledger().copyAt(host).forEach(this::learntAnything);
        tick();
        heartbeat();
    }

    private void learnt(VmRecord vm) {
        driver(vm.spec()).give(new ViewInput.RecordLearnt(vm));
    }

    private void learntAnything(VmRecord vm) {
        if (vm.spec().hosts().contains(host.name())) {
            learnt(vm);
        } else {
            leave(vm);
        }
    }

    /// Another host has taken this one's place.
    private void leave(VmRecord vm) {
        driver(vm.spec().id()).ifPresent(driver -> driver.give(new ViewInput.RecordLearnt(vm)));
        drivers.remove(vm.spec().id());
    }

    void learnt(SimulatedLedger.Entry entry) {
        entry.record().ifPresentOrElse(this::learntAnything, () -> forget(entry.vm()));
    }

    private void forget(VmId vm) {
        Optional.ofNullable(drivers.remove(vm)).ifPresent(driver -> driver.give(new ViewInput.RecordGone()));
    }

    /// Opens a connection to the other host's agent; to be asked only when that is there.
    Connection connect(Host other) {
        Connection connection = new Connection(cluster, host, other);
        connections.add(connection);
        // It ends with either side, also where nothing is under way that could not arrive.
        other.agent().orElseThrow().connections.add(connection);
        return connection;
    }

    /// The VMs whose guests run here.
    List<VmId> running() {
        return drivers.keySet().stream()
                .filter(vm -> host.guest(vm).filter(Guest::isRunning).isPresent())
                .toList();
    }

    Leases leases() {
        return leases;
    }

    /// The ledger shows a sign of life of another host.
    void renewed(HostName by) {
        tell(peer(by), new ViewInput.PeerRenewed(host.now()));
    }

    private void tick() {
        PeerWatch.Input tick = new PeerWatch.Input.Tick(host.now());
        cluster.partners().of(host.name()).forEach(name -> {
            watch(peer(name), tick);
            hearsay(peer(name));
        });
        if (drivers.values().stream().anyMatch(driver -> !driver.spec().isAllInMemory())) {
            leases.tick();
        }
        Network.Votes votes = cluster.network().votes(host);
        drivers.values().forEach(driver -> driver.count(votes));
        turns.tick();
        drivers.values().forEach(driver -> driver.tick(turns.isHeld(driver.vm())));
        host.inLife(life, 20 * Schedule.MILLISECOND, this::tick);
    }

    /// Other agents say whom they hear.
    private void hearsay(Peer peer) {
        if (!(peer.watched instanceof PeerWatch.State.Lost) || !peer.host.isResponsive()) {
            return;
        }
        boolean isHeard = cluster.nodes().stream()
                .filter(other -> !other.equals(host) && !other.equals(peer.host) && other.isResponsive())
                .anyMatch(other -> cluster.network().carries(peer.host, other)
                        && cluster.network().carries(other, host));
        if (isHeard) {
            tell(peer, new ViewInput.PeerHeardElsewhere(host.now()));
        }
    }

    private Peer peer(HostName name) {
        return peers.computeIfAbsent(name, _ -> new Peer(cluster.host(name), host.now()));
    }

    private List<Host> reachable() {
        return cluster.partners().of(host.name()).stream()
                .map(cluster::host)
                .filter(other -> cluster.network().carries(host, other))
                .toList();
    }

    /// One for all others: they leave together. Some come twice, and late.
    private void heartbeat() {
        List<Host> others =
                reachable().stream().filter(it -> !cluster.isLost(host, it)).toList();
        if (!others.isEmpty()) {
            cluster.schedule().after(cluster.packetDelay(), () -> others.forEach(this::live));
            if (cluster.isRepeated()) {
                cluster.schedule().after(cluster.dice().millis(5, 200), () -> others.forEach(this::live));
            }
        }
        host.inLife(life, 25 * Schedule.MILLISECOND, this::heartbeat);
    }

    private void live(Host other) {
        other.agent().ifPresent(it -> other.inLife(it.life, () -> it.heard(host.name(), life)));
    }

    private void heard(HostName name, Life other) {
        Peer peer = peer(name);
        boolean isNew = !peer.life.equals(Optional.of(other));
        peer.life = Optional.of(other);
        List<PeerWatch.Effect> effects = watch(peer, new PeerWatch.Input.HeartbeatReceived(host.now()));
        if (isNew && !effects.contains(PeerWatch.Effect.REPORT_HEARD)) {
            report(peer, PeerWatch.Effect.REPORT_HEARD);
        }
    }

    private void peerClosed(HostName name) {
        watch(peer(name), new PeerWatch.Input.ConnectionsClosed(host.now()));
    }

    private List<PeerWatch.Effect> watch(Peer peer, PeerWatch.Input input) {
        Step<PeerWatch.State, PeerWatch.Effect> step = WATCH.step(peer.watched, input);
        peer.watched = step.state();
        step.effects().forEach(effect -> report(peer, effect));
        return step.effects();
    }

    private void report(Peer peer, PeerWatch.Effect effect) {
        Moment now = host.now();
        switch (effect) {
            case REPORT_HEARD ->
                peer.life.ifPresent(other -> tell(peer, new ViewInput.PeerHeard(peer.host.name(), other, now)));
            case REPORT_LOST -> tell(peer, new ViewInput.PeerLost(now, isClosed(peer)));
            case REPORT_DOUBTED -> {}
        }
    }

    private static boolean isClosed(Peer peer) {
        return peer.watched instanceof PeerWatch.State.Lost(var _, boolean closed) && closed;
    }

    /// Tells the VMs whose other host it is.
    private void tell(Peer peer, ViewInput input) {
        List.copyOf(drivers.values()).stream()
                .filter(driver -> driver.peer().equals(Optional.of(peer.host)))
                .forEach(driver -> driver.give(input));
    }

    /// What this agent knows of another, for a driver that begins later.
    Optional<ViewInput> peerInput(Host other) {
        Peer peer = peer(other.name());
        Moment now = host.now();
        return switch (peer.watched) {
            case PeerWatch.State.Lost(var _, boolean closed) -> Optional.of(new ViewInput.PeerLost(now, closed));
            case PeerWatch.State.Heard _, PeerWatch.State.Doubted _ ->
                peer.life.map(is -> new ViewInput.PeerHeard(other.name(), is, now));
        };
    }

    /// The process is gone; its kernel closes its connections.
    void died() {
        connections.forEach(connection -> connection.close(host));
        for (Host other : reachable()) {
            other.agent()
                    .ifPresent(it -> other.inLife(it.life, cluster.packetDelay(), () -> it.peerClosed(host.name())));
        }
    }

    /// The machine is gone; nothing says goodbye.
    void vanished() {
        connections.forEach(Connection::breakUp);
    }

    /// Breaks one of its connections.
    void breakConnections() {
        connections.forEach(Connection::breakUp);
    }
}
