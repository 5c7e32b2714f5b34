package understudy.simulator;

import java.util.Optional;
import understudy.model.HostName;
import understudy.model.Placement;
import understudy.model.VmRecord;

/// Invariant 8: a guest outlives its agent, and is taken up by the next life of that. Nobody ends it before, save for
/// what the rules name:
///
/// - the ledger has, or had, another host run the VM, nobody, or a host that took this one's place;
/// - users want the VM to stop;
/// - it is of a pair and has disks: what it wrote last was in its agent's memory, and died with that, or may have.
///
/// That it is taken up in the end is for the healing to show: who only finds it runs nothing.
final class AgentIsNotTheVm implements Checker {
    private final Cluster cluster;

    AgentIsNotTheVm(Cluster cluster) {
        this.cluster = cluster;
    }

    @Override
    public Optional<String> check(Observation observation) {
        return observation instanceof Observation.GuestEnded ended && ended.isFound() && !hasReason(ended)
                ? Optional.of("a guest on %s that outlived its agent is ended: %s".formatted(ended.host(), ended.why()))
                : Optional.empty();
    }

    /// What the agent that ends it knows may be old: a view that took the VM from it has done so for good.
    private boolean hasReason(Observation.GuestEnded ended) {
        Optional<VmRecord> known = cluster.host(ended.host())
                .agent()
                .flatMap(agent -> agent.driver(ended.vm()))
                .flatMap(VmDriver::known);
        Optional<VmRecord> is = cluster.ledger().vm(ended.vm());
        return ended.isKept()
                || is.isEmpty()
                || isOver(is.get(), ended.host())
                || known.filter(it -> isOver(it, ended.host())).isPresent();
    }

    private static boolean isOver(VmRecord vm, HostName host) {
        boolean mayBeKept = vm.view().placement() instanceof Placement.Paired
                && !vm.spec().disks().isEmpty();
        return mayBeKept || !vm.wanted() || !vm.view().isActive(host);
    }
}
