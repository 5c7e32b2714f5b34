package understudy.agent;

import java.util.List;
import java.util.Optional;
import understudy.api.Checkpoints;
import understudy.api.VmState;
import understudy.model.VmId;

/// What the host that runs a VM says of it to the others.
///
/// @param reason   why it failed or is not protected; empty if it is as it should be
/// @param progress of the first copy, in [0, 1], while there is one
record VmReport(
        VmId vm,
        VmState state,
        boolean isProtected,
        String reason,
        Optional<Double> progress,
        Optional<Checkpoints> checkpoints,
        List<VolumeReport> volumes) {
    VmReport {
        volumes = List.copyOf(volumes);
    }
}
