package understudy.simulator;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import understudy.model.HostName;
import understudy.model.Placement;
import understudy.model.Replica;
import understudy.model.VmId;
import understudy.simulator.Branch.Point;

/// Invariant 3: in a paired view no frame leaves before the standby holds the whole epoch that it was made in, save
/// where the active goes on alone under a solo grant. A host that has been deposed since, and slept, may still let out
/// what the standby that it had holds, whoever is the standby by now.
final class OutputFollowsCommit implements Checker {

    private static final class Pair {
        Placement placement = new Placement.Stopped();
        /// The furthest that a standby ever held, by its life and the branch.
        final Map<String, Point> held = new TreeMap<>();
    }

    private final Cluster cluster;
    private final Map<VmId, Pair> pairs = new TreeMap<>();

    OutputFollowsCommit(Cluster cluster) {
        this.cluster = cluster;
    }

    @Override
    public Optional<String> check(Observation observation) {
        Pair pair = pairs.computeIfAbsent(observation.vm(), _ -> new Pair());
        return switch (observation) {
            case Observation.ViewAccepted(var _, var _, var view) -> {
                pair.placement = view.placement();
                yield Optional.empty();
            }
            case Observation.EpochHeld(var _, Replica standby, Point end) -> {
                pair.held.merge(key(standby, end), end, (was, is) -> was.position() > is.position() ? was : is);
                yield Optional.empty();
            }
            case Observation.FrameLeft(VmId vm, HostName from, Point frame) ->
                isAlone(from, vm) ? Optional.empty() : left(pair, from, frame);
            case Observation.StartForced _,
                    Observation.WriteAcknowledged _,
                    Observation.FlushAcknowledged _,
                    Observation.GuestEnded _,
                    Observation.PairChosen _,
                    Observation.BlockRecalled _,
                    Observation.BlockFound _,
                    Observation.FlushKept _,
                    Observation.BlockRead _,
                    Observation.GuestBooted _,
                    Observation.ImageResumed _,
                    Observation.GateOpened _,
                    Observation.ViewProposed _,
                    Observation.ProposalRefused _ -> Optional.empty();
        };
    }

    private boolean isAlone(HostName host, VmId vm) {
        return cluster.ledger()
                .vm(vm)
                .filter(it -> cluster.host(host).isAlone(vm, it.view()))
                .isPresent();
    }

    private static Optional<String> left(Pair pair, HostName from, Point frame) {
        boolean isActive = pair.placement
                .activeReplica()
                .filter(active -> active.host().equals(from))
                .isPresent();
        return pair.placement
                .standbyReplica()
                .filter(standby -> isActive ? !isHeld(pair, key(standby, frame), frame) : !isHeldAnywhere(pair, frame))
                .map(standby -> "frame %s left, and standby %s does not hold its epoch".formatted(frame, standby));
    }

    private static boolean isHeld(Pair pair, String key, Point frame) {
        return Optional.ofNullable(pair.held.get(key))
                .filter(held -> held.includes(frame))
                .isPresent();
    }

    private static boolean isHeldAnywhere(Pair pair, Point frame) {
        return pair.held.keySet().stream().anyMatch(key -> isHeld(pair, key, frame));
    }

    private static String key(Replica standby, Point point) {
        return standby.life() + "/" + point.branch().id();
    }
}
