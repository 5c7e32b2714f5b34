package understudy.volume.mirror;

/// What a scrub found, in blocks.
///
/// @param isCompared  whether there was a peer to compare with
/// @param local       that were corrupt in the local replica
/// @param peer        that were corrupt in the peer's
/// @param differing   that were sound on both sides and differed: the peer has the local content now
/// @param unmended    of all these, those that could not be mended
public record ScrubReport(boolean isCompared, long local, long peer, long differing, long unmended) {
    public boolean isClean() {
        return local == 0 && peer == 0 && differing == 0;
    }
}
