package understudy.api;

/// How a level-3 VM's checkpoints go. Rates, shares and percentiles are of the last five seconds.
///
/// @param epoch                 the last epoch that committed
/// @param pauseP50Millis        time that the guest stood still for one checkpoint, median
/// @param pausedShare           part of the time that the guest stood still, in [0, 1]
/// @param gateWaitP50Millis     how long output waited for its commit, median
/// @param pagesPerCheckpoint    RAM pages of 4 KiB in one checkpoint, median
/// @param bytesPerCheckpoint    what one checkpoint sends, mean
/// @param verifiedPages         RAM pages compared with the standby's copy since the VM was last protected
/// @param verifyFailures        how many of them differed; anything but 0 is a bug
/// @param dirtyPagesPerSecond   RAM pages sent
/// @param guestClockBehindMillis how far the guest's own clock has fallen behind because of pauses
public record Checkpoints(
        long epoch,
        double perSecond,
        double pauseP50Millis,
        double pauseP99Millis,
        double pausedShare,
        double pagesPerCheckpoint,
        long bytesPerCheckpoint,
        double gateWaitP50Millis,
        long verifiedPages,
        long verifyFailures,
        double dirtyPagesPerSecond,
        double guestClockBehindMillis) {
    public Checkpoints {
        if (!(pausedShare >= 0 && pausedShare <= 1)) {
            throw new IllegalArgumentException("a share of " + pausedShare + " of the time");
        }
    }
}
