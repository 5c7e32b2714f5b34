package understudy.volume.store;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import understudy.volume.Geometry;

/// The bytes of a replica, and that they are what was written.
///
/// A write holds a lock from its first byte on disk to its last checksum. Readers take none: what does not fit is
/// read again under that lock, and only then it is corrupt. (A lock for each read would make readers wait for
/// writers; a counter of writes tells a reader that it must look again, but not when to stop.)
///
/// Threads: reads by any; writes under the order lock.
final class Content {
    private static final int BLOCK = Geometry.BLOCK_BYTES;
    private static final int BLOCKS = Geometry.EXTENT_BLOCKS;

    private final Disk disk;
    private final ChecksumPages pages;
    private final Metadata metadata;
    private final Failure failure;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile long size;
    private volatile @Nullable DirtyMap dirty;

    /// Changes under the lock, after the superblock.
    private volatile BadBlocks bad;

    /// Whether what is written is marked; under the order lock.
    private boolean marksWrites = true;

    final LongAdder secondLooks = new LongAdder();
    final LongAdder corruptBlocks = new LongAdder();

    Content(Disk disk, ChecksumPages pages, Metadata metadata, Failure failure, long size) {
        this.disk = disk;
        this.pages = pages;
        this.metadata = metadata;
        this.failure = failure;
        this.bad = metadata.superblock().bad();
        this.size = size;
    }

    /// In bytes.
    long size() {
        return size;
    }

    void size(long newSize) {
        size = newSize;
    }

    @Nullable
    DirtyMap dirty() {
        return dirty;
    }

    void markWrites(boolean is) {
        marksWrites = is;
    }

    void dirty(@Nullable DirtyMap map) {
        dirty = map;
    }

    BadBlocks bad() {
        return bad;
    }

