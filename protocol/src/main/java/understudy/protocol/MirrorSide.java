package understudy.protocol;

/// One of the two replicas of a volume, seen from the side that serves it.
public enum MirrorSide {
    /// On the serving host.
    LOCAL,
    /// On the other host of the pair.
    PEER;

    public MirrorSide other() {
        return this == LOCAL ? PEER : LOCAL;
    }
}
