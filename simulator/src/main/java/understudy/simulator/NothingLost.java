package understudy.simulator;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import understudy.model.Placement;
import understudy.model.Placement.Paired;
import understudy.model.Placement.Solo;
import understudy.model.Replica;
import understudy.model.VmId;
import understudy.model.VmRecord;
import understudy.simulator.Branch.Point;

/// Invariant 2: what a client saw in a frame is in the state of whoever runs later, as long as one memory survives that
/// the ledger counts as in sync.
///
/// Three judgements. Whoever goes on from an image includes all that this incarnation showed. When a pair ends, the one
/// that goes on has a memory, or the other one had none either. And a boot never happens where an image was to go on.
/// A survivor that could not have had anything decided within the last wait of a host without an image is no excuse for
/// waiting longer: that wait is a choice of availability that the design makes.
final class NothingLost implements Checker {
    private final Cluster cluster;
    private final Map<VmId, Map<Integer, Point>> shown = new TreeMap<>();

    NothingLost(Cluster cluster) {
        this.cluster = cluster;
    }

    @Override
    public Optional<String> check(Observation observation) {
        return switch (observation) {
            case Observation.FrameLeft(VmId vm, var _, Point frame) -> {
                shown(vm).merge(frame.branch().id(), frame, (was, is) -> was.position() > is.position() ? was : is);
                yield Optional.empty();
            }
            case Observation.ImageResumed(VmId vm, var _, Branch branch) ->
                forgotten(vm, branch.end(), branch.fork().orElseThrow().toString());
            case Observation.ViewAccepted(VmId vm, VmRecord before, var view) ->
                judge(vm, before.view().placement(), view.placement());
            case Observation.GuestBooted(VmId vm, var host, Branch _) -> {
                Host there = cluster.host(host);
                yield image(there, vm).isPresent()
                        ? Optional.of(host + " boots, and its image could go on")
                        : Optional.empty();
            }
            case Observation.EpochHeld _, Observation.GateOpened _, Observation.ProposalRefused _ -> Optional.empty();
        };
    }

    private Map<Integer, Point> shown(VmId vm) {
        return shown.computeIfAbsent(vm, _ -> new TreeMap<>());
    }

    private Optional<String> forgotten(VmId vm, Point state, String who) {
        return shown(vm).values().stream()
                .filter(seen -> seen.branch().incarnation() == state.branch().incarnation())
                .filter(seen -> !state.includes(seen))
                .findFirst()
                .map(seen -> who + " goes on without frame " + seen + ", which clients saw");
    }

    private Optional<String> judge(VmId vm, Placement before, Placement after) {
        if (!(before instanceof Paired(Replica active, Replica standby)) || !(after instanceof Solo(Replica next))) {
            return Optional.empty();
        }
        if (next.host().equals(standby.host())) {
            return hasImage(standby, vm) && next.equals(standby)
                    ? Optional.empty()
                    : survivor(vm, active, hasGuest(active, vm), next);
        }
        return hasGuest(active, vm) ? Optional.empty() : survivor(vm, standby, hasImage(standby, vm), next);
    }

    private Optional<String> survivor(VmId vm, Replica other, boolean survives, Replica next) {
        long since = cluster.schedule().nowNanos() - cluster.host(other.host()).handicappedAt();
        boolean authorDied = !cluster.host(next.host()).isLife(next.life());
        return survives && since > excused() && !authorDied
                ? Optional.of("%s goes on without a memory of %s, and %s has one".formatted(next, vm, other))
                : Optional.empty();
    }

    /// The wait of a host without an image, and what a slow answer takes.
    private long excused() {
        return cluster.options().timing().bootClaimAfter().toNanos() + Schedule.SECOND;
    }

    private boolean hasGuest(Replica active, VmId vm) {
        return cluster.host(active.host()).guest(vm).isPresent();
    }

    private boolean hasImage(Replica standby, VmId vm) {
        Host host = cluster.host(standby.host());
        return host.isLife(standby.life()) && image(host, vm).isPresent();
    }

    private static Optional<Point> image(Host host, VmId vm) {
        return host.image(vm).flatMap(Image::held);
    }
}
