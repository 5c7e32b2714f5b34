package understudy.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import understudy.linux.PageRuns;

/// Copies of pages of RAM as the standby has them: of pages that share a place, the latest that was sent.
///
/// Threads: one at a time.
final class PageCache implements AutoCloseable {
    private static final int PAGE = PageRuns.PAGE_BYTES;
    private static final int NONE = -1;
    private static final int BLOCK_PAGES = 256;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment[] blocks;
    private final int[] holds;

    /// @param bytesMax a power of two, 1 MiB or more; what it may grow to
    PageCache(long bytesMax) {
        if (Long.bitCount(bytesMax) != 1 || bytesMax < (long) BLOCK_PAGES * PAGE || bytesMax >>> 42 > 0) {
            throw new IllegalArgumentException("a cache of " + bytesMax + " bytes");
        }
        int places = (int) (bytesMax / PAGE);
        blocks = new MemorySegment[places / BLOCK_PAGES];
        holds = new int[places];
        Arrays.fill(holds, NONE);
    }

    /// Whether it has a copy of this page.
    boolean has(int page) {
        return holds[place(page)] == page;
    }

    /// Writes to `into` how the page differs from the copy, which it must have, and keeps the page in its place.
    void exchange(int page, MemorySegment from, long fromAt, MemorySegment into, long at) {
        MemorySegment block = block(page);
        long copy = offset(page);
        Xor.of(from, fromAt, block, copy, into, at, PAGE);
        MemorySegment.copy(from, fromAt, block, copy, PAGE);
    }

    /// Keeps a page that was sent.
    void keep(int page, MemorySegment from, long fromAt) {
        holds[place(page)] = page;
        MemorySegment.copy(from, fromAt, block(page), offset(page), PAGE);
    }

    private int place(int page) {
        return page & (holds.length - 1);
    }

    private static long offset(int page) {
        return (long) (page & (BLOCK_PAGES - 1)) * PAGE;
    }

    private MemorySegment block(int page) {
        int index = place(page) / BLOCK_PAGES;
        if (blocks[index] == null) {
            blocks[index] = arena.allocate((long) BLOCK_PAGES * PAGE, 64);
        }
        return blocks[index];
    }

    @Override
    public void close() {
        arena.close();
    }
}
