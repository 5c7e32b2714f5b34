package understudy.volume.store;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import understudy.volume.Geometry;

/// Computes checksums that nobody knows: of extents that were in the log at a crash, of damaged records, and,
/// from an extent on that the superblock remembers, of all that was there before the replica was.
///
/// Threads: any.
final class Computation {
    private static final int BLOCK = Geometry.BLOCK_BYTES;
    private static final int BLOCKS = Geometry.EXTENT_BLOCKS;
    private static final int CHUNK_BLOCKS = 64;

    /// How many extents the walk goes between two notes of how far it has come.
    private static final int NOTE_EXTENTS = 64;

    private final Disk data;
    private final Content content;
    private final Metadata metadata;
    private final ChecksumPages pages;
    private final ActivityLog log;
    private final Failure failure;

    /// One walker at a time.
    private final ReentrantLock walking = new ReentrantLock();

    private int noted;
    private long total;

    Computation(Disk data, Content content, Metadata metadata, ChecksumPages pages, ActivityLog log, Failure failure) {
        this.data = data;
        this.content = content;
        this.metadata = metadata;
        this.pages = pages;
        this.log = log;
        this.failure = failure;
        this.noted = pages.computed();
        this.total = remaining();
    }

    Progress progress() {
        long left = remaining();
        return new Progress(Math.max(0, total - left), Math.max(total, left));
    }

    private long remaining() {
        long logged = log.pages().stream().filter(page -> !page.isKnown()).count();
        long damaged = pages.damaged.size();
        int ahead = Geometry.extents(content.size()) - pages.computed();
        return (logged + damaged + ahead) * Geometry.EXTENT_BYTES;
    }

    /// Computes what is unknown on a page. Some of it stays unknown if writes to it fail meanwhile.
    void complete(ChecksumPage page) throws DiskFailedException {
        if (page.isKnown()) {
            return;
        }
        int forgotten = page.forgotten();
        long start = (long) page.extent * Geometry.EXTENT_BYTES;
        long end = Math.min(start + Geometry.EXTENT_BYTES, content.size());
        int blocks = (int) ((end - start + BLOCK - 1) / BLOCK);
        int[] sums = new int[CHUNK_BLOCKS];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment chunk = arena.allocate((long) CHUNK_BLOCKS * BLOCK);
            int block = 0;
            while (block < BLOCKS) {
                int count = unknownRun(page, block);
                if (block < blocks) {
                    count = Math.min(count, blocks - block);
                    count = count == 0 ? 0 : sums(chunk, start, block, count, end, sums);
                } else {
                    Arrays.fill(sums, 0);
                }
                content.publish(page, forgotten, block, sums, count);
                block += Math.max(1, count);
            }
        }
    }

    private static int unknownRun(ChecksumPage page, int block) {
        int count = 0;
        while (count < CHUNK_BLOCKS && block + count < BLOCKS && !page.isKnown(block + count)) {
            count++;
        }
        return count;
    }

    /// The checksums of up to `count` blocks: how many it are. Holes are not read.
    private int sums(MemorySegment chunk, long start, int block, int count, long end, int[] sums)
            throws DiskFailedException {
        long from = start + (long) block * BLOCK;
        long to = Math.min(end, from + (long) count * BLOCK);
        long firstData = data.nextData(from);
        int zeros = (int) ((Math.min(firstData, to) - from + (firstData >= to ? BLOCK - 1 : 0)) / BLOCK);
        if (zeros > 0) {
            Arrays.fill(sums, 0, zeros, 0);
            return zeros;
        }
        MemorySegment into = chunk.asSlice(0, to - from);
        data.read(from, into);
        ByteBuffer bytes = into.asByteBuffer();
        Scratch scratch = Scratch.here();
        for (int i = 0; i < count; i++) {
            sums[i] = scratch.sum(bytes, i * BLOCK, (int) Math.min(BLOCK, to - from - (long) i * BLOCK));
        }
        return count;
    }

    /// Computes one extent more, if there is one.
    ///
    /// @return whether there was
    boolean next() throws DiskFailedException {
        walking.lock();
        try {
            Optional<ChecksumPage> logged =
                    log.pages().stream().filter(page -> !page.isKnown()).findFirst();
            if (logged.isPresent()) {
                complete(logged.get());
                return true;
            }
            Integer damaged = pages.damaged.pollFirst();
            if (damaged != null) {
                mend(damaged);
                return true;
            }
            return walk();
        } finally {
            walking.unlock();
        }
    }

    private void mend(int extent) throws DiskFailedException {
        ChecksumPage page = pages.of(extent);
        complete(page);
        // The checksums are believed from here on: what they stand for must not be lost.
        failure.sync(data);
        boolean _ = record(page);
    }

    /// Whether it was written; if not, it was not the page that counts.
    private boolean record(ChecksumPage page) throws DiskFailedException {
        return metadata.write(page, () -> isCurrent(page));
    }

    private boolean isCurrent(@Nullable ChecksumPage page) {
        return page != null && page.isKnown() && pages.present(page.extent) == page;
    }

    private boolean walk() throws DiskFailedException {
        int extents = Geometry.extents(content.size());
        int at = pages.computed();
        if (at >= extents) {
            return false;
        }
        int next = nextWithSomething(at, extents);
        for (int extent = at; extent < next; extent++) {
            ChecksumPage present = pages.present(extent);
            if (present != null) {
                complete(present);
            }
        }
        if (next > at) {
            pages.computed(next);
        } else {
            ChecksumPage page = pages.of(at);
            complete(page);
            if (!record(page)) {
                return true;
            }
            pages.computed(at + 1);
        }
        int reached = pages.computed();
        if (reached == extents || reached >= noted + NOTE_EXTENTS) {
            note(reached);
        }
        return reached < extents;
    }

    /// The first extent that has data, or a record that may say so.
    private int nextWithSomething(int extent, int extents) throws DiskFailedException {
        long firstData = data.nextData((long) extent * Geometry.EXTENT_BYTES);
        long withData = firstData >= content.size() ? extents : Geometry.extentOf(firstData);
        return (int) Math.min(extents, Math.min(withData, metadata.nextWritten(extent)));
    }

    private void note(int reached) throws DiskFailedException {
        failure.sync(data);
        metadata.sync();
        metadata.change(superblock -> superblock.withComputed(reached));
        noted = reached;
    }
}