    /// Under the order lock.
    boolean markBad(int extent, long[] bits) throws DiskFailedException {
        lock.lock();
        try {
            BadBlocks more = bad.with(extent, bits);
            if (more.runs().length > BadBlocks.RUNS_MAX) {
                return false;
            }
            note(more);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /// The whole blocks of this range hold again what they should. That must be true also after a loss of power
    /// before the mark goes, and the mark must be gone before the write is answered.
    private void clearBad(long offset, long end) throws DiskFailedException {
        BadBlocks left = bad.withoutWritten(offset, end - offset, size);
        if (left.count() < bad.count()) {
            failure.sync(disk);
            note(left);
        }
    }

    private void note(BadBlocks blocks) throws DiskFailedException {
        if (!blocks.equals(bad)) {
            metadata.change(superblock -> superblock.withBad(blocks));
            bad = blocks;
        }
    }

    /// How many bytes of a block lie in the volume.
    int blockLength(long block) {
        return (int) Math.min(BLOCK, size - block * BLOCK);
    }

    void read(long offset, MemorySegment target) throws CorruptBlocksException, DiskFailedException {
        long end = offset + target.byteSize();
        long from = roundUp(offset);
        long to = end == size ? end : end - end % BLOCK;
        List<ByteRange> corrupt = List.of();
        if (from == offset && to == end) {
            disk.read(offset, target);
            corrupt = verify(from, to, target, 0, corrupt);
        } else {
            if (offset < from) {
                corrupt = readPart(offset, Math.min(from, end), target, 0, corrupt);
            }
            if (from < to) {
                MemorySegment whole = target.asSlice(from - offset, to - from);
                disk.read(from, whole);
                corrupt = verify(from, to, whole, 0, corrupt);
            }
            if (Math.max(from, to) < end) {
                long last = Math.max(from, to);
                corrupt = readPart(last, end, target, last - offset, corrupt);
            }
        }
        if (!corrupt.isEmpty()) {
            throw new CorruptBlocksException(corrupt);
        }
    }

    /// Whether blocks of an extent hold zeros, as far as their checksums are known.
    boolean hasZeros(long first, int count) throws DiskFailedException {
        ChecksumPage page = pages.of((int) (first / BLOCKS));
        int index = (int) (first % BLOCKS);
        for (int i = index; i < index + count; i++) {
            if (page.isKnown(i) && page.sums[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private static long roundUp(long offset) {
        return (offset + BLOCK - 1) / BLOCK * BLOCK;
    }

    /// Verifies whole blocks that lie in `target` from its beginning on.
    private List<ByteRange> verify(long from, long to, MemorySegment target, long at, List<ByteRange> corrupt)
            throws DiskFailedException {
        Scratch scratch = Scratch.here();
        ByteBuffer bytes = target.asByteBuffer();
        BadBlocks marked = bad;
        List<ByteRange> found = corrupt;
        for (long start = from; start < to; start += BLOCK) {
            long block = start / BLOCK;
            ChecksumPage page = pages.of((int) (block / BLOCKS));
            int index = (int) (block % BLOCKS);
            int length = (int) Math.min(BLOCK, to - start);
            boolean fits =
                    !page.isKnown(index) || scratch.sum(bytes, (int) (start - from + at), length) == page.sums[index];
            if (!fits || marked.has(block)) {
                found = lookAgain(block, start, start + length, target, start - from, found);
            }
        }
        return found;
    }

    /// Reads a part of one block.
    private List<ByteRange> readPart(long offset, long end, MemorySegment target, long at, List<ByteRange> corrupt)
            throws DiskFailedException {
        Scratch scratch = Scratch.here();
        long block = offset / BLOCK;
        int length = blockLength(block);
        readBlock(scratch, block, length);
        ChecksumPage page = pages.of((int) (block / BLOCKS));
        int index = (int) (block % BLOCKS);
        boolean fits = !page.isKnown(index) || scratch.sum(scratch.blockBytes, 0, length) == page.sums[index];
        if (!fits || bad.has(block)) {
            return lookAgain(block, offset, end, target, at, corrupt);
        }
        MemorySegment.copy(scratch.block, offset - block * BLOCK, target, at, end - offset);
        return corrupt;
    }

    private void readBlock(Scratch scratch, long block, int length) throws DiskFailedException {
        disk.read(block * BLOCK, length == BLOCK ? scratch.block : scratch.block.asSlice(0, length));
    }

    /// Reads a block while nobody writes, and puts the part of it that is wanted into `target`.
    private List<ByteRange> lookAgain(
            long block, long offset, long end, MemorySegment target, long at, List<ByteRange> corrupt)
            throws DiskFailedException {
        Scratch scratch = Scratch.here();
        int length = blockLength(block);
        secondLooks.increment();
        lock.lock();
        try {
            readBlock(scratch, block, length);
            MemorySegment.copy(scratch.block, offset - block * BLOCK, target, at, end - offset);
            if (fits(scratch, block, length)) {
                return corrupt;
            }
        } finally {
            lock.unlock();
        }
        corruptBlocks.increment();
        List<ByteRange> all = new ArrayList<>(corrupt);
        if (!all.isEmpty() && all.getLast().end() == block * BLOCK) {
            ByteRange last = all.removeLast();
            all.add(new ByteRange(last.offset(), last.length() + length));
        } else {
            all.add(new ByteRange(block * BLOCK, length));
        }
        return all;
    }

    /// Whether the block in `scratch` is what was written. Under the lock.
    private boolean fits(Scratch scratch, long block, int length) throws DiskFailedException {
        if (bad.has(block)) {
            return false;
        }
        // Not the page that a reader began with: that one may have left memory, and be of the past.
        ChecksumPage page = pages.of((int) (block / BLOCKS));
        int index = (int) (block % BLOCKS);
        return !page.isKnown(index) || scratch.sum(scratch.blockBytes, 0, length) == page.sums[index];
    }

    void readUnverified(long offset, MemorySegment target) throws DiskFailedException {
        disk.read(offset, target);
    }

    void write(long offset, MemorySegment source) throws CorruptBlocksException, DiskFailedException {
        change(offset, offset + source.byteSize(), source, false);
    }

    void zero(long offset, long length, boolean punch) throws CorruptBlocksException, DiskFailedException {
        change(offset, offset + length, null, punch);
    }

    /// Makes a range what `source` has, or zeros.
    private void change(long offset, long end, @Nullable MemorySegment source, boolean punch)
            throws CorruptBlocksException, DiskFailedException {
        Scratch scratch = Scratch.here();
        long first = offset / BLOCK;
        long last = (end - 1) / BLOCK;
        lock.lock();
        try {
            refuseCold(first, last);
            boolean isHeadPart = isPart(first, offset, end);
            boolean isTailPart = last > first && isPart(last, offset, end);
            int head = isHeadPart ? merged(scratch, first, offset, end, source) : 0;
            int tail = isTailPart ? merged(scratch, last, offset, end, source) : 0;
            DirtyMap map = dirty;
            if (map != null && marksWrites) {
                map.mark(first, last);
            }
            try {
                if (source == null) {
                    disk.zero(offset, end - offset, punch);
                } else {
                    disk.write(offset, source);
                }
            } catch (DiskFailedException e) {
                forget(first, last);
                throw e;
            }
            if (isHeadPart) {
                put(first, head);
            }
            if (isTailPart) {
                put(last, tail);
            }
            long from = isHeadPart ? first + 1 : first;
            long to = isTailPart ? last - 1 : last;
            if (from <= to) {
                putSums(scratch, from, to, offset, source);
            }
            clearBad(offset, end);
        } finally {
            lock.unlock();
        }
    }

    private void refuseCold(long first, long last) {
        for (int extent = (int) (first / BLOCKS); extent <= last / BLOCKS; extent++) {
            ChecksumPage page = pages.present(extent);
            if (page == null || !page.isHot) {
                throw new IllegalStateException("a write into extent " + extent + ", which is not in the log");
            }
        }
    }

    private boolean isPart(long block, long offset, long end) {
        return offset > block * BLOCK || end < block * BLOCK + blockLength(block);
    }

    /// The checksum that a block will have of which a part is changed. Under the lock, before anything is
    /// written.
    private int merged(Scratch scratch, long block, long offset, long end, @Nullable MemorySegment source)
            throws CorruptBlocksException, DiskFailedException {
        int length = blockLength(block);
        // Else the corrupt part would have a checksum that fits from here on.
        verifyPart(block);
        long from = Math.max(offset, block * BLOCK);
        long to = Math.min(end, block * BLOCK + length);
        if (source == null) {
            scratch.block.asSlice(from - block * BLOCK, to - from).fill((byte) 0);
        } else {
            MemorySegment.copy(source, from - offset, scratch.block, from - block * BLOCK, to - from);
        }
        return scratch.sum(scratch.blockBytes, 0, length);
    }

    private void putSums(Scratch scratch, long first, long last, long offset, @Nullable MemorySegment source) {
        ByteBuffer bytes = source == null ? scratch.blockBytes : source.asByteBuffer();
        for (long block = first; block <= last; block++) {
            int sum = source == null ? 0 : scratch.sum(bytes, (int) (block * BLOCK - offset), blockLength(block));
            put(block, sum);
        }
    }

    void verifyParts(long offset, long end) throws CorruptBlocksException, DiskFailedException {
        long first = offset / BLOCK;
        long last = (end - 1) / BLOCK;
        lock.lock();
        try {
            if (isPart(first, offset, end)) {
                verifyPart(first);
            }
            if (last > first && isPart(last, offset, end)) {
                verifyPart(last);
            }
        } finally {
            lock.unlock();
        }
    }

    private void verifyPart(long block) throws CorruptBlocksException, DiskFailedException {
        Scratch scratch = Scratch.here();
        int length = blockLength(block);
        readBlock(scratch, block, length);
        if (!fits(scratch, block, length)) {
            corruptBlocks.increment();
            throw new CorruptBlocksException(List.of(new ByteRange(block * BLOCK, length)));
        }
    }

    private void put(long block, int sum) {
        hot(block).put((int) (block % BLOCKS), sum);
    }

    private void forget(long first, long last) {
        for (long block = first; block <= last; block++) {
            hot(block).forget((int) (block % BLOCKS));
        }
    }

    private ChecksumPage hot(long block) {
        ChecksumPage page = pages.present((int) (block / BLOCKS));
        if (page == null) {
            throw new IllegalStateException("extent " + block / BLOCKS + " left the log while it was written");
        }
        return page;
    }

    /// Writes whole blocks, leaving holes where they are zeros.
    void writeCopy(long offset, MemorySegment source) throws CorruptBlocksException, DiskFailedException {
        long length = source.byteSize();
        long done = 0;
        while (done < length) {
            boolean isZero = isZero(source, done);
            long next = done;
            while (next < length && isZero(source, next) == isZero) {
                next = Math.min(length, next + BLOCK);
            }
            if (isZero) {
                zero(offset + done, next - done, true);
            } else {
                write(offset + done, source.asSlice(done, next - done));
            }
            done = next;
        }
    }

    private static boolean isZero(MemorySegment source, long from) {
        long to = Math.min(source.byteSize(), from + BLOCK);
        // A word at a time: data rarely begins with zeros.
        for (long at = from; at < to; at += Long.BYTES) {
            if (source.get(ValueLayout.JAVA_LONG_UNALIGNED, at) != 0) {
                return false;
            }
        }
        return true;
    }

    /// Gives blocks that have no known checksum these, which were computed from what is on disk.
    ///
    /// @param forgotten what the page said of that before the blocks were read: if a write has failed since,
    ///     nobody knows what was read
    void publish(ChecksumPage page, int forgotten, int firstIndex, int[] sums, int count) {
        lock.lock();
        try {
            for (int i = 0; i < count && page.forgotten() == forgotten; i++) {
                // One that was written since it was read is known by now.
                if (!page.isKnown(firstIndex + i)) {
                    page.put(firstIndex + i, sums[i]);
                }
            }
        } finally {
            lock.unlock();
        }
    }
}
