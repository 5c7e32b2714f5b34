package understudy.simulator;

import java.util.SortedSet;
import java.util.TreeSet;
import understudy.model.Moment;
import understudy.model.VmId;
import understudy.protocol.StartOrder;

/// Asks [StartOrder] a few times a second which VMs an agent is not to start yet, as the product's agent does.
///
/// Unlike that, it looks at the ledger itself: a host's copy has only its own VMs here. And what other hosts report is
/// here as soon as they reach it.
final class StartTurns {
    private static final long LOOK_NANOS = 200 * Schedule.MILLISECOND;

    private final Cluster cluster;
    private final Host host;
    private StartOrder order;
    private long looked;
    private SortedSet<VmId> held = new TreeSet<>();

    StartTurns(Cluster cluster, Host host) {
        this.cluster = cluster;
        this.host = host;
        this.order = StartOrder.from(host.now());
        look();
    }

    void tick() {
        if (cluster.schedule().nowNanos() - looked >= LOOK_NANOS) {
            look();
        }
    }

    boolean isHeld(VmId vm) {
        return held.contains(vm);
    }

    private void look() {
        looked = cluster.schedule().nowNanos();
        if (cluster.ledger().isOrdered()) {
            Moment now = host.now();
            order = order.seen(running(), now);
            held = order.held(cluster.ledger().vms(), now);
        }
    }

    /// As the hosts say whose agents reach this one.
    private SortedSet<VmId> running() {
        SortedSet<VmId> running = new TreeSet<>();
        cluster.hosts().stream()
                .filter(other -> other == host
                        || (other.isResponsive() && cluster.network().carries(other, host)))
                .flatMap(other -> other.agent().stream())
                .forEach(agent -> running.addAll(agent.running()));
        return running;
    }
}
