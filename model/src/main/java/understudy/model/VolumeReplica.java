package understudy.model;

import java.util.UUID;

/// One host's copy of a volume, as a view has it.
///
/// @param id     the copy itself: a host that has a file of another id, or none, has not this replica
/// @param inSync whether it holds all that was ever acknowledged, so that the volume may be read from it
/// @param fresh  whether nobody has ever seen it: its host, which has come to the VM just now, is to make it. Only one
///               that is not in sync
public record VolumeReplica(HostName host, UUID id, boolean inSync, boolean fresh) {
    public VolumeReplica {
        if (inSync && fresh) {
            throw new IllegalArgumentException("a replica on " + host + " that was never made, and is in sync");
        }
    }

    /// One that was made.
    public VolumeReplica(HostName host, UUID id, boolean inSync) {
        this(host, id, inSync, false);
    }

    /// One that its host is to make.
    static VolumeReplica toBeMade(HostName host, UUID id) {
        return new VolumeReplica(host, id, false, true);
    }

    VolumeReplica in() {
        return new VolumeReplica(host, id, true);
    }

    VolumeReplica out() {
        return new VolumeReplica(host, id, false, fresh);
    }

    @Override
    public String toString() {
        return host + (inSync ? "" : " (out of sync)");
    }
}
