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
/// A host is in the way of nothing if it runs no VM and none is on its way there, if every volume that it has is in
/// sync on another host that is there, if it has no image of a guest whose host is lost, and if all else goes on
/// without it: because a majority of voters is left to allow that, or because nobody needs to be asked. That a VM has
/// no standby without it is no harm by itself: it is what a standby is for.
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
            if (vm.destination().equals(Optional.of(host))) {
                obstacles.add("VM " + vm.spec().name() + " is being moved there");
            }
            for (VolumeView volume : vm.view().volumes()) {
                onlyCopy(vm, volume, isUp, host).ifPresent(obstacles::add);
            }
            onlyImage(vm, isUp, host).ifPresent(obstacles::add);
            isUndecided |= !isDecided && needsMajority(vm, isUp, host);
        }
        if (isUndecided) {
            obstacles.add("without it there is no majority of the voters: nobody takes over what fails then, and VMs"
                    + " that need a lease stop");
        }
        return obstacles;
    }

    /// Of the obstacles those for which the host should stay on whatever anybody thinks: what it has of a VM,
    /// nobody else who is there has. VMs of one host are left out, which were made to be so.
    ///
    /// @param isUp whether a host or witness is heard
    /// @return reasons for people, as of [#obstacles]
    public static List<String> lastCopies(LedgerState state, Predicate<HostName> isUp, HostName host) {
        List<String> copies = new ArrayList<>();
        for (VmRecord vm : state.vms().values()) {
            if (vm.spec().hosts().size() > 1) {
                vm.view()
                        .volumes()
                        .forEach(volume -> onlyCopy(vm, volume, isUp, host).ifPresent(copies::add));
                onlyImage(vm, isUp, host).ifPresent(copies::add);
            }
        }
        return copies;
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
        return vm.spec()
                .disk(volume.volume())
                .map(disk -> "it has the only copy in sync of disk %s of VM %s"
                        .formatted(disk.name(), vm.spec().name()));
    }

    private static Optional<String> onlyImage(VmRecord vm, Predicate<HostName> isUp, HostName host) {
        return lostActive(vm, isUp, host)
                .map(lost -> "it has the only image of VM %s, whose host %s is lost"
                        .formatted(vm.spec().name(), lost));
    }

    private static Optional<HostName> lostActive(VmRecord vm, Predicate<HostName> isUp, HostName host) {
        return vm.view()
                .placement()
                .activeReplica()
                .map(Replica::host)
                .filter(_ -> vm.view().isStandby(host))
                .filter(isUp.negate());
    }

    /// Whether a VM that does not run here, and is to run, does so for good only while somebody can be asked.
    private static boolean needsMajority(VmRecord vm, Predicate<HostName> isUp, HostName host) {
        boolean isAlone = vm.view().soloGrant()
                || (vm.view().placement() instanceof Placement.Solo
                        && vm.view().successors(vm.spec()).isEmpty());
        boolean runsElsewhere = vm.view()
                .placement()
                .activeReplica()
                .map(Replica::host)
                .filter(isUp)
                .isPresent();
        return vm.wanted() && !vm.view().isActive(host) && !(isAlone && runsElsewhere);
    }
}
