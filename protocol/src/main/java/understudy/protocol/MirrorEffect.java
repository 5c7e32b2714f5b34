package understudy.protocol;

/// What the driver of a mirrored volume has to do, in the order given.
public sealed interface MirrorEffect {

    /// Begin and answer no request until the next [Serve].
    record Hold() implements MirrorEffect {}

    /// Ask the ledger for a view. It may be asked again for the same number with something else: then one of
    /// the two wins, and is learnt.
    record Propose(long number, InSync inSync) implements MirrorEffect {}

    /// What this side, the only one in sync, once confirmed is lost in part. Have done with whoever was told of it,
    /// then say [MirrorInput.Forgotten]; nothing is served before.
    record Forget(MirrorSide side) implements MirrorEffect {}

    /// From now on this side marks what the other one misses, beginning with all that its activity log holds;
    /// durable before the next effect.
    record Track(MirrorSide side) implements MirrorEffect {}

    /// Serve the volume like this from now on.
    record Serve(Role local, Role peer) implements MirrorEffect {
        static Serve with(MirrorSide required, Role other) {
            return required == MirrorSide.LOCAL ? new Serve(Role.REQUIRED, other) : new Serve(other, Role.REQUIRED);
        }
    }

    /// Copy to this side what it misses. Client writes go to it, too ([Role#FOLLOWING]), since before this.
    record StartCopy(MirrorSide target) implements MirrorEffect {}

    record StopCopy() implements MirrorEffect {}

    /// Make everything durable on both sides, then say [MirrorInput.Settled].
    record Settle() implements MirrorEffect {}

    /// The view has this side in sync again: both note it, and the other side marks nothing any more.
    record Admit(MirrorSide target) implements MirrorEffect {}

    /// A replica's part in serving.
    enum Role {
        /// It gets nothing.
        ABSENT,
        /// It gets all writes, but nobody waits for it.
        FOLLOWING,
        /// It gets all writes, and no write is answered without it.
        REQUIRED
    }
}
