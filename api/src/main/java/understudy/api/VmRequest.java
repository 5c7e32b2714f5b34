package understudy.api;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import understudy.model.ByteSize;
import understudy.model.Care;
import understudy.model.Hardware;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Policy;
import understudy.model.VmName;
import understudy.model.VmSpec;
import understudy.model.VolumeSpec;

/// A wish for a new VM. In JSON and YAML only `name`, `level` and `memory` must be there; [Json] knows what the
/// others are when nobody says.
///
/// @param memory  whole mebibytes, at least 64 MiB
/// @param cpus    1 to 64; 1 when nobody says
/// @param nics    at most 8; none when nobody says
/// @param disks   at most 8; none when nobody says
/// @param kernel  SHA-256 of an uploaded kernel image
/// @param initrd  SHA-256 of an uploaded initial RAM disk; only with a kernel
/// @param append  the kernel's command line, at most 2047 bytes of UTF-8; only with a kernel
/// @param hosts   the one or two hosts that may run it, preferred first; empty: the cluster chooses
/// @param stopped whether it is only to be defined, not started
/// @param machine a versioned QEMU machine type; the newest that its hosts share, if there is none
/// @param cpu     a QEMU CPU model; one that its hosts share, if there is none
/// @param care    what to do when its guest fails, and its turn when all start
/// @param hardware what machine its guest finds
public record VmRequest(
        VmName name,
        Level level,
        Policy policy,
        ByteSize memory,
        int cpus,
        List<Nic> nics,
        List<Disk> disks,
        Optional<String> kernel,
        Optional<String> initrd,
        String append,
        List<HostName> hosts,
        boolean stopped,
        Optional<String> machine,
        Optional<String> cpu,
        Care care,
        Hardware hardware) {
    private static final ByteSize MEMORY_MIN = ByteSize.ofMebibytes(64);
    private static final int NICS_MAX = 8;
    private static final int APPEND_BYTES_MAX = 2047;
    private static final Pattern QEMU_NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    public VmRequest {
        nics = List.copyOf(nics);
        disks = List.copyOf(disks);
        hosts = List.copyOf(hosts);
        require(
                memory.compareTo(MEMORY_MIN) >= 0 && memory.bytes() % (1 << 20) == 0,
                "memory " + memory + ": whole mebibytes, at least " + MEMORY_MIN);
        require(cpus >= 1 && cpus <= 64, cpus + " CPUs: 1 to 64");
        require(nics.size() <= NICS_MAX, nics.size() + " NICs: at most " + NICS_MAX);
        require(disks.size() <= VolumeSpec.DISKS_MAX, disks.size() + " disks: at most " + VolumeSpec.DISKS_MAX);
        require(
                hosts.size() <= 2 && hosts.stream().distinct().count() == hosts.size(),
                "hosts " + hosts + ": name one or two different hosts, or none");
        VmSpec.checkHardware(hardware, disks.size());
        hardware.cdrom().ifPresent(Sha256::checked);
        kernel.ifPresent(Sha256::checked);
        initrd.ifPresent(Sha256::checked);
        require(kernel.isPresent() || (initrd.isEmpty() && append.isEmpty()), "initrd and append need a kernel");
        require(
                append.getBytes(StandardCharsets.UTF_8).length <= APPEND_BYTES_MAX && append.indexOf('\0') < 0,
                "append: at most " + APPEND_BYTES_MAX + " bytes, none of them 0");
        machine.ifPresent(text -> require(QEMU_NAME.matcher(text).matches(), "'" + text + "' is no machine type"));
        cpu.ifPresent(text -> require(QEMU_NAME.matcher(text).matches(), "'" + text + "' is no CPU model"));
    }

    /// A VM of usual hardware that is cared for as usual.
    public VmRequest(
            VmName name,
            Level level,
            Policy policy,
            ByteSize memory,
            int cpus,
            List<Nic> nics,
            List<Disk> disks,
            Optional<String> kernel,
            Optional<String> initrd,
            String append,
            List<HostName> hosts,
            boolean stopped,
            Optional<String> machine,
            Optional<String> cpu) {
        this(
                name,
                level,
                policy,
                memory,
                cpus,
                nics,
                disks,
                kernel,
                initrd,
                append,
                hosts,
                stopped,
                machine,
                cpu,
                Care.DEFAULT,
                Hardware.DEFAULT);
    }

    /// How QEMU is to load a kernel itself, if it is.
    public Optional<VmSpec.Boot> boot() {
        return kernel.map(file -> new VmSpec.Boot(file, initrd, append));
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
