package understudy.protocol;

/// Which replicas of a mirrored volume the newest view calls in sync, seen from the side that serves it. Never
/// none: the last replica that has everything is never given up.
public enum InSync {
    LOCAL,
    PEER,
    BOTH;

    public static InSync only(MirrorSide side) {
        return side == MirrorSide.LOCAL ? LOCAL : PEER;
    }

    public boolean has(MirrorSide side) {
        return this == BOTH || this == only(side);
    }
}
