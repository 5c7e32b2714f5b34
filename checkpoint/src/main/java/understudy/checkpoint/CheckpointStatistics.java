package understudy.checkpoint;

import java.time.Duration;
import org.HdrHistogram.Histogram;

/// What a VM's checkpoints cost, over the last ten to twenty seconds.
///
/// Threads: any.
public final class CheckpointStatistics {
    private static final long WINDOW_NANOS = Duration.ofSeconds(10).toNanos();

    /// @param epoch              the last captured; 0 before the first
    /// @param perSecond          checkpoints
    /// @param pauseP50Millis     the guest stood still for a checkpoint
    /// @param pausedShare        of all time, in [0, 1]
    /// @param pagesP50           RAM pages in a checkpoint
    /// @param bytesPerCheckpoint on the wire
    /// @param gateWaitP50Millis  from a capture to its confirmation
    /// @param behindMillis       all pauses since protection began: what the guest's own clock may have lost
    public record Snapshot(
            long epoch,
            double perSecond,
            double pauseP50Millis,
            double pauseP99Millis,
            double pausedShare,
            long pagesP50,
            long bytesPerCheckpoint,
            double gateWaitP50Millis,
            long behindMillis,
            long verifiedPages,
            long verifyFailures) {}

    private Window current = new Window();
    private Window last = current;
    private long epoch;
    private long pausedNanos;
    private long verifiedPages;
    private long verifyFailures;

    private static final class Window {
        final long began = System.nanoTime();
        final Histogram pauseNanos = new Histogram(Duration.ofSeconds(60).toNanos(), 2);
        final Histogram waitNanos = new Histogram(Duration.ofSeconds(60).toNanos(), 2);
        final Histogram pages = new Histogram(1L << 40, 2);
        long paused;
        long bytes;
    }

    synchronized void captured(long number, Duration pause, long pages, long bytes) {
        Window window = window();
        epoch = number;
        pausedNanos += pause.toNanos();
        window.paused += pause.toNanos();
        window.bytes += bytes;
        window.pauseNanos.recordValue(bounded(window.pauseNanos, pause.toNanos()));
        window.pages.recordValue(pages);
    }

    synchronized void confirmed(long waitNanos) {
        Window window = window();
        window.waitNanos.recordValue(bounded(window.waitNanos, waitNanos));
    }

    synchronized void verified(long pages, long differing) {
        verifiedPages += pages;
        verifyFailures += differing;
    }

    public synchronized Snapshot snapshot() {
        window();
        Window from = last == current ? current : merged();
        long nanos = Math.max(1, System.nanoTime() - from.began);
        long count = from.pauseNanos.getTotalCount();
        return new Snapshot(
                epoch,
                count * 1e9 / nanos,
                from.pauseNanos.getValueAtPercentile(50) / 1e6,
                from.pauseNanos.getValueAtPercentile(99) / 1e6,
                Math.min(1, (double) from.paused / nanos),
                from.pages.getValueAtPercentile(50),
                count == 0 ? 0 : from.bytes / count,
                from.waitNanos.getValueAtPercentile(50) / 1e6,
                pausedNanos / 1_000_000,
                verifiedPages,
                verifyFailures);
    }

    private Window window() {
        if (System.nanoTime() - current.began > WINDOW_NANOS) {
            last = current;
            current = new Window();
        }
        return current;
    }

    /// The window that is over and the running one: what began with the former.
    private Window merged() {
        last.pauseNanos.add(current.pauseNanos);
        last.waitNanos.add(current.waitNanos);
        last.pages.add(current.pages);
        last.paused += current.paused;
        last.bytes += current.bytes;
        Window both = last;
        current = new Window();
        last = current;
        return both;
    }

    private static long bounded(Histogram histogram, long value) {
        return Math.clamp(value, 0, histogram.getHighestTrackableValue());
    }
}
