package understudy.simulator;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Policy;
import understudy.model.VmId;
import understudy.model.VmName;
import understudy.model.VmSpec;
import understudy.model.VolumeId;
import understudy.model.VolumeSpec;

/// What there is before anything happens: hosts, witnesses, and VMs.
///
/// @param hosts     at least one
/// @param witnesses any number; no witness is a cluster that waits after most losses
/// @param voters    those of them that may vote in the ledger; at least one
/// @param machines  what those of them are of which something is said; all others are large, and stand nowhere in
///                  particular
/// @param vms       what is created at the beginning; further ones may come
public record ClusterPlan(
        List<HostName> hosts,
        List<HostName> witnesses,
        List<HostName> voters,
        SortedMap<HostName, Machine> machines,
        List<VmPlan> vms) {
    /// What a guest does while it runs.
    public enum Load {
        /// It says something every few milliseconds, and uses its disks all the time.
        BUSY,
        /// It says nothing of its own accord, and leaves its disks alone.
        IDLE
    }

    /// What a host has for VMs, and where it stands; of a witness only the latter counts.
    public record Machine(ByteSize memory, int cpus, Optional<String> site) {
        public static final Machine LARGE = new Machine(new ByteSize(1L << 42), 64, Optional.empty());

        public Machine {
            if (cpus < 1) {
                throw new IllegalArgumentException(cpus + " CPUs");
            }
        }
    }

    /// A VM that is to be created.
    ///
    /// @param wanted   whether it is to run from the start
    /// @param isPlaced whether the cluster chooses its hosts when it is created; those of the spec say nothing then
    public record VmPlan(VmSpec spec, boolean wanted, Load load, boolean isPlaced) {

        /// On the hosts of the spec.
        public VmPlan(VmSpec spec, boolean wanted, Load load) {
            this(spec, wanted, load, false);
        }
    }

    /// Where all may vote.
    public ClusterPlan(List<HostName> hosts, List<HostName> witnesses, List<VmPlan> vms) {
        this(hosts, witnesses, Stream.concat(hosts.stream(), witnesses.stream()).toList(), new TreeMap<>(), vms);
    }

    public ClusterPlan {
        hosts = List.copyOf(hosts);
        witnesses = List.copyOf(witnesses);
        voters = List.copyOf(voters);
        machines = Collections.unmodifiableSortedMap(new TreeMap<>(machines));
        vms = List.copyOf(vms);
        Set<HostName> names = new TreeSet<>(hosts);
        names.addAll(witnesses);
        if (hosts.isEmpty() || names.size() != hosts.size() + witnesses.size()) {
            throw new IllegalArgumentException("hosts %s, witnesses %s".formatted(hosts, witnesses));
        }
        if (voters.isEmpty() || !names.containsAll(voters)) {
            throw new IllegalArgumentException("voters %s of %s".formatted(voters, names));
        }
        if (!names.containsAll(machines.keySet())) {
            throw new IllegalArgumentException("machines %s of %s".formatted(machines.keySet(), names));
        }
        for (VmPlan vm : vms) {
            if (!hosts.containsAll(vm.spec().hosts())) {
                throw new IllegalArgumentException(
                        "%s on %s of %s".formatted(vm.spec().name(), vm.spec().hosts(), hosts));
            }
        }
    }

    /// Hosts `h1`, `h2`, …, a witness `w1`, and VMs `vm1`, `vm2`, … that are spread over all pairs of hosts.
    ///
    /// @param hosts 2 or more
    /// @param disks of each VM; with none they are of level `system`, else of level `component`
    public static ClusterPlan of(int hosts, int vms, int disks) {
        return of(hosts, vms, disks, disks == 0 ? Level.SYSTEM : Level.COMPONENT);
    }

    /// The same, with VMs of another level.
    public static ClusterPlan of(int hosts, int vms, int disks, Level level) {
        List<HostName> names = Stream.iterate(1, i -> i + 1)
                .limit(hosts)
                .map(ClusterPlan::host)
                .toList();
        List<HostName> witnesses = List.of(new HostName("w1"));
        List<VmPlan> plans = new ArrayList<>();
        for (int i = 0; i < vms; i++) {
            plans.add(new VmPlan(spec(i + 1, level, disks, pair(names, i)), true, Load.BUSY));
        }
        return new ClusterPlan(names, witnesses, plans);
    }

    private static HostName host(int number) {
        return new HostName("h" + number);
    }

    private static List<HostName> pair(List<HostName> hosts, int index) {
        int active = index % hosts.size();
        int distance = 1 + index / hosts.size() % (hosts.size() - 1);
        return List.of(hosts.get(active), hosts.get((active + distance) % hosts.size()));
    }

    private static VmSpec spec(int number, Level level, int disks, List<HostName> hosts) {
        return spec(number, new VmName("vm" + number), level, ByteSize.ofMebibytes(256), 1, disks, hosts);
    }

    /// A VM as far as a simulation cares.
    ///
    /// @param number tells it from all others, for ever
    public static VmSpec spec(
            int number, VmName name, Level level, ByteSize memory, int cpus, int disks, List<HostName> hosts) {
        return new VmSpec(
                new VmId(new UUID(0, number)),
                name,
                level,
                Policy.BALANCED,
                memory,
                cpus,
                "pc-q35-7.2",
                "qemu64",
                List.of(),
                disks(number, disks),
                Optional.empty(),
                hosts);
    }

    private static List<VolumeSpec> disks(int number, int count) {
        List<VolumeSpec> disks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            VolumeId id = new VolumeId(new UUID(number, i));
            disks.add(new VolumeSpec(id, VolumeSpec.name(i), ByteSize.ofMebibytes(1), Optional.empty()));
        }
        return disks;
    }

    Machine machine(HostName node) {
        return machines.getOrDefault(node, Machine.LARGE);
    }

    /// The flags of `simulate --random` that make a cluster like this one.
    String flags() {
        int disks = vms.isEmpty() ? 0 : vms.getFirst().spec().disks().size();
        Level usual = disks == 0 ? Level.SYSTEM : Level.COMPONENT;
        Level level = vms.isEmpty() ? usual : vms.getFirst().spec().level();
        return flag("--hosts", hosts.size(), 2)
                + flag("--witnesses", witnesses.size(), 1)
                + flag("--vms", vms.size(), 1)
                + flag("--disks", disks, 0)
                + (level == usual ? "" : " --level " + level);
    }

    private static String flag(String name, int value, int byDefault) {
        return value == byDefault ? "" : " " + name + " " + value;
    }

    /// Whether any VM has disks, or any has none.
    boolean hasVms(boolean withDisks) {
        return vms.stream().anyMatch(vm -> vm.spec().disks().isEmpty() != withDisks);
    }

    /// Whether any VM could be taken over by a boot.
    boolean hasLeases() {
        return vms.stream().anyMatch(vm -> !vm.spec().isAllInMemory());
    }
}
