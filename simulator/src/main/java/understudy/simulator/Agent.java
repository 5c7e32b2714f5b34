package understudy.simulator;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import understudy.model.Life;
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
    private Optional<Life> peer = Optional.empty();
    private PeerWatch.State watched;

    Agent(Cluster cluster, Host host, Life life) {
        this.cluster = cluster;
        this.host = host;
        this.life = life;
        this.watched = new PeerWatch.State.Heard(cluster.schedule().now());
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

    Optional<VmDriver> driver(VmId vm) {
        return Optional.ofNullable(drivers.get(vm));
    }

    void start() {
        for (VmRecord vm : cluster.ledger().vms()) {
            if (host.guest(vm.spec().id()).isPresent()) {
                driver(vm.spec()).found();
            }
            cluster.ledger().copyAt(host.name(), vm.spec().id()).ifPresent(this::learnt);
        }
        tick();
        heartbeat();
    }

    void learnt(VmRecord vm) {
        driver(vm.spec()).give(new ViewInput.RecordLearnt(vm));
    }

    /// Opens a connection to the other host's agent; to be asked only when that is there.
    Connection connect(Host other) {
        Connection connection = new Connection(cluster, host, other);
        connections.add(connection);
        return connection;
    }

    private void tick() {
        watch(new PeerWatch.Input.Tick(cluster.schedule().now()));
        drivers.values().forEach(VmDriver::tick);
        host.inLife(life, 20 * Schedule.MILLISECOND, this::tick);
    }

    private void heartbeat() {
        Host other = cluster.otherThan(host);
        if (cluster.network().carries(host, other)) {
            cluster.schedule()
                    .after(
                            cluster.packetDelay(),
                            () -> other.agent().ifPresent(it -> other.inLife(it.life, () -> it.heard(life))));
        }
        host.inLife(life, 25 * Schedule.MILLISECOND, this::heartbeat);
    }

    private void heard(Life other) {
        boolean isNew = !peer.equals(Optional.of(other));
        peer = Optional.of(other);
        List<PeerWatch.Effect> effects =
                watch(new PeerWatch.Input.HeartbeatReceived(cluster.schedule().now()));
        if (isNew && !effects.contains(PeerWatch.Effect.REPORT_HEARD)) {
            report(PeerWatch.Effect.REPORT_HEARD);
        }
    }

    void peerClosed() {
        watch(new PeerWatch.Input.ConnectionsClosed(cluster.schedule().now()));
    }

    private List<PeerWatch.Effect> watch(PeerWatch.Input input) {
        Step<PeerWatch.State, PeerWatch.Effect> step = WATCH.step(watched, input);
        watched = step.state();
        step.effects().forEach(this::report);
        return step.effects();
    }

    private void report(PeerWatch.Effect effect) {
        var now = cluster.schedule().now();
        switch (effect) {
            case REPORT_HEARD ->
                peer.ifPresent(other ->
                        giveAll(new ViewInput.PeerHeard(cluster.otherThan(host).name(), other, now)));
            case REPORT_LOST -> giveAll(new ViewInput.PeerLost(now));
            case REPORT_DOUBTED -> {}
        }
    }

    private void giveAll(ViewInput input) {
        List.copyOf(drivers.values()).forEach(driver -> driver.give(input));
    }

    /// What this agent knows of the other, for a driver that begins later.
    Optional<ViewInput> peerInput() {
        var now = cluster.schedule().now();
        return switch (watched) {
            case PeerWatch.State.Lost _ -> Optional.of(new ViewInput.PeerLost(now));
            case PeerWatch.State.Heard _, PeerWatch.State.Doubted _ ->
                peer.map(
                        other -> new ViewInput.PeerHeard(cluster.otherThan(host).name(), other, now));
        };
    }

    /// The process is gone; its kernel closes its connections.
    void died() {
        connections.forEach(connection -> connection.close(host));
        Host other = cluster.otherThan(host);
        if (cluster.network().carries(host, other)) {
            other.agent().ifPresent(it -> other.inLife(it.life, cluster.packetDelay(), it::peerClosed));
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
