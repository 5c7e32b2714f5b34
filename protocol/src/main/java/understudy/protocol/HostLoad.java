package understudy.protocol;

import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.VmName;
import understudy.model.VmRecord;

/// What hosts are used for already, and which of them a VM is best placed on.
///
/// Of a host's resources that counts which will be used most: of its memory what VMs may need there, as active or as
/// standby; of its processors those that VMs have which run there, four of theirs to one of its. Memory is never
/// promised twice; processors may be.
public final class HostLoad {
    private static final double VIRTUAL_CPUS = 4;

    private HostLoad() {}

    /// RAM in bytes that the VMs of a host may need there, as active or as standby.
    public static long promised(LedgerState state, HostName host) {
        return state.vms().values().stream()
                .map(VmRecord::spec)
                .filter(spec -> spec.hosts().contains(host))
                .mapToLong(spec -> spec.memory().bytes())
                .sum();
    }

    /// RAM in bytes that no VM may need yet; 0 if there is none.
    public static long free(LedgerState state, HostRecord host) {
        return Math.max(0, host.memory().bytes() - promised(state, host.name()));
    }

    /// The hosts that have the memory for one more VM, the best one first: those that suit its rules
    /// ([PlacementRules]), and of these the ones that are used least.
    ///
    /// @param isAble whether a host may be chosen at all
    public static List<HostRecord> ranked(
            LedgerState state, VmName vm, ByteSize memory, int cpus, Predicate<HostRecord> isAble) {
        return state.hosts().values().stream()
                .filter(host -> host.role() == HostRecord.Role.HOST && free(state, host) >= memory.bytes())
                .filter(isAble)
                .map(host -> new Loaded(
                        host, PlacementRules.misfit(state, vm, host.name()), load(state, host, memory, cpus)))
                .sorted(Comparator.comparingInt(Loaded::misfit)
                        .thenComparingDouble(Loaded::load)
                        .thenComparing(it -> it.host().name()))
                .map(Loaded::host)
                .toList();
    }

    private record Loaded(HostRecord host, int misfit, double load) {}

    /// With one more VM; above 1 where there are more VMs than processors for them.
    private static double load(LedgerState state, HostRecord host, ByteSize memory, int cpus) {
        double ofMemory = (promised(state, host.name()) + memory.bytes())
                / (double) host.memory().bytes();
        double ofCpus = (running(state, host.name()) + cpus) / (VIRTUAL_CPUS * host.cpus());
        return Math.max(ofMemory, ofCpus);
    }

    private static int running(LedgerState state, HostName host) {
        return state.vms().values().stream()
                .filter(vm -> PlacementRules.home(vm).equals(host))
                .mapToInt(vm -> vm.spec().cpus())
                .sum();
    }

    /// Whether two hosts may be a pair that nobody chose by name: not both at one site, where hosts stand at two or
    /// more.
    public static boolean mayPair(LedgerState state, HostRecord one, HostRecord other) {
        return !one.site().equals(other.site()) || !hasSites(state);
    }

    /// Whether hosts stand at two or more sites. Those of which nobody said where they stand are at one.
    public static boolean hasSites(LedgerState state) {
        return state.hosts().values().stream()
                        .filter(host -> host.role() == HostRecord.Role.HOST)
                        .map(HostRecord::site)
                        .distinct()
                        .count()
                > 1;
    }
}
