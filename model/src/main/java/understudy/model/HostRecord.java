package understudy.model;

import java.util.List;

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
        List<String> devices) {
    public HostRecord {
        machines = List.copyOf(machines);
        cpuModels = List.copyOf(cpuModels);
        devices = List.copyOf(devices);
    }

    /// A host whose QEMU has none of the devices that not all have.
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
        this(name, role, life, url, memory, cpus, qemu, machines, cpuModels, accelerator, List.of());
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
