package understudy.model;

import java.util.UUID;

/// One host's copy of a volume, as a view has it.
///
/// @param id     the copy itself: a host that has a file of another id, or none, has not this replica
/// @param inSync whether it holds all that was ever acknowledged, so that the volume may be read from it
public record VolumeReplica(HostName host, UUID id, boolean inSync) {
    @Override
    public String toString() {
        return host + (inSync ? "" : " (out of sync)");
    }
}
