package understudy.checkpoint;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.function.LongSupplier;
import org.HdrHistogram.Histogram;

/// What a VM's checkpoints cost, over the last five seconds: a window that slides by half a second.
///
/// Threads: any.
public final class CheckpointStatistics {
    private static final long SLOT_NANOS = Duration.ofMillis(500).toNanos();
    private static final int SLOTS = 10;
    private static final long NANOS_MAX = Duration.ofSeconds(60).toNanos();
    private static final long PAGES_MAX = 1L << 40;

    /// @param epoch              the last captured; 0 before the first
    /// @param perSecond          checkpoints
    /// @param pauseP50Millis     the guest stood still for a checkpoint
    /// @param pausedShare        of all time, in [0, 1]
    /// @param pagesP50           RAM pages in a checkpoint
    /// @param pagesPerSecond     RAM pages sent
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
            double pagesPerSecond,
            long bytesPerCheckpoint,
            double gateWaitP50Millis,
            long behindMillis,
            long verifiedPages,
            long verifyFailures) {}

    private final LongSupplier clock;
    private final ArrayDeque<Slot> slots = new ArrayDeque<>();
    private long first = Long.MAX_VALUE;
    private long epoch;
    private long pausedNanos;
    private long verifiedPages;
    private long verifyFailures;

    private static final class Slot {
        final long began;
        final Histogram pauseNanos = new Histogram(NANOS_MAX, 2);
        final Histogram waitNanos = new Histogram(NANOS_MAX, 2);
        final Histogram pageCounts = new Histogram(PAGES_MAX, 2);
        long paused;
        long pages;
        long bytes;

        Slot(long began) {
            this.began = began;
        }

        void add(Slot other) {
            pauseNanos.add(other.pauseNanos);
            waitNanos.add(other.waitNanos);
            pageCounts.add(other.pageCounts);
            paused += other.paused;
            pages += other.pages;
            bytes += other.bytes;
        }
    }

    public CheckpointStatistics() {
        this(System::nanoTime);
    }

    /// @param clock nanoseconds that never go back
    CheckpointStatistics(LongSupplier clock) {
        this.clock = clock;
    }

    synchronized void captured(long number, Duration pause, long pages, long bytes) {
        Slot slot = slot();
        epoch = number;
        pausedNanos += pause.toNanos();
        slot.paused += pause.toNanos();
        slot.pages += pages;
        slot.bytes += bytes;
        slot.pauseNanos.recordValue(Math.clamp(pause.toNanos(), 0, NANOS_MAX));
        slot.pageCounts.recordValue(Math.clamp(pages, 0, PAGES_MAX));
    }

    synchronized void confirmed(long waitNanos) {
        slot().waitNanos.recordValue(Math.clamp(waitNanos, 0, NANOS_MAX));
    }

    synchronized void verified(long pages, long differing) {
        verifiedPages += pages;
        verifyFailures += differing;
    }

    public synchronized Snapshot snapshot() {
        long now = clock.getAsLong();
        forget(now);
        Slot whole = new Slot(now);
        slots.forEach(whole::add);
        long nanos = Math.max(1, now - Math.max(Math.min(first, now), windowBegin(now)));
        long count = whole.pauseNanos.getTotalCount();
        return new Snapshot(
                epoch,
                count * 1e9 / nanos,
                whole.pauseNanos.getValueAtPercentile(50) / 1e6,
                whole.pauseNanos.getValueAtPercentile(99) / 1e6,
                Math.min(1, (double) whole.paused / nanos),
                whole.pageCounts.getValueAtPercentile(50),
                whole.pages * 1e9 / nanos,
                count == 0 ? 0 : whole.bytes / count,
                whole.waitNanos.getValueAtPercentile(50) / 1e6,
                pausedNanos / 1_000_000,
                verifiedPages,
                verifyFailures);
    }

    /// The running slot: slots begin at whole multiples of their length.
    private Slot slot() {
        long now = clock.getAsLong();
        forget(now);
        first = Math.min(first, now);
        long begin = Math.floorDiv(now, SLOT_NANOS) * SLOT_NANOS;
        if (slots.isEmpty() || slots.getLast().began < begin) {
            slots.addLast(new Slot(begin));
        }
        return slots.getLast();
    }

    private void forget(long now) {
        while (!slots.isEmpty() && slots.getFirst().began < windowBegin(now)) {
            slots.removeFirst();
        }
    }

    private static long windowBegin(long now) {
        return (Math.floorDiv(now, SLOT_NANOS) - (SLOTS - 1)) * SLOT_NANOS;
    }
}
