package understudy.protocol;

import java.util.List;
import java.util.Optional;
import understudy.model.HostName;
import understudy.model.Placement;
import understudy.model.Placement.Paired;
import understudy.model.Placement.Solo;
import understudy.model.Placement.Stopped;
import understudy.model.Problem;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmRecord;

/// Which view may follow which. The ledger's state machine asks, so that no confused host can break it.
///
/// What [VolumeTransitions] says of the volumes is asked besides; this is about placements:
///
/// | from          | to                                                                                   |
/// |---------------|--------------------------------------------------------------------------------------|
/// | `Stopped`     | `Solo` on any of the VM's hosts                                                      |
/// | `Solo(a)`     | `Solo` on a's host, in any life; `Paired(a, s)` ([VmSpec#mayBePaired]); `Stopped`;   |
/// |               | unless all of the VM is in a's memory: `Solo(b)`, with all volumes in sync at b      |
/// |               | before, and b's alone after                                                          |
/// | `Paired(a,s)` | `Solo` on a's host, in any life; on s's host, in any life, with its volumes alone in |
/// |               | sync after; `Stopped`; with other volumes `Paired(a, s)`                             |
///
/// In every `Paired(a, s)` all volumes are in sync at s. An image goes on with the disks of its own host, so a pair
/// whose standby has not all of them would be none.
///
/// While a solo grant stands ([View#soloGrant]) only views of the active's own host may follow, in any life, and
/// a stop must wait for the end of the grant, too. The grant comes and goes by views that change nothing else,
/// and comes only where another host could go on.
///
/// The intuition: whoever runs next either has what ran before, or the ledger knows that nobody has. A pair is
/// made only by the very replica that runs, because the image is a copy of *its* memory. A `Solo` of another life
/// is a boot, or a guest that a restarted agent found alive. One of another host, out of a `Solo`, is a boot from
/// disks that have all; that the former host is silent by then is not the ledger's matter, but a
/// [LeaseMachine]'s. Whoever goes on with what another host ran does so with its own replicas alone: what was
/// under way there may have reached one of them only. From one pair to another there is no way but through
/// `Solo`, so that an image is never counted upon by a view that it was not made under.
public final class Transitions {

    private Transitions() {}

    /// Why `next` may not follow `vm`'s present view; empty if it may.
    public static Optional<Problem> refusal(VmRecord vm, View next) {
        View current = vm.view();
        boolean changesGrantOnly = (current.soloGrant() || next.soloGrant())
                && current.placement().equals(next.placement())
                && current.volumes().equals(next.volumes());
        if (changesGrantOnly) {
            return next.soloGrant() && !current.isPair(vm.spec()) ? outOfTurn(vm, next.placement()) : Optional.empty();
        }
        if (next.soloGrant()) {
            return outOfTurn(vm, next.placement());
        }
        return grantRefusal(vm, next)
                .or(() -> placementRefusal(vm, next))
                .or(() -> VolumeTransitions.refusal(vm, next));
    }

    private static Optional<Problem> grantRefusal(VmRecord vm, View next) {
        Optional<HostName> active = host(vm.view());
        return !vm.view().soloGrant() || host(next).equals(active)
                ? Optional.empty()
                : Optional.of(Problem.of(
                                "solo-grant-stands",
                                active.orElseThrow() + " may have gone on with "
                                        + vm.spec().name() + " alone.",
                                "Wait for it.")
                        .because("a standing solo grant was recorded when votes were scarce, and it has not ended it")
                        .with("view", vm.view()));
    }

    private static Optional<HostName> host(View view) {
        return view.placement().activeReplica().map(Replica::host);
    }

    private static Optional<Problem> placementRefusal(VmRecord vm, View proposed) {
        Placement next = proposed.placement();
        Placement current = vm.view().placement();
        return switch (next) {
            case Solo(Replica active) ->
                mayGoOn(current, active.host())
                                || isTaken(vm, active.host(), proposed)
                                || isLeft(vm, active.host(), proposed)
                        ? Optional.empty()
                        : notInSync(vm, active);
            case Paired _ when !vm.spec().mayBePaired() -> outOfTurn(vm, next);
            case Paired(Replica active, Replica standby) -> {
                boolean changesVolumesOnly =
                        current.equals(next) && !vm.spec().disks().isEmpty();
                if (!current.equals(new Solo(active)) && !changesVolumesOnly) {
                    yield mayGoOn(current, active.host()) ? outOfTurn(vm, next) : notInSync(vm, active);
                }
                yield proposed.isInSync(standby.host()) ? Optional.empty() : notInSync(vm, standby);
            }
            case Stopped _ -> current instanceof Stopped ? outOfTurn(vm, next) : Optional.empty();
        };
    }

    private static boolean mayGoOn(Placement current, HostName host) {
        return current.activeReplica()
                .map(Replica::host)
                .filter(active -> !active.equals(host))
                .isEmpty();
    }

    /// Whether a host takes a VM over to boot it.
    private static boolean isTaken(VmRecord vm, HostName taker, View proposed) {
        return vm.view().takers(vm.spec()).contains(taker) && countsAlone(taker, proposed);
    }

    /// Whether a standby goes on, be it that it claims or that its active leaves the VM to it.
    private static boolean isLeft(VmRecord vm, HostName standby, View proposed) {
        return vm.view().isStandby(standby) && countsAlone(standby, proposed);
    }

    private static boolean countsAlone(HostName host, View proposed) {
        return proposed.volumes().stream().allMatch(volume -> volume.inSync().equals(List.of(host)));
    }

    private static Optional<Problem> notInSync(VmRecord vm, Replica active) {
        return Optional.of(Problem.of(
                        "host-not-in-sync",
                        active.host() + " has no copy of " + vm.spec().name() + " that may go on.",
                        "Wait for the active host, or force a start.")
                .with("host", active.host())
                .with("view", vm.view()));
    }

    private static Optional<Problem> outOfTurn(VmRecord vm, Placement next) {
        return Optional.of(Problem.of(
                        "view-out-of-turn",
                        "'" + next + "' cannot follow '" + vm.view().placement() + "'.",
                        "Read the ledger and propose again.")
                .because("a pair is made only of a VM that can have one and by the replica that runs alone,"
                        + " and only what runs can stop")
                .with("view", vm.view()));
    }
}
