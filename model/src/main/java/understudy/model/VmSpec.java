package understudy.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a VM is: decided when it is created (but its disks may grow, its level change, and a lost host be replaced by
/// another), the same on every host that may run it.
///
/// @param memory  guest RAM, a multiple of 1 MiB, at least 64 MiB
/// @param cpus    1 to 64
/// @param machine a versioned machine type, such as `pc-q35-7.2`: both hosts must know it
/// @param cpu     a CPU model that both hosts have; never `host` or `max` for a pair
/// @param disks   named `disk0`, `disk1`, … in this order; at most 8
/// @param hosts   the one or two hosts that may run it, preferred first; with one it is never protected
/// @param care    what is done when the guest itself fails
/// @param hardware what machine the guest finds
public record VmSpec(
        VmId id,
        VmName name,
        Level level,
        Policy policy,
        ByteSize memory,
        int cpus,
        String machine,
        String cpu,
        List<MacAddress> nics,
        List<VolumeSpec> disks,
        Optional<Boot> boot,
        List<HostName> hosts,
        Care care,
        Hardware hardware) {
    private static final ByteSize MEMORY_MIN = ByteSize.ofMebibytes(64);

    public VmSpec {
        nics = List.copyOf(nics);
        disks = List.copyOf(disks);
        hosts = List.copyOf(hosts);
        if (memory.compareTo(MEMORY_MIN) < 0 || memory.bytes() % (1 << 20) != 0) {
            throw new IllegalArgumentException("memory " + memory + ": whole mebibytes, at least " + MEMORY_MIN);
        }
        if (cpus < 1 || cpus > 64) {
            throw new IllegalArgumentException(cpus + " CPUs: 1 to 64");
        }
        if (hosts.isEmpty()
                || hosts.size() > 2
                || hosts.size() != hosts.stream().distinct().count()) {
            throw new IllegalArgumentException("hosts " + hosts + ": name one or two different hosts");
        }
        checkDisks(disks);
        checkHardware(hardware, disks.size());
    }

    /// A VM of usual hardware that is cared for as usual.
    public VmSpec(
            VmId id,
            VmName name,
            Level level,
            Policy policy,
            ByteSize memory,
            int cpus,
            String machine,
            String cpu,
            List<MacAddress> nics,
            List<VolumeSpec> disks,
            Optional<Boot> boot,
            List<HostName> hosts) {
        this(
                id,
                name,
                level,
                policy,
                memory,
                cpus,
                machine,
                cpu,
                nics,
                disks,
                boot,
                hosts,
                Care.DEFAULT,
                Hardware.DEFAULT);
    }

    /// A VM without disks, of usual hardware, and cared for as usual.
    public VmSpec(
            VmId id,
            VmName name,
            Level level,
            Policy policy,
            ByteSize memory,
            int cpus,
            String machine,
            String cpu,
            List<MacAddress> nics,
            Optional<Boot> boot,
            List<HostName> hosts) {
        this(id, name, level, policy, memory, cpus, machine, cpu, nics, List.of(), boot, hosts);
    }

    private static void checkDisks(List<VolumeSpec> disks) {
        if (disks.size() > VolumeSpec.DISKS_MAX) {
            throw new IllegalArgumentException(disks.size() + " disks: at most " + VolumeSpec.DISKS_MAX);
        }
        if (disks.stream().map(VolumeSpec::id).distinct().count() != disks.size()) {
            throw new IllegalArgumentException("a volume that is two disks");
        }
        for (int i = 0; i < disks.size(); i++) {
            if (!disks.get(i).name().equals(VolumeSpec.name(i))) {
                throw new IllegalArgumentException(
                        "'%s', where %s must be".formatted(disks.get(i).name(), VolumeSpec.name(i)));
            }
        }
    }

    /// @throws IllegalArgumentException with a text for people, if such a machine cannot have so many disks
    public static void checkHardware(Hardware hardware, int disks) {
        if (hardware.devices() == Hardware.Devices.EMULATED && disks > Hardware.EMULATED_DISKS_MAX) {
            throw new IllegalArgumentException(
                    "%d disks: at most %d where devices are emulated".formatted(disks, Hardware.EMULATED_DISKS_MAX));
        }
    }

    public VmSpec withDisks(List<VolumeSpec> changed) {
        return new VmSpec(
                id, name, level, policy, memory, cpus, machine, cpu, nics, changed, boot, hosts, care, hardware);
    }

    public VmSpec with(Level changed) {
        return new VmSpec(
                id, name, changed, policy, memory, cpus, machine, cpu, nics, disks, boot, hosts, care, hardware);
    }

    public VmSpec with(Care changed) {
        return new VmSpec(
                id, name, level, policy, memory, cpus, machine, cpu, nics, disks, boot, hosts, changed, hardware);
    }

    /// @throws IllegalArgumentException if it does not suit the disks
    public VmSpec with(Hardware changed) {
        return new VmSpec(id, name, level, policy, memory, cpus, machine, cpu, nics, disks, boot, hosts, care, changed);
    }

    /// With other hosts.
    public VmSpec on(List<HostName> changed) {
        return new VmSpec(
                id, name, level, policy, memory, cpus, machine, cpu, nics, disks, boot, changed, care, hardware);
    }

    /// With one host in the place of another.
    public VmSpec moved(HostName from, HostName to) {
        return on(hosts.stream().map(host -> host.equals(from) ? to : host).toList());
    }

    public Optional<VolumeSpec> disk(VolumeId volume) {
        return disks.stream().filter(disk -> disk.id().equals(volume)).findFirst();
    }

    public Optional<VolumeSpec> disk(String diskName) {
        return disks.stream().filter(disk -> disk.name().equals(diskName)).findFirst();
    }

    /// A kernel that QEMU loads itself. The files are named by content, so that a host either has them or knows
    /// it has not.
    ///
    /// @param kernel SHA-256 of the kernel image, lower-case hexadecimal
    /// @param initrd SHA-256 of the initial RAM disk, if there is one
    /// @param append the kernel's command line
    public record Boot(String kernel, Optional<String> initrd, String append) {}

    /// The names, by content, of the files that its hosts need beside its disks.
    public List<String> files() {
        List<String> names = new ArrayList<>();
        boot.ifPresent(it -> {
            names.add(it.kernel());
            it.initrd().ifPresent(names::add);
        });
        hardware.cdrom().ifPresent(names::add);
        return names;
    }

    /// Whether all that it is lies in memory: then no host goes on with it but from an image.
    public boolean isAllInMemory() {
        return isCopied() && disks.isEmpty();
    }

    /// Whether its level asks for a standby with an image of it.
    public boolean isCopied() {
        return level == Level.SYSTEM;
    }

    /// Whether a host may hold an image of it. That of a VM with disks may be about to be dropped: its level changes
    /// while it runs, and who runs it hears of that later.
    public boolean mayBePaired() {
        return isCopied() || !disks.isEmpty();
    }

    /// The other host of the pair, if the VM has one.
    public Optional<HostName> otherThan(HostName host) {
        return hosts.stream().filter(h -> !h.equals(host)).findFirst();
    }
}
