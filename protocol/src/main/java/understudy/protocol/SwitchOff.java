package understudy.protocol;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import understudy.model.HostName;
import understudy.model.Placement;
import understudy.model.Replica;
import understudy.model.VmRecord;
import understudy.model.VolumeView;

/// What would suffer if a host were switched off now, for people who want to do so: nothing else is decided by it.
///
/// A host is in the way of nothing if it runs no VM, if every volume that it has is in sync on another host that is
/// there, and if what runs elsewhere goes on without it: because a majority of voters is left to allow it, or because
/// a solo grant stands. That a VM has no standby without it is no harm by itself: it is what a standby is for.
public final class SwitchOff {
    private SwitchOff() {}

    /// @param voters of the ledger
    /// @param isUp   whether a host or witness is heard
    /// @return reasons for people, a sentence each, without a full stop; empty if it may be switched off
    public static List<String> obstacles(
            LedgerState state, Collection<HostName> voters, Predicate<HostName> isUp, HostName host) {
        List<String> obstacles = new ArrayList<>();
        boolean isDecided = hasMajorityWithout(voters, isUp, host);
        boolean isUndecided = false;
        for (VmRecord vm : state.vms().values()) {
            if (vm.view().isActive(host)) {
                obstacles.add("VM " + vm.spec().name() + " runs there");
            }
            for (VolumeView volume : vm.view().volumes()) {
                onlyCopy(vm, volume, isUp, host).ifPresent(obstacles::add);
            }
            isUndecided |= !isDecided && asksBeforeGoingOn(vm, host);
        }
        if (isUndecided) {
            obstacles.add("without it there is no majority of the voters, so what other hosts run cannot go on alone");
        }
        return obstacles;
    }

    private static boolean hasMajorityWithout(Collection<HostName> voters, Predicate<HostName> isUp, HostName host) {
        long left = voters.stream()
                .filter(voter -> !voter.equals(host) && isUp.test(voter))
                .count();
        return left * 2 > voters.size();
    }

    private static Optional<String> onlyCopy(VmRecord vm, VolumeView volume, Predicate<HostName> isUp, HostName host) {
        boolean isElsewhere = volume.inSync().stream().anyMatch(it -> !it.equals(host) && isUp.test(it));
        if (!volume.isInSync(host) || isElsewhere) {
            return Optional.empty();
        }
        String name =
                vm.spec().disk(volume.volume()).map(disk -> " " + disk.name()).orElse("");
        return Optional.of("it has the only copy in sync of disk%s of VM %s"
                .formatted(name, vm.spec().name()));
    }

    /// Whether another host runs it and goes on without this one only by a view of its own.
    private static boolean asksBeforeGoingOn(VmRecord vm, HostName host) {
        Optional<HostName> active = vm.view().placement().activeReplica().map(Replica::host);
        boolean isElsewhere = active.filter(it -> !it.equals(host)).isPresent();
        boolean countsOnIt = vm.view().placement() instanceof Placement.Paired
                ? vm.view().isStandby(host)
                : vm.view().volumes().stream().anyMatch(volume -> volume.isInSync(host));
        return isElsewhere && countsOnIt && !vm.view().soloGrant();
    }
}
