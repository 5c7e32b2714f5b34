package understudy.agent;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import understudy.model.VolumeId;

/// What a host says of its own replica of a volume.
///
/// @param replica    which one it is; empty if there is none that could be used
/// @param inSyncView the view in which the replica was last known to have all; 0 if none is known, or its content is a
///                   copy that did not come to its end
/// @param written    when its content was written last, by the host's clock
record ReplicaReport(
        VolumeId volume, Condition condition, Optional<UUID> replica, long inSyncView, Optional<Instant> written) {

    /// How it looks when nobody uses it.
    enum Condition {
        /// It is the replica that the view names, and has all that it ever confirmed.
        SOUND,
        /// It is that replica, but its host was started anew while it was in use: what was not flushed may be
        /// missing.
        LOSSY,
        /// It is another replica of the volume than the view names: a new one, or one that a forced start overruled.
        OTHER,
        /// It is not there, not that replica, damaged, or its disk does not answer.
        UNUSABLE
    }

    static ReplicaReport unusable(VolumeId volume) {
        return new ReplicaReport(volume, Condition.UNUSABLE, Optional.empty(), 0, Optional.empty());
    }
}
