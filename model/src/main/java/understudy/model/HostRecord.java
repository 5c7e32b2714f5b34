package understudy.model;

import java.util.List;
import java.util.Optional;

/// What a host says of itself to the cluster when its agent starts.
///
/// @param role     `host` or `witness`
/// @param url      its REST API
/// @param memory   RAM that VMs may use in all
/// @param cpus     processors
/// @param qemu     QEMU's version, such as `7.2.22`; empty on a witness
/// @param machines versioned machine types that its QEMU knows
/// @param cpuModels CPU models that its QEMU can run with the accelerator in use
/// @param accelerator `kvm` or `tcg`; empty on a witness
/// @param devices  of those that a VM may ask for and a QEMU may lack, which it has
/// @param site     where it stands, if that was said; a VM is not placed on two hosts of one site where there are two
public record HostRecord(
        HostName name,
        Role role,
        Life life,
        String url,
        ByteSize memory,
        int cpus,
        String qemu,
        List<String> machines,
        List<String> cpuModels,
        String accelerator,
        List<String> devices,
        Optional<String> site) {
    public HostRecord {
        site.ifPresent(HostRecord::checkSite);
        machines = List.copyOf(machines);
        cpuModels = List.copyOf(cpuModels);
        devices = List.copyOf(devices);
    }

    /// @throws IllegalArgumentException with a text for people, if no site can have this name
    public static void checkSite(String name) {
        Names.checked("site", name);
    }

    /// A host whose QEMU has none of the devices that not all have, and whose site nobody has said.
    public HostRecord(
            HostName name,
            Role role,
            Life life,
            String url,
            ByteSize memory,
            int cpus,
            String qemu,
            List<String> machines,
            List<String> cpuModels,
            String accelerator) {
        this(name, role, life, url, memory, cpus, qemu, machines, cpuModels, accelerator, List.of(), Optional.empty());
    }

    public enum Role {
        HOST,
        WITNESS;

        @Override
        public String toString() {
            return this == HOST ? "host" : "witness";
        }
    }
}
