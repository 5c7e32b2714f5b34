package understudy.volume.store;

import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;
import understudy.volume.Geometry;

/// The checksums of an extent, in memory.
///
/// Threads: readers any; [#put] and [#forget] under the lock of [Content]. A reader may see a checksum of before
/// or after a write that goes on beside it, and looks again under that lock before it believes in damage.
final class ChecksumPage {
    private static final int BLOCKS = Geometry.EXTENT_BLOCKS;

    final int extent;
    final int[] sums = new int[BLOCKS];

    /// Marks the blocks whose checksum is not known; null if all are.
    private volatile @Nullable AtomicLongArray unknown;

    /// How many are marked; under the lock of [Content].
    private int unknowns;

    /// Goes up whenever a checksum becomes unknown; under the lock of [Content].
    private volatile int forgotten;

    /// Whether the extent is in the activity log. Changes under the order lock.
    volatile boolean isHot;

    /// When it was last touched, on the clock of [ActivityLog]. Under the order lock.
    long touched;

    /// Whether it was used since the cache looked last. A lost update costs nothing.
    boolean isUsed;

    /// Whether the cache counts it among the cold ones. Under the lock of the cache's ring.
    boolean isListed;

    ChecksumPage(int extent) {
        this.extent = extent;
    }

    static ChecksumPage unknown(int extent) {
        ChecksumPage page = new ChecksumPage(extent);
        AtomicLongArray all = new AtomicLongArray(ReplicaFormat.EXTENT_WORDS);
        for (int i = 0; i < all.length(); i++) {
            all.setPlain(i, -1);
        }
        page.unknowns = BLOCKS;
        page.unknown = all;
        return page;
    }

    /// Whether all checksums are known.
    boolean isKnown() {
        return unknown == null;
    }

    boolean isKnown(int block) {
        AtomicLongArray marks = unknown;
        return marks == null || (marks.getAcquire(block >> 6) & 1L << block) == 0;
    }

    void put(int block, int sum) {
        sums[block] = sum;
        AtomicLongArray marks = unknown;
        if (marks != null && (marks.getPlain(block >> 6) & 1L << block) != 0) {
            marks.setRelease(block >> 6, marks.getPlain(block >> 6) & ~(1L << block));
            unknowns--;
            if (unknowns == 0) {
                unknown = null;
            }
        }
    }

    int forgotten() {
        return forgotten;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock of Content
    void forget(int block) {
        forgotten++;
        AtomicLongArray marks = unknown;
        if (marks == null) {
            marks = new AtomicLongArray(ReplicaFormat.EXTENT_WORDS);
        }
        if ((marks.getPlain(block >> 6) & 1L << block) == 0) {
            marks.setRelease(block >> 6, marks.getPlain(block >> 6) | 1L << block);
            unknowns++;
        }
        unknown = marks;
    }
}
