package understudy.protocol;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import understudy.model.HostName;
import understudy.model.Placement;
import understudy.model.Problem;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.model.VolumeId;
import understudy.model.VolumeReplica;
import understudy.model.VolumeView;

/// The one way around the in-sync set: an operator says that a VM is to go on from what one host has, although
/// another host, which cannot, has more or may have more. What only that one has is lost.
///
/// A forced view is one that no host could propose:
///
/// | the VM            | its forced view                                                                      |
/// |-------------------|--------------------------------------------------------------------------------------|
/// | has disks         | `Stopped`; all volumes in sync on the forced host alone; every other replica has an  |
/// |                   | id that nobody has                                                                   |
/// | has none          | as before, without the solo grant that kept the standby from going on; at level      |
/// |                   | `system`, where no standby has its memory: `Stopped`                                 |
///
/// The intuition: what a host makes of a view need not know of force. Whoever runs the VM and hears of a stopped view
/// ends its guest. The forced host is the only one that may start it, and does, when it has waited for as long as a
/// former active could need to hear of it. Whatever the other host has is, by its id, not the replica that the view
/// names, so none of it counts, and all of it is compared when it comes back: dirty map and log of a replica that went
/// its own way say nothing about the difference. The forced host's replicas are named by what they are, so that one
/// that was overruled before can be chosen again.
///
/// Rejected: a view that makes the forced host active at once. Where that host runs the VM already, on replicas
/// of others that are gone, its guest would go on over another disk content.
///
/// This is the exception to invariants 1 and 4 (design, section 3.1, rule 15): if the overruled host lives and is only
/// cut off, it runs the VM, too, until it hears of it.
public final class ForcedStart {
    private ForcedStart() {}

    /// Why a start need or can not be forced there; empty if it can.
    public static Optional<Problem> refusal(VmRecord vm, HostName host) {
        if (!vm.spec().hosts().contains(host)) {
            return Optional.of(Problem.of(
                            "host-not-of-vm",
                            host + " is not one of the hosts of " + vm.spec().name() + ".",
                            "Name one of " + vm.spec().hosts() + ".")
                    .with("host", host));
        }
        View view = vm.view();
        boolean isKept = view.soloGrant() && !view.isActive(host);
        boolean lacksDisks = !vm.spec().disks().isEmpty() && !view.isInSync(host);
        return isKept || lacksDisks || lacksMemory(vm, host)
                ? Optional.empty()
                : Optional.of(Problem.of(
                                "nothing-to-force",
                                host + " needs no force to run " + vm.spec().name() + ".",
                                "Start it, if it is stopped: understudy vm start "
                                        + vm.spec().name())
                        .because("the ledger says that it has all that was acknowledged")
                        .with("view", view));
    }

    /// At level `system` a VM without disks is in the memory of its active host alone, if it has no standby.
    private static boolean lacksMemory(VmRecord vm, HostName host) {
        return vm.spec().isAllInMemory()
                && vm.view().placement() instanceof Placement.Solo(Replica active)
                && !active.host().equals(host);
    }

    /// Why the ledger cannot make a view of it; empty if it can.
    static Optional<Problem> misfit(VmRecord vm, LedgerCommand.ForceStart command) {
        List<UUID> replicas = command.replicas();
        boolean fits = replicas.size() == vm.spec().disks().size()
                && replicas.stream().distinct().count() == replicas.size();
        return fits
                ? Optional.empty()
                : Optional.of(Problem.of(
                                "view-volumes",
                                "What " + command.host() + " has does not fit the disks of "
                                        + vm.spec().name() + ".",
                                "Look again.")
                        .with("host", command.host()));
    }

    /// The same for all who apply it.
    static View view(VmRecord vm, LedgerCommand.ForceStart command) {
        View view = vm.view();
        if (view.volumes().isEmpty() && !lacksMemory(vm, command.host())) {
            return view.next(view.placement(), List.of(), command.proposal());
        }
        List<VolumeView> forced = new ArrayList<>();
        for (int i = 0; i < view.volumes().size(); i++) {
            forced.add(forced(view.volumes().get(i), command.replicas().get(i), command));
        }
        return view.next(new Placement.Stopped(), forced, command.proposal());
    }

    private static VolumeView forced(VolumeView volume, UUID replica, LedgerCommand.ForceStart command) {
        return new VolumeView(
                volume.volume(),
                volume.replicas().stream()
                        .map(it -> it.host().equals(command.host())
                                ? new VolumeReplica(it.host(), replica, true)
                                : new VolumeReplica(
                                        it.host(), nobodys(volume.volume(), it.host(), command.proposal()), false))
                        .toList());
    }

    private static UUID nobodys(VolumeId volume, HostName host, UUID proposal) {
        return UUID.nameUUIDFromBytes((proposal + " " + volume + " " + host).getBytes(US_ASCII));
    }

    /// Whether a view is one that was forced: no host can name other replicas in a view that ends a run. Who was
    /// overruled may be running then.
    static boolean isForced(View before, View after) {
        return after.placement() instanceof Placement.Stopped && !ids(before).equals(ids(after));
    }

    private static List<UUID> ids(View view) {
        return view.volumes().stream()
                .flatMap(it -> it.replicas().stream())
                .map(VolumeReplica::id)
                .toList();
    }
}
