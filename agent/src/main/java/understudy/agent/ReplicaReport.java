package understudy.agent;

import understudy.model.VolumeId;

/// What a host says of its own replica of a volume.
record ReplicaReport(VolumeId volume, Condition condition) {

    /// How it looks when nobody uses it.
    enum Condition {
        /// It is the replica that the view names, and has all that it ever confirmed.
        SOUND,
        /// It is that replica, but its host was started anew while it was in use: what was not flushed may be
        /// missing.
        LOSSY,
        /// It is not there, not that replica, damaged, or its disk does not answer.
        UNUSABLE
    }
}
