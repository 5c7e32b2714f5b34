package understudy.volume.mirror;

import java.time.Duration;

/// How far a resync has come.
///
/// @param isToPeer  whether the peer's replica is the one that is mended
/// @param isFull    whether everything was to be copied
/// @param left      in bytes: what may still differ
/// @param copied    in bytes: what did differ so far
/// @param estimate  how long it will still take, going on as so far
public record ResyncProgress(
        boolean isToPeer, boolean isFull, boolean isPaused, long left, long copied, Duration estimate) {}
