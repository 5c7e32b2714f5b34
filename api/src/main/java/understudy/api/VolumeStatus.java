package understudy.api;

import java.util.List;
import java.util.Optional;
import understudy.model.ByteSize;
import understudy.model.VmName;
import understudy.model.VolumeId;
import understudy.model.VolumeReplica;

/// What a volume is and how it is doing.
///
/// @param name     of the disk within its VM, such as `disk0`
/// @param replicas one for each host of the VM
/// @param reason   why it is not in sync everywhere; empty if it is
/// @param progress of the copy that brings a replica back, in [0, 1], while there is one
/// @param resync   how replicas are brought back, while its VM runs
/// @param scrub    the one that is under way, or else the last one, if there was any
public record VolumeStatus(
        VmName vm,
        String name,
        VolumeId id,
        ByteSize size,
        VolumeState state,
        List<VolumeReplica> replicas,
        String reason,
        Optional<Double> progress,
        Optional<Resync> resync,
        Optional<Scrub> scrub) {
    public VolumeStatus {
        replicas = List.copyOf(replicas);
        if (progress.filter(share -> !(share >= 0 && share <= 1)).isPresent()) {
            throw new IllegalArgumentException("progress of " + progress.orElseThrow());
        }
    }
}
