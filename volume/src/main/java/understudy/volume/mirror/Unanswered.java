package understudy.volume.mirror;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/// Where writes are on their way to both replicas, roughly: pieces of 64 KiB, of which several share a counter.
/// A read that finds its piece counted may wait for a write elsewhere; it never misses one that it overlaps.
final class Unanswered {
    private static final int SHIFT = 16;
    private static final int SLOTS = 1 << 14;

    /// Ranges of more pieces than this count everywhere.
    private static final int PIECES_MAX = 1024;

    private final AtomicIntegerArray counts = new AtomicIntegerArray(SLOTS);
    private final AtomicInteger wide = new AtomicInteger();

    /// @param change 1 to begin, −1 to end
    void add(long offset, long length, int change) {
        long first = offset >>> SHIFT;
        long last = (offset + length - 1) >>> SHIFT;
        if (last - first >= PIECES_MAX) {
            wide.addAndGet(change);
            return;
        }
        for (long piece = first; piece <= last; piece++) {
            counts.addAndGet(slot(piece), change);
        }
    }

    boolean overlaps(long offset, long length) {
        if (wide.get() != 0) {
            return true;
        }
        long first = offset >>> SHIFT;
        long last = Math.min((offset + length - 1) >>> SHIFT, first + SLOTS - 1);
        for (long piece = first; piece <= last; piece++) {
            if (counts.get(slot(piece)) != 0) {
                return true;
            }
        }
        return false;
    }

    private static int slot(long piece) {
        return (int) piece & (SLOTS - 1);
    }
}
