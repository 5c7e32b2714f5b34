package understudy.simulator;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import understudy.model.HostName;
import understudy.model.Placement;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmRecord;

/// What the invariants stand on: views only go up, nothing is asked that could never be accepted, and a gate is
/// open only where the ledger has this life of this host run the VM alone, or allows the host to go by its own word
/// on its disk. So two gates are never open, save one
/// that lets nothing out without a lease: of that, [OneRunner] judges each frame.
///
/// A host that has not heard of a start that was forced may go on by the view before it.
final class LedgerDecides implements Checker {
    private final Cluster cluster;

    /// The last forced view's number.
    private final Map<VmId, Long> forced = new TreeMap<>();

    LedgerDecides(Cluster cluster) {
        this.cluster = cluster;
    }

    @Override
    public Optional<String> check(Observation observation) {
        return switch (observation) {
            case Observation.ViewAccepted(VmId vm, VmRecord before, View view) -> {
                if (view.number() != before.view().number() + 1) {
                    yield Optional.of(view + " after " + before.view());
                }
                yield cluster.hosts().stream()
                        .filter(host -> isOpen(host, vm) && !isLeaseBound(host, vm) && !isOverruled(host, vm))
                        .filter(host -> !isSolo(host, view.placement()) && !host.isAlone(vm, view))
                        .findFirst()
                        .map(host -> "the gate of " + host.name() + " is open in " + view);
            }
            case Observation.GateOpened(VmId vm, HostName name) -> {
                View view = cluster.ledger().vm(vm).orElseThrow().view();
                yield isSolo(cluster.host(name), view.placement())
                                || cluster.host(name).isAlone(vm, view)
                                || isLeaseBound(cluster.host(name), vm)
                                || isOverruled(cluster.host(name), vm)
                        ? Optional.empty()
                        : Optional.of(name + " opens its gate in " + view);
            }
            case Observation.ProposalRefused(VmId _, String message) -> Optional.of("refused: " + message);
            case Observation.StartForced(VmId vm, var _, View view) -> {
                forced.put(vm, view.number());
                yield Optional.empty();
            }
            case Observation.WriteAcknowledged _,
                    Observation.FlushAcknowledged _,
                    Observation.GuestEnded _,
                    Observation.PairChosen _,
                    Observation.BlockRecalled _,
                    Observation.BlockFound _,
                    Observation.FlushKept _,
                    Observation.BlockRead _,
                    Observation.FrameLeft _,
                    Observation.ViewProposed _,
                    Observation.GuestBooted _,
                    Observation.ImageResumed _,
                    Observation.EpochHeld _ -> Optional.empty();
        };
    }

    private static boolean isOpen(Host host, VmId vm) {
        return host.guest(vm).isPresent()
                && host.agent()
                        .flatMap(agent -> agent.driver(vm))
                        .filter(driver -> driver.gate().mode() == Gate.Mode.OPEN)
                        .isPresent();
    }

    private static boolean isLeaseBound(Host host, VmId vm) {
        return host.agent()
                .flatMap(agent -> agent.driver(vm))
                .filter(VmDriver::needsLease)
                .isPresent();
    }

    private boolean isOverruled(Host host, VmId vm) {
        return host.agent()
                .flatMap(agent -> agent.driver(vm))
                .filter(driver -> driver.knownView() < forced.getOrDefault(vm, 0L))
                .isPresent();
    }

    private static boolean isSolo(Host host, Placement placement) {
        return host.agent()
                .filter(agent -> placement.equals(new Placement.Solo(agent.replica())))
                .isPresent();
    }
}
