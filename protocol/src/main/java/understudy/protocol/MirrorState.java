package understudy.protocol;

import java.util.Optional;

/// What the serving side of a mirrored volume knows.
///
/// @param view     the newest view that was learnt
/// @param begun    whether a view that this life proposed has been learnt: nothing is served before
/// @param patient  whether it still waits for the peer to come, if that could be the better source
/// @param asked    what was proposed for the number after the view's and has not been learnt to be decided
/// @param leftLocal whether the local replica was lost since the view was learnt
/// @param leftPeer  whether the peer's replica was lost since the view was learnt
/// @param untold    whether nobody is left who was told of what the only replica in sync had, since that was lost
public record MirrorState(
        Optional<Known> view,
        boolean begun,
        boolean patient,
        Condition local,
        Condition peer,
        boolean leftLocal,
        boolean leftPeer,
        Optional<InSync> asked,
        Copy copy,
        boolean untold) {

    /// A life that knows nothing yet.
    public static final MirrorState INITIAL = new MirrorState(
            Optional.empty(),
            false,
            true,
            Condition.AWAY,
            Condition.AWAY,
            false,
            false,
            Optional.empty(),
            Copy.NONE,
            false);

    /// A view, as far as it concerns this volume.
    public record Known(long number, InSync inSync) {}

    /// A replica's condition.
    public enum Condition {
        /// It cannot be used.
        AWAY,
        /// Its host was started anew since it was counted on, so it may lack what it confirmed, and the view does not
        /// say that the other one has that. It can be used once nobody is left who was told of it.
        BEHIND,
        /// It can be used, but may lack what it once confirmed.
        LOSSY,
        /// It can be used and has all that it ever confirmed.
        WHOLE
    }

    /// How far the replica that is not in sync is on its way back.
    public enum Copy {
        NONE,
        /// Client writes go to it, and what it misses is copied.
        COPYING,
        /// It has everything; writes wait for it; what was written is being made durable.
        SETTLING,
        /// The view that has it in sync was proposed.
        ADMITTING
    }

    public Condition condition(MirrorSide side) {
        return side == MirrorSide.LOCAL ? local : peer;
    }

    public boolean isUsable(MirrorSide side) {
        return condition(side) == Condition.LOSSY || condition(side) == Condition.WHOLE;
    }

    /// The only side in sync; empty if both are, or if no view is known.
    Optional<MirrorSide> source() {
        return view.map(Known::inSync)
                .filter(set -> set != InSync.BOTH)
                .map(set -> set == InSync.LOCAL ? MirrorSide.LOCAL : MirrorSide.PEER);
    }

    MirrorState with(MirrorSide side, Condition condition) {
        return side == MirrorSide.LOCAL
                ? new MirrorState(view, begun, patient, condition, peer, leftLocal, leftPeer, asked, copy, untold)
                : new MirrorState(view, begun, patient, local, condition, leftLocal, leftPeer, asked, copy, untold);
    }

    MirrorState left(MirrorSide side) {
        return side == MirrorSide.LOCAL
                ? new MirrorState(view, begun, patient, Condition.AWAY, peer, true, leftPeer, asked, copy, untold)
                : new MirrorState(view, begun, patient, local, Condition.AWAY, leftLocal, true, asked, copy, untold);
    }

    /// Who had left before has left still, and so has who cannot be used.
    MirrorState leftAs(MirrorState before) {
        return new MirrorState(
                view,
                begun,
                patient,
                local,
                peer,
                before.leftLocal || !isUsable(MirrorSide.LOCAL),
                before.leftPeer || !isUsable(MirrorSide.PEER),
                asked,
                copy,
                untold);
    }

    /// Once the other one alone is in sync, a replica that is behind can be made whole from it.
    MirrorState asTarget() {
        return source().map(MirrorSide::other)
                .filter(side -> condition(side) == Condition.BEHIND)
                .map(side -> with(side, Condition.LOSSY))
                .orElse(this);
    }

    MirrorState untold(boolean now) {
        return new MirrorState(view, begun, patient, local, peer, leftLocal, leftPeer, asked, copy, now);
    }

    /// That this side was lost does not matter any more: it joins anew.
    MirrorState joining(MirrorSide side) {
        boolean isLocal = side == MirrorSide.LOCAL;
        return new MirrorState(
                view, begun, patient, local, peer, leftLocal && !isLocal, leftPeer && isLocal, asked, copy, untold);
    }

    MirrorState with(Copy next) {
        return new MirrorState(view, begun, patient, local, peer, leftLocal, leftPeer, asked, next, untold);
    }

    MirrorState asking(InSync set) {
        return new MirrorState(view, begun, patient, local, peer, leftLocal, leftPeer, Optional.of(set), copy, untold);
    }

    MirrorState impatient() {
        return new MirrorState(view, begun, false, local, peer, leftLocal, leftPeer, asked, copy, untold);
    }

    MirrorState learnt(long number, InSync set, boolean own) {
        return new MirrorState(
                Optional.of(new Known(number, set)),
                begun || own,
                patient,
                local,
                peer,
                false,
                false,
                Optional.empty(),
                copy,
                untold);
    }
}
