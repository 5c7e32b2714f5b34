package understudy.volume;

/// A disk, as a server of blocks sees it.
public interface Volume {

    /// In bytes; it may grow ([Geometry#isSize]).
    long sizeBytes();

    /// One client's way into this volume. Everything it may still be told goes to `client`, from any thread.
    Lane open(LaneClient client);
}
