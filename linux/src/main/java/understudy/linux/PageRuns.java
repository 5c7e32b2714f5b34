package understudy.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// A reusable vector of page runs outside the heap, into which the kernel writes directly.
///
/// It grows when a scan finds more runs than it has room for, and keeps what it grew to, so that scans allocate
/// nothing once it has met its worst case. A range of n pages has at most n runs, which bounds it.
///
/// Threads: one at a time.
public final class PageRuns implements AutoCloseable {
    public static final int PAGE_BYTES = 4096;

    private static final long START = Structs.offset(Structs.PAGE_REGION, "start");
    private static final long END = Structs.offset(Structs.PAGE_REGION, "end");
    private static final long STRIDE = Structs.PAGE_REGION.byteSize();

    private Arena arena = Arena.ofShared();
    private MemorySegment regions;
    private int count;
    private long pages;

    /// @param capacity the runs that there is room for at first; positive
    public PageRuns(int capacity) {
        if (capacity <= 0) {
            throw new IllegalArgumentException("capacity " + capacity + " is not positive");
        }
        regions = arena.allocate(Structs.PAGE_REGION, capacity);
    }

    /// Forgets all runs and keeps the room.
    public void clear() {
        count = 0;
        pages = 0;
    }

    /// How many runs there are.
    public int count() {
        return count;
    }

    /// The address of the first byte of run `i`, with `i` in [0, count).
    public long start(int i) {
        return regions.get(JAVA_LONG, checked(i) * STRIDE + START);
    }

    /// The address after the last byte of run `i`, with `i` in [0, count).
    public long end(int i) {
        return regions.get(JAVA_LONG, checked(i) * STRIDE + END);
    }

    /// The pages of all runs together.
    public long pages() {
        return pages;
    }

    private long checked(int i) {
        if (i < 0 || i >= count) {
            throw new IndexOutOfBoundsException("run " + i + " of " + count);
        }
        return i;
    }

    int capacity() {
        return (int) (regions.byteSize() / STRIDE);
    }

    /// The free part, at least one region long; valid until the next call.
    MemorySegment room() {
        if (count == capacity()) {
            grow();
        }
        return regions.asSlice(count * STRIDE);
    }

    /// The kernel has filled the first `runs` regions of [#room()].
    void added(int runs) {
        int first = count;
        count += runs;
        for (int i = first; i < count; i++) {
            pages += (end(i) - start(i)) / PAGE_BYTES;
        }
    }

    private void grow() {
        Arena larger = Arena.ofShared();
        MemorySegment moved = larger.allocate(Structs.PAGE_REGION, Math.multiplyExact(capacity(), 2));
        moved.copyFrom(regions);
        arena.close();
        arena = larger;
        regions = moved;
    }

    @Override
    public void close() {
        arena.close();
    }
}
