package understudy.protocol;

import java.util.List;
import java.util.Optional;
import understudy.model.HostName;
import understudy.model.Placement;
import understudy.model.Placement.Stopped;
import understudy.model.Problem;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.model.VolumeReplica;
import understudy.model.VolumeSpec;
import understudy.model.VolumeView;

/// Which replicas may be in sync in the view that follows.
///
/// The intuition: the replicas of a volume that are in sync are the places where all that was acknowledged is.
/// So no view may leave none of them, none may come in but by a copy from one that stays, and only who carries
/// the writes can know that a copy is whole: the active, in the life in which it was already active.
///
/// | the next view                              | in-sync replicas may   | a replica's id may             |
/// |--------------------------------------------|------------------------|--------------------------------|
/// | the same active in the same life           | go, and come           | change, if it is out of sync   |
/// | another active, another life of it, a stop | go                     | not                            |
///
/// One that is in sync before stays so in every step. A host that was not active becomes so only if all volumes
/// were in sync there, or if no host had that ([View#starters]). The view of a standby at level 3 counts as
/// another active. That a standby has all volumes, and that they count alone when it goes on, is asked by
/// [Transitions].
///
/// Rejected: letting a standby put itself in. It knows what it has, but not what it lacks.
final class VolumeTransitions {

    private VolumeTransitions() {}

    /// Why a new VM cannot begin with these volumes; empty if it can.
    static Optional<Problem> refusal(VmRecord created) {
        return fits(created, created.view()) ? Optional.empty() : misfit(created, created.view());
    }

    /// Why the volumes of `next` may not follow those of `vm`'s present view; empty if they may.
    static Optional<Problem> refusal(VmRecord vm, View next) {
        if (!fits(vm, next)) {
            return misfit(vm, next);
        }
        View current = vm.view();
        Optional<HostName> taker =
                next.placement().activeReplica().map(Replica::host).filter(host -> !current.isActive(host));
        if (taker.filter(host -> !current.starters(vm.spec().hosts()).contains(host))
                .isPresent()) {
            return notInSync(vm, taker.get());
        }
        boolean same = isSameActive(current.placement(), next.placement());
        for (int i = 0; i < next.volumes().size(); i++) {
            Optional<Problem> refused =
                    refusal(vm, current.volumes().get(i), next.volumes().get(i), same);
            if (refused.isPresent()) {
                return refused;
            }
        }
        return Optional.empty();
    }

    private static Optional<Problem> refusal(VmRecord vm, VolumeView before, VolumeView after, boolean same) {
        boolean anyStays = false;
        for (int i = 0; i < after.replicas().size(); i++) {
            VolumeReplica was = before.replicas().get(i);
            VolumeReplica is = after.replicas().get(i);
            boolean comes = is.inSync() && !was.inSync();
            boolean another = !is.id().equals(was.id());
            if ((comes || another) && !same) {
                return outOfTurn(vm, after, "only the host that runs the VM takes a replica in");
            }
            if (is.fresh() && !(was.fresh() && !another)) {
                return outOfTurn(vm, after, "a host that is to make its replica comes by a change of the pair");
            }
            if (another && (is.inSync() || was.inSync())) {
                return outOfTurn(vm, after, "only a replica that is out of sync can be replaced");
            }
            anyStays |= is.inSync() && was.inSync();
        }
        return anyStays ? Optional.empty() : outOfTurn(vm, after, "a replica is copied only from one that is in sync");
    }

    private static boolean isSameActive(Placement current, Placement next) {
        return !(next instanceof Stopped) && current.activeReplica().equals(next.activeReplica());
    }

    /// Whether a view has the VM's volumes, with a replica on each of its hosts.
    private static boolean fits(VmRecord vm, View view) {
        List<VolumeSpec> disks = vm.spec().disks();
        return disks.stream()
                        .map(VolumeSpec::id)
                        .toList()
                        .equals(view.volumes().stream().map(VolumeView::volume).toList())
                && view.volumes().stream()
                        .allMatch(volume -> volume.replicas().stream()
                                .map(VolumeReplica::host)
                                .toList()
                                .equals(vm.spec().hosts()));
    }

    private static Optional<Problem> misfit(VmRecord vm, View view) {
        return Optional.of(Problem.of(
                        "view-volumes",
                        "The proposed view does not have the disks of "
                                + vm.spec().name() + ".",
                        "Read the ledger and propose again.")
                .with("view", view.number()));
    }

    private static Optional<Problem> notInSync(VmRecord vm, HostName host) {
        return Optional.of(Problem.of(
                        "replica-not-in-sync",
                        host + " has not all disks of " + vm.spec().name() + " in sync.",
                        "Start it on " + vm.view().starters(vm.spec().hosts()) + ".")
                .with("host", host)
                .with("view", vm.view()));
    }

    private static Optional<Problem> outOfTurn(VmRecord vm, VolumeView after, String why) {
        return Optional.of(Problem.of(
                        "replica-out-of-turn",
                        "A disk '" + after + "' cannot follow " + vm.view() + ".",
                        "Read the ledger and propose again.")
                .because(why)
                .with("view", vm.view())
                .with("volume", after.volume()));
    }
}
