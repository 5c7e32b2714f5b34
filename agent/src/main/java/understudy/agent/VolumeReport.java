package understudy.agent;

import java.util.Optional;
import understudy.api.Resync;
import understudy.api.Scrub;
import understudy.model.VolumeId;

/// What the host that runs a VM says of one of its volumes to the others.
///
/// @param isWaiting whether requests wait because no replica that is in sync can be reached
/// @param reason    why a replica is not in sync; empty if all are
/// @param progress  of the copy that brings a replica back, in [0, 1], while there is one
/// @param resync    on which terms replicas are brought back, while it is served
/// @param scrub     the last one here, if there was any
record VolumeReport(
        VolumeId volume,
        boolean isWaiting,
        String reason,
        Optional<Double> progress,
        Optional<Resync> resync,
        Optional<Scrub> scrub) {}
