package understudy.protocol;

/// What happens to a mirrored volume, as facts.
public sealed interface MirrorInput {

    /// A replica can be used (again).
    ///
    /// @param whole whether it surely has all that it ever confirmed: its host has not been restarted and its
    ///     disk has reported no error since
    /// @param behind whether its host was started anew since it was last counted on
    record ReplicaReady(MirrorSide side, boolean whole, boolean behind) implements MirrorInput {
        public ReplicaReady {
            if (whole && behind) {
                throw new IllegalArgumentException("a replica that is whole is not behind");
            }
        }

        /// One that nobody knew before.
        public ReplicaReady(MirrorSide side, boolean whole) {
            this(side, whole, false);
        }
    }

    /// A replica failed, hangs, is full, or cannot be reached.
    record ReplicaLost(MirrorSide side) implements MirrorInput {}

    /// The ledger's view of this volume.
    ///
    /// @param number views only go up
    /// @param own    whether this life of this side proposed it
    record ViewLearnt(long number, InSync inSync, boolean own) implements MirrorInput {}

    /// The outcome of the last proposal is unknown.
    record ProposalUnanswered() implements MirrorInput {}

    /// Nobody is left who was told anything of the volume: whoever used it is gone ([MirrorEffect.Forget]).
    record Forgotten() implements MirrorInput {}

    /// The peer was waited for long enough at the start.
    record PatienceOver() implements MirrorInput {}

    /// Nothing is left to copy. Client writes go to both sides meanwhile.
    record CopyCaughtUp() implements MirrorInput {}

    /// Everything that was written on either side up to the last [MirrorEffect.Settle] is durable on both.
    record Settled() implements MirrorInput {}
}
