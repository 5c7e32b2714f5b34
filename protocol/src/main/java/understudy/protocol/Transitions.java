package understudy.protocol;

import java.util.List;
import java.util.Optional;
import understudy.model.HostName;
import understudy.model.Level;
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
/// | from          | to                                                                               |
/// |---------------|----------------------------------------------------------------------------------|
/// | `Stopped`     | `Solo` on any of the VM's hosts                                                  |
/// | `Solo(a)`     | `Solo` on a's host, in any life; at level `system` `Paired(a, s)`; `Stopped`;    |
/// |               | at other levels `Solo(b)`, with all volumes in sync at b before, and b's alone after |
/// | `Paired(a,s)` | `Solo` on a's host or on s's host, in any life; `Stopped`                        |
///
/// While a solo grant stands ([View#soloGrant]) only views of the active's own host may follow, in any life, and a
/// stop must wait for the end of the grant, too. The grant comes and goes by views that change nothing else, and comes
/// only
/// where another host could go on.
///
/// The intuition: whoever runs next either has what ran before, or the ledger knows that nobody has. A pair is
/// made only by the very replica that runs, because the image is a copy of *its* memory. A `Solo` of another life
/// is a boot, or a guest that a restarted agent found alive. One of another host is a boot from disks that have all;
/// that the former host is silent by then is not the ledger's matter, but a [LeaseMachine]'s. From one pair to another
/// there is no way but through
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
                mayGoOn(current, active.host()) || isTaken(vm, active.host(), proposed)
                        ? Optional.empty()
                        : notInSync(vm, active);
            case Paired _ when vm.spec().level() != Level.SYSTEM -> outOfTurn(vm, next);
            case Paired(Replica active, Replica _) -> {
                if (!mayGoOn(current, active.host())) {
                    yield notInSync(vm, active);
                }
                yield current.equals(new Solo(active)) ? Optional.empty() : outOfTurn(vm, next);
            }
            case Stopped _ -> current instanceof Stopped ? outOfTurn(vm, next) : Optional.empty();
        };
    }

    private static boolean mayGoOn(Placement current, HostName host) {
        return switch (current) {
            case Stopped _ -> true;
            case Solo(Replica active) -> active.host().equals(host);
            case Paired(Replica active, Replica standby) ->
                active.host().equals(host) || standby.host().equals(host);
        };
    }

    /// Whether a host takes a VM over to boot it. Its replicas count alone from then on: what was under way when the
    /// former active fell silent may have reached one replica only.
    private static boolean isTaken(VmRecord vm, HostName taker, View proposed) {
        return vm.view().takers(vm.spec()).contains(taker)
                && proposed.volumes().stream()
                        .allMatch(volume -> volume.inSync().equals(List.of(taker)));
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
                .because("a pair is made only at level system and by the replica that runs alone,"
                        + " and only what runs can stop")
                .with("view", vm.view()));
    }
}
