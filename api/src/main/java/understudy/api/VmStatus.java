package understudy.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Optional;
import understudy.model.ByteSize;
import understudy.model.Care;
import understudy.model.Hardware;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.MacAddress;
import understudy.model.Policy;
import understudy.model.VmId;
import understudy.model.VmName;

/// What a VM is and how it is doing. The JSON names are part of the outer surface.
///
/// @param isProtected whether the VM has all that its level promises; `protected` in JSON
/// @param active      the host that runs it
/// @param standby     the host that could go on
/// @param view        the number of its view, 0 before the first
/// @param disks       its volumes, in the guest's order
/// @param hosts       the hosts that may run it, preferred first
/// @param wanted      whether its users want it to run
/// @param reason      why it failed or is not protected; empty if it is as it should be
/// @param movingTo    the host to which it is being moved, while it is
/// @param progress    how much of the first copy of its RAM is done, in [0, 1], while there is one
/// @param checkpoints while it is checkpointed
/// @param care        what is done when its guest fails, and its turn when all start
/// @param hardware    what machine its guest finds
public record VmStatus(
        VmName name,
        VmId id,
        Level level,
        Policy policy,
        VmState state,
        @JsonProperty("protected") boolean isProtected,
        Optional<HostName> active,
        Optional<HostName> standby,
        long view,
        ByteSize memory,
        int cpus,
        List<MacAddress> nics,
        List<VolumeStatus> disks,
        List<HostName> hosts,
        String machine,
        String cpu,
        boolean wanted,
        String reason,
        Optional<HostName> movingTo,
        Optional<Double> progress,
        Optional<Checkpoints> checkpoints,
        Care care,
        Hardware hardware) {
    public VmStatus {
        nics = List.copyOf(nics);
        disks = List.copyOf(disks);
        hosts = List.copyOf(hosts);
        if (view < 0) {
            throw new IllegalArgumentException("view " + view);
        }
        if (progress.filter(share -> !(share >= 0 && share <= 1)).isPresent()) {
            throw new IllegalArgumentException("progress of " + progress.orElseThrow());
        }
    }
}
