package understudy.volume.epoch;

import java.time.Duration;

/// How much is kept, and how long is waited.
///
/// @param softBytes   above so much the guest is slowed down
/// @param softFlushes and above so many flushes that are answered and not carried out
/// @param maxBytes    above so much the protection has failed
/// @param slowing     the longest that the end of a batch waits for less to be kept
/// @param retry       until what a volume refused is tried again
record Bounds(long softBytes, int softFlushes, long maxBytes, Duration slowing, Duration retry) {
    static final Bounds USUAL = new Bounds(
            DiskEpochs.KEPT_SOFT_BYTES,
            DiskEpochs.FLUSHES_SOFT,
            DiskEpochs.KEPT_MAX_BYTES,
            Duration.ofMillis(500),
            Duration.ofMillis(200));
}
