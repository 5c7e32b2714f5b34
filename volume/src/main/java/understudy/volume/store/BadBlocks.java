package understudy.volume.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongPredicate;
import java.util.stream.LongStream;
import understudy.volume.Geometry;

/// Blocks of a replica that do not hold what was last written to them, and of which no good copy was to be had: to be
/// read by nobody until they are written anew. Few, if any. Never changes.
public final class BadBlocks {
    public static final BadBlocks NONE = new BadBlocks(new long[0]);

    /// How many runs of such blocks a superblock has room for, and how long each may be.
    static final int RUNS_MAX = (ReplicaFormat.SLOT_BYTES - ReplicaFormat.SECTOR_BYTES) / Long.BYTES;

    private static final int LENGTH_BITS = 16;
    private static final int LENGTH_MAX = 1 << LENGTH_BITS;

    private final long[] blocks;

    private BadBlocks(long[] sorted) {
        blocks = sorted;
    }

    public boolean isEmpty() {
        return blocks.length == 0;
    }

    /// How many.
    public int count() {
        return blocks.length;
    }

    public boolean has(long block) {
        return Arrays.binarySearch(blocks, block) >= 0;
    }

    /// Whether any of the blocks `first` to `last` is among them.
    boolean hasAny(long first, long last) {
        int at = Arrays.binarySearch(blocks, first);
        int next = at >= 0 ? at : -at - 1;
        return next < blocks.length && blocks[next] <= last;
    }

    /// Whether a change of this range would have to keep a part of one of them.
    ///
    /// @param sizeBytes of the volume
    public boolean hasPartOf(long offset, long length, long sizeBytes) {
        if (isEmpty()) {
            return false;
        }
        long end = offset + length;
        boolean isHeadPart = offset % Geometry.BLOCK_BYTES != 0;
        boolean isTailPart = end % Geometry.BLOCK_BYTES != 0 && end != sizeBytes;
        return (isHeadPart && has(offset / Geometry.BLOCK_BYTES)) || (isTailPart && has(end / Geometry.BLOCK_BYTES));
    }

    /// These, and those blocks of an extent that are marked.
    public BadBlocks with(int extent, long[] bits) {
        long first = (long) extent * Geometry.EXTENT_BLOCKS;
        LongStream more = LongStream.range(0, Geometry.EXTENT_BLOCKS)
                .filter(index -> (bits[(int) index >> 6] & 1L << index) != 0)
                .map(index -> first + index);
        return new BadBlocks(LongStream.concat(LongStream.of(blocks), more)
                .sorted()
                .distinct()
                .toArray());
    }

    /// These, but for the blocks that a change of this range makes anew in full.
    ///
    /// @param sizeBytes of the volume
    public BadBlocks withoutWritten(long offset, long length, long sizeBytes) {
        long end = offset + length;
        long first = -Math.floorDiv(-offset, Geometry.BLOCK_BYTES);
        long past = end == sizeBytes ? Long.MAX_VALUE : end / Geometry.BLOCK_BYTES;
        return without(block -> block >= first && block < past);
    }

    private BadBlocks without(LongPredicate gone) {
        long[] left = LongStream.of(blocks).filter(gone.negate()).toArray();
        return left.length == blocks.length ? this : new BadBlocks(left);
    }

    /// Adds those of an extent to `bits`.
    public void addTo(int extent, long[] bits) {
        for (long block : blocks) {
            if (block / Geometry.EXTENT_BLOCKS == extent) {
                int index = (int) (block % Geometry.EXTENT_BLOCKS);
                bits[index >> 6] |= 1L << index;
            }
        }
    }

    /// The extents that hold some, in order.
    public int[] extents() {
        return LongStream.of(blocks)
                .mapToInt(block -> Math.toIntExact(block / Geometry.EXTENT_BLOCKS))
                .distinct()
                .toArray();
    }

    /// As numbers, one for each run: the first block, shifted left by 16 bits, and how many follow it.
    public long[] runs() {
        List<Long> runs = new ArrayList<>();
        int at = 0;
        while (at < blocks.length) {
            int from = at;
            while (at < blocks.length && blocks[at] == blocks[from] + at - from && at - from < LENGTH_MAX) {
                at++;
            }
            runs.add(blocks[from] << LENGTH_BITS | (at - from - 1));
        }
        return runs.stream().mapToLong(run -> run).toArray();
    }

    /// @throws IllegalArgumentException if they are not what [#runs] makes
    public static BadBlocks ofRuns(long[] runs) {
        LongStream.Builder blocks = LongStream.builder();
        long next = 0;
        for (long run : runs) {
            long first = run >>> LENGTH_BITS;
            if (first < next) {
                throw new IllegalArgumentException("runs of bad blocks out of order");
            }
            next = first + (run & (LENGTH_MAX - 1)) + 1;
            LongStream.range(first, next).forEach(blocks);
        }
        return new BadBlocks(blocks.build().toArray());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BadBlocks that && Arrays.equals(blocks, that.blocks);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(blocks);
    }

    @Override
    public String toString() {
        return "bad blocks " + Arrays.toString(blocks);
    }
}
