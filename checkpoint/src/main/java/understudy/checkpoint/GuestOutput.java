package understudy.checkpoint;

import java.io.IOException;

/// The gate that a guest's output passes, all its ports together.
public interface GuestOutput {

    /// From now on output is held under the running epoch. Called while the guest runs, before the first capture,
    /// once.
    void gate(long epoch) throws IOException;

    /// Takes what the guest has sent so far into the running epoch, and begins the next. Called while the guest
    /// stands still.
    void seal() throws IOException;

    /// Whether the running epoch has output.
    boolean isWaiting();

    /// Lets out what was held under epochs up to this one. What has not left by `until` stays held: a later call
    /// lets it out.
    ///
    /// @param until in nanoseconds of [System#nanoTime]
    void release(long epoch, long until);
}
