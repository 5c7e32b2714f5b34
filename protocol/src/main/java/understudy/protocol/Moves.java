package understudy.protocol;

import java.util.Optional;
import java.util.Set;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Placement;
import understudy.model.Problem;
import understudy.model.Replica;
import understudy.model.VmRecord;
import understudy.model.VmSpec;

/// Which VMs may be moved while they run, and which are to be, because their host is in maintenance.
final class Moves {
    private Moves() {}

    /// Why a VM cannot be moved to a host while it runs; empty if it can.
    static Optional<Problem> refusal(LedgerState state, VmRecord vm, HostName to) {
        return vm.spec().hosts().contains(to)
                ? refusal(vm, to, state.maintained())
                : refusal(vm).or(() -> Pairing.unfit(state, vm, to)).or(() -> unreplaceable(vm, to));
    }

    /// @param maintained the hosts that are in maintenance
    private static Optional<Problem> refusal(VmRecord vm, HostName to, Set<HostName> maintained) {
        return refusal(vm).or(() -> maintained.contains(to) ? Optional.of(inMaintenance(to)) : Optional.empty());
    }

    /// Another host takes the place of the one that does not run it ([Pairing]); what that alone has would be lost.
    private static Optional<Problem> unreplaceable(VmRecord vm, HostName to) {
        VmSpec spec = vm.spec();
        Optional<HostName> active = vm.view().placement().activeReplica().map(Replica::host);
        if (active.flatMap(spec::otherThan).isEmpty()) {
            return Optional.of(Problem.of(
                            "host-not-of-vm",
                            to + " is not one of the hosts of " + spec.name() + ", which has one only.",
                            "Make it anew on two hosts.")
                    .with("host", to));
        }
        return active.filter(vm.view()::isInSync).isPresent()
                ? Optional.empty()
                : Optional.of(Problem.of(
                                "host-not-in-sync",
                                "The disks of %s on %s are not in sync: the other host is needed until they are."
                                        .formatted(spec.name(), active.orElseThrow()),
                                "Wait until they are: understudy volume list")
                        .with("vm", spec.name()));
    }

    private static Optional<Problem> refusal(VmRecord vm) {
        VmSpec spec = vm.spec();
        if (!vm.wanted() || vm.view().placement() instanceof Placement.Stopped) {
            return Optional.of(Problem.of("vm-not-running", spec.name() + " does not run.", "Start it first.")
                    .with("vm", spec.name()));
        }
        if (!spec.mayBePaired()) {
            return Optional.of(Problem.of(
                            "not-movable",
                            "%s has no disks and is not at level %s: such a VM is not moved while it runs."
                                    .formatted(spec.name(), Level.SYSTEM),
                            "Stop it, or make it anew at level " + Level.SYSTEM + ".")
                    .with("vm", spec.name()));
        }
        if (!spec.isCopied() && spec.care().standsStillAfterCrash()) {
            return Optional.of(Problem.of(
                            "not-movable",
                            spec.name()
                                    + " stands still after a crash, to be looked at: such a VM is not moved while it runs.",
                            "Stop it, or make it anew with --on-crash restart or stop.")
                    .with("vm", spec.name()));
        }
        return Optional.empty();
    }

    /// Whether it is on its way to a host, or away from it.
    static boolean isAbout(VmRecord vm, HostName host) {
        return vm.view().isActive(host) || vm.destination().equals(Optional.of(host));
    }

    static VmRecord staying(VmRecord vm) {
        return vm.destination().isEmpty() ? vm : vm.withDestination(Optional.empty());
    }

    static Problem inMaintenance(HostName host) {
        return Problem.of(
                        "host-in-maintenance",
                        host + " is in maintenance: VMs move away from it.",
                        "End that first: understudy host maintenance " + host + " off")
                .with("host", host);
    }

    /// The same VM, to be moved to its other host if it runs on one that is in maintenance, and can be. Whoever said
    /// where to is right.
    static VmRecord awayFrom(Set<HostName> maintained, VmRecord vm) {
        if (vm.destination().filter(to -> !maintained.contains(to)).isPresent()) {
            return vm;
        }
        Optional<HostName> to = vm.view()
                .placement()
                .activeReplica()
                .map(Replica::host)
                .filter(maintained::contains)
                .flatMap(vm.spec()::otherThan)
                .filter(other -> refusal(vm, other, maintained).isEmpty());
        return to.isEmpty() || vm.destination().equals(to) ? vm : vm.withDestination(to);
    }
}
