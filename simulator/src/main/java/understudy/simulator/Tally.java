package understudy.simulator;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import understudy.model.HostName;
import understudy.model.Placement;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmId;

/// What scenarios count: takeovers, boots, and when clients last heard of a VM.
final class Tally {
    private final Map<VmId, Integer> takeovers = new TreeMap<>();
    private final Map<VmId, Integer> boots = new TreeMap<>();
    private final Map<VmId, Long> heardAt = new TreeMap<>();
    private final Map<VmId, Long> wroteAt = new TreeMap<>();
    private final Set<UUID> handovers = new TreeSet<>();

    /// Whether somebody asked that this happen.
    void handsOver(View view) {
        handovers.add(view.proposal());
    }

    /// Whether another host goes on because it must.
    boolean isTakeover(View before, View view) {
        return moves(before, view) && !handovers.contains(view.proposal());
    }

    boolean isSwitchover(View before, View view) {
        return moves(before, view) && handovers.contains(view.proposal());
    }

    private static boolean moves(View before, View view) {
        Placement next = view.placement();
        return before.placement().activeReplica().isPresent()
                && next.activeReplica()
                        .map(Replica::host)
                        .filter(host -> !before.isActive(host))
                        .isPresent();
    }

    void see(Observation seen, long nowNanos) {
        switch (seen) {
            case Observation.ViewAccepted(VmId vm, var before, View view) -> {
                if (isTakeover(before.view(), view)) {
                    takeovers.merge(vm, 1, Integer::sum);
                }
            }
            case Observation.GuestBooted(VmId vm, HostName _, Branch _) -> boots.merge(vm, 1, Integer::sum);
            case Observation.FrameLeft(VmId vm, HostName _, var _) -> heardAt.put(vm, nowNanos);
            case Observation.WriteAcknowledged it -> wroteAt.put(it.vm(), nowNanos);
            case Observation.StartForced _,
                    Observation.GateOpened _,
                    Observation.ImageResumed _,
                    Observation.EpochHeld _,
                    Observation.ViewProposed _,
                    Observation.ProposalRefused _,
                    Observation.FlushAcknowledged _,
                    Observation.GuestEnded _,
                    Observation.PairChosen _,
                    Observation.BlockRecalled _,
                    Observation.BlockFound _,
                    Observation.FlushKept _,
                    Observation.BlockRead _ -> {}
        }
    }

    int takeovers(VmId vm) {
        return takeovers.getOrDefault(vm, 0);
    }

    int takeovers() {
        return takeovers.values().stream().mapToInt(it -> it).sum();
    }

    int boots(VmId vm) {
        return boots.getOrDefault(vm, 0);
    }

    /// When a write of it was last answered; long before the start, if none was.
    long wroteAt(VmId vm) {
        return wroteAt.getOrDefault(vm, -Schedule.SECOND * 3_600);
    }

    /// When something of it last left; long before the start, if nothing did.
    long heardAt(VmId vm) {
        return heardAt.getOrDefault(vm, -Schedule.SECOND * 3_600);
    }
}
