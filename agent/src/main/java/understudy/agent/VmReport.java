package understudy.agent;

import java.util.List;
import java.util.Optional;
import understudy.api.Checkpoints;
import understudy.api.VmState;
import understudy.model.VmId;

/// What a host says of a VM to the others: the one that runs it of all, the other one of its own replicas.
///
/// @param reason   why it failed or is not protected; empty if it is as it should be
/// @param replicas what this host has of the VM's volumes
/// @param progress of the first copy, in [0, 1], while there is one
record VmReport(
        VmId vm,
        VmState state,
        boolean isProtected,
        String reason,
        Optional<Double> progress,
        Optional<Checkpoints> checkpoints,
        List<VolumeReport> volumes,
        List<ReplicaReport> replicas) {
    VmReport {
        volumes = List.copyOf(volumes);
        replicas = List.copyOf(replicas);
    }

    /// The same of a VM whose guest failed by itself.
    VmReport in(VmState other, String because) {
        return new VmReport(vm, other, false, because, progress, checkpoints, volumes, replicas);
    }
}
