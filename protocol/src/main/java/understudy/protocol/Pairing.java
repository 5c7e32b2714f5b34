package understudy.protocol;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.Placement;
import understudy.model.Problem;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.model.VolumeView;

/// How another host takes the place of one that has left a VM alone for too long ([PairWatch]).
///
/// The intuition: who runs a VM alone, with all of its disks, needs nothing of the other host. So the other host may
/// become another one, in one step of the ledger: from then on the former one has no part in the VM, whatever it does
/// or believes, because no view of its can follow. The one that comes begins with nothing, and becomes all that the
/// former one was by resync and copy.
///
/// The active has all disks in sync before and after, and the former host, which lacks some of them, could not have
/// gone on. (What it has is given up with it: until the new host is filled each disk has one copy.) If it asks for a
/// view at that moment it asks for the same number, and one of the two is accepted.
///
/// Rejected: keeping three replicas for a while. A former host that is back first would save a copy, and every rule
/// that has two sides would have three.
public final class Pairing {
    private static final List<String> UNFIT = List.of("no-such-host", "host-of-vm", "host-in-maintenance", "no-memory");

    private Pairing() {}

    /// Whether a VM may have another host in the place of its other one, as far as it goes.
    static boolean isAlone(VmRecord vm) {
        VmSpec spec = vm.spec();
        return vm.view().placement() instanceof Placement.Solo(var active)
                && !vm.view().soloGrant()
                && spec.otherThan(active.host())
                        .filter(other -> hasAllAlone(vm.view(), active.host(), other))
                        .isPresent();
    }

    /// A host that lacks any of the disks could not go on.
    private static boolean hasAllAlone(View view, HostName active, HostName other) {
        return view.isInSync(active) && (view.volumes().isEmpty() || !view.isInSync(other));
    }

    /// Whether another host may take the place of a VM's other one now, because the VM is to be moved to it.
    public static boolean isForMove(VmRecord vm, Replica self) {
        return vm.replaced().isPresent() && isAlone(vm) && vm.view().placement().equals(new Placement.Solo(self));
    }

    /// The host that is to come: the one to which the VM is to be moved, or, of those that are there and may run it,
    /// the best one ([HostLoad]). Where hosts stand at two sites that is at another one than the VM's active.
    ///
    /// @param isUp whether a host is heard
    /// @param fits whether it can go on with what the VM's active host runs, memory apart
    public static Optional<HostName> candidate(
            LedgerState state, VmRecord vm, Predicate<HostName> isUp, Predicate<HostRecord> fits) {
        Optional<HostRecord> active =
                vm.view().placement().activeReplica().map(Replica::host).flatMap(state::host);
        VmSpec spec = vm.spec();
        if (vm.replaced().isPresent()) {
            return vm.destination()
                    .filter(to -> isUp.test(to)
                            && unfit(state, vm, to).isEmpty()
                            && state.host(to).filter(fits).isPresent());
        }
        return HostLoad.ranked(
                        state,
                        spec.name(),
                        spec.memory(),
                        spec.cpus(),
                        host -> isUp.test(host.name())
                                && unfit(state, vm, host.name()).isEmpty()
                                && active.filter(it -> HostLoad.mayPair(state, it, host))
                                        .isPresent()
                                && fits.test(host))
                .stream()
                .map(HostRecord::name)
                .findFirst();
    }

    /// Why a change may not be made; empty if it may.
    static Optional<Problem> refusal(LedgerState state, VmRecord vm, LedgerCommand.ChangePair command) {
        if (!isAlone(vm) || !vm.view().placement().equals(new Placement.Solo(command.by()))) {
            return Optional.of(Problem.of(
                            "not-alone",
                            command.by() + " does not run " + vm.spec().name() + " alone, with all of its disks.",
                            "Read the ledger and propose again.")
                    .with("view", vm.view()));
        }
        if (!areNew(vm.view(), command.replicas())) {
            return Optional.of(Problem.of(
                            "view-volumes",
                            "The proposed pair does not have the disks of "
                                    + vm.spec().name() + ".",
                            "Read the ledger and propose again.")
                    .with("view", vm.view()));
        }
        return vm.newHost()
                .filter(to -> !to.equals(command.to()))
                .map(to -> Problem.of(
                                "moves-elsewhere",
                                "%s is to be moved to %s: that host is to come, not %s."
                                        .formatted(vm.spec().name(), to, command.to()),
                                "Read the ledger and propose again.")
                        .with("host", to))
                .or(() -> unfit(state, vm, command.to()));
    }

    /// Whether there is one for each disk, that nothing else is called by.
    private static boolean areNew(View view, List<UUID> replicas) {
        return replicas.size() == view.volumes().size()
                && replicas.stream().distinct().count() == replicas.size()
                && view.volumes().stream()
                        .flatMap(volume -> volume.replicas().stream())
                        .noneMatch(replica -> replicas.contains(replica.id()));
    }

    /// Whether a change was refused because of the host that was to come, and not because of who asked.
    public static boolean isUnfit(Problem refusal) {
        return UNFIT.contains(refusal.code());
    }

    /// Why a host cannot become one of a VM's; empty if it can.
    public static Optional<Problem> unfit(LedgerState state, VmRecord vm, HostName to) {
        Optional<HostRecord> host = state.host(to).filter(it -> it.role() == HostRecord.Role.HOST);
        if (host.isEmpty()) {
            return Optional.of(
                    Problem.of("no-such-host", "There is no host named " + to + ".", "List them: understudy host list")
                            .with("host", to));
        }
        if (vm.spec().hosts().contains(to)) {
            return Optional.of(Problem.of(
                            "host-of-vm",
                            to + " is one of the hosts of " + vm.spec().name() + " already.",
                            "Name another host.")
                    .with("host", to));
        }
        if (state.maintained().contains(to)) {
            return Optional.of(Moves.inMaintenance(to));
        }
        if (HostLoad.free(state, host.get()) < vm.spec().memory().bytes()) {
            return Optional.of(Problem.of(
                            "no-memory",
                            to + " has no " + vm.spec().memory() + " of memory left for VMs.",
                            "Name another host.")
                    .with("host", to));
        }
        return Optional.empty();
    }

    /// What follows.
    static VmRecord changed(VmRecord vm, LedgerCommand.ChangePair command) {
        HostName from = vm.spec().otherThan(command.by().host()).orElseThrow();
        List<VolumeView> before = vm.view().volumes();
        List<UUID> replicas = command.replicas();
        List<VolumeView> after = IntStream.range(0, before.size())
                .mapToObj(i -> before.get(i).moved(from, command.to(), replicas.get(i)))
                .toList();
        return vm.withPair(
                vm.spec().moved(from, command.to()), vm.view().next(vm.view().placement(), after, command.proposal()));
    }
}
