package understudy.api;

import java.util.List;
import java.util.Optional;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.VmName;

/// What the answering agent knows of a host or witness of its cluster.
///
/// @param url         its REST API
/// @param site        where it stands, if that was said
/// @param memory      RAM that VMs may use in all
/// @param memoryFree  what is left of it for further VMs, standbys included
/// @param qemu        QEMU's version; empty on a witness
/// @param accelerator `kvm` or `tcg`; empty on a witness
/// @param leader      whether it leads the ledger
/// @param maintenance whether VMs that run there are moved away
/// @param vms         the VMs that run there
/// @param obstacles   why it should not be switched off now, a sentence each; empty if it may be
/// @param lastCopies  those of them for which its operating system is to refuse a shutdown: what nobody else has
public record HostStatus(
        HostName name,
        HostRecord.Role role,
        HostState state,
        String url,
        Optional<String> site,
        ByteSize memory,
        ByteSize memoryFree,
        int cpus,
        String qemu,
        String accelerator,
        boolean leader,
        boolean maintenance,
        List<VmName> vms,
        List<String> obstacles,
        List<String> lastCopies) {
    public HostStatus {
        vms = List.copyOf(vms);
        obstacles = List.copyOf(obstacles);
        lastCopies = List.copyOf(lastCopies);
    }
}
