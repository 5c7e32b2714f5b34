package understudy.simulator;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import understudy.model.Placement;
import understudy.model.Placement.Paired;
import understudy.model.Placement.Solo;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmRecord;
import understudy.simulator.Branch.Point;

/// Invariant 2: what a client saw in a frame is in the state of whoever runs later, as long as one memory
/// survives that the ledger counts as in sync.
///
/// Three judgements. Whoever goes on from an image includes all that this incarnation showed. When a pair ends,
/// the one that goes on has a memory, or the other one had none either. And a boot never happens where an image
/// was to go on. A survivor that could not have had anything decided within the last wait of a host without an
/// image is no excuse for waiting longer: that wait is a choice of availability that the design makes. A forced
/// start gives up what was shown before.
final class NothingLost implements Checker {
    private final Cluster cluster;
    private final Map<VmId, Map<Integer, Point>> shown = new TreeMap<>();

    /// Proposals by which somebody with a memory was to go on, when they were made; they may land after it was
    /// lost.
    private final Set<UUID> sound = new TreeSet<>();

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
            case Observation.ViewAccepted(VmId vm, VmRecord before, View view) ->
                isByWord(vm, before.view())
                        ? Optional.empty()
                        : judge(vm, before.view().placement(), view);
            case Observation.GuestBooted(VmId vm, var host, Branch _) -> {
                Host there = cluster.host(host);
                yield image(there, vm).isPresent()
                        ? Optional.of(host + " boots, and its image could go on")
                        : Optional.empty();
            }
            case Observation.ViewProposed(VmId vm, View view) -> {
                if (view.placement() instanceof Solo(Replica next) && thinksItHasMemory(next, vm)) {
                    sound.add(view.proposal());
                }
                yield Optional.empty();
            }
            case Observation.StartForced it -> {
                shown.remove(it.vm());
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
                    Observation.EpochHeld _,
                    Observation.GateOpened _,
                    Observation.ProposalRefused _ -> Optional.empty();
        };
    }

    /// Where the active went on alone under a grant, its standby's memory is old.
    private boolean isByWord(VmId vm, View before) {
        return before.soloGrant() && cluster.hosts().stream().anyMatch(host -> host.isAlone(vm, before));
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

    private Optional<String> judge(VmId vm, Placement before, View view) {
        if (!(before instanceof Paired(Replica active, Replica standby))
                || !(view.placement() instanceof Solo(Replica next))
                || sound.contains(view.proposal())
                || hasMemory(next, vm)) {
            return Optional.empty();
        }
        Replica other = next.host().equals(standby.host()) ? active : standby;
        long since = cluster.schedule().nowNanos() - cluster.host(other.host()).handicappedAt();
        return hasMemory(other, vm) && hasDisks(other, vm) && since > excused()
                ? Optional.of("%s goes on without a memory, and %s has one".formatted(next, other))
                : Optional.empty();
    }

    /// The wait of a host without an image, and what a slow answer takes.
    private long excused() {
        return cluster.options().timing().bootClaimAfter().toNanos() + Schedule.SECOND;
    }

    /// A guest outlives its agent, if nothing that it wrote died with that. An image does not.
    private boolean hasMemory(Replica replica, VmId vm) {
        Host host = cluster.host(replica.host());
        boolean hasGuest = host.guest(vm)
                .filter(guest ->
                        guest.keptBy().filter(life -> !host.isLife(life)).isEmpty())
                .isPresent();
        return hasGuest || (host.isLife(replica.life()) && image(host, vm).isPresent());
    }

    /// Without its own disks nobody goes on from an image.
    private boolean hasDisks(Replica replica, VmId vm) {
        Host host = cluster.host(replica.host());
        return cluster.ledger().vm(vm).orElseThrow().spec().disks().stream()
                .allMatch(disk -> host.disk(disk.id())
                        .filter(it -> it.works(cluster.schedule().nowNanos()))
                        .isPresent());
    }

    /// Whether there is one, or its loss is news that the proposer cannot have.
    private boolean thinksItHasMemory(Replica replica, VmId vm) {
        Host host = cluster.host(replica.host());
        return hasMemory(replica, vm) || host.thinksItHasGuest(vm) || host.justLostImage(vm);
    }

    private static Optional<Point> image(Host host, VmId vm) {
        return host.image(vm).flatMap(Image::held);
    }
}
