package understudy.volume.mirror;

import java.util.ArrayList;
import java.util.List;
import understudy.volume.Geometry;
import understudy.volume.store.BadBlocks;
import understudy.volume.store.ByteRange;

/// A bit for each block of an extent.
final class Marks {
    static final int WORDS = Geometry.EXTENT_BLOCKS / Long.SIZE;
    static final int BYTES = WORDS * Long.BYTES;

    private Marks() {}

    /// All blocks of an extent that are bad.
    static long[] of(BadBlocks bad, int extent) {
        long[] bits = new long[WORDS];
        bad.addTo(extent, bits);
        return bits;
    }

    /// The blocks of an extent that a range has a part of.
    static long[] of(ByteRange range, int extent) {
        long begin = (long) extent * Geometry.EXTENT_BYTES;
        long from = Math.max(0, range.offset() - begin) / Geometry.BLOCK_BYTES;
        long last = Math.min(Geometry.EXTENT_BYTES, range.end() - begin) - 1;
        long[] bits = new long[WORDS];
        for (long block = from; block <= last / Geometry.BLOCK_BYTES; block++) {
            add(bits, (int) block);
        }
        return bits;
    }

    /// Runs of blocks, where they lie in a volume of this size.
    static List<ByteRange> ranges(long[] bits, int extent, long sizeBytes) {
        List<ByteRange> ranges = new ArrayList<>();
        int block = 0;
        while (block < Geometry.EXTENT_BLOCKS) {
            int first = block;
            while (block < Geometry.EXTENT_BLOCKS && has(bits, block)) {
                block++;
            }
            if (block > first) {
                long offset = (long) extent * Geometry.EXTENT_BYTES + (long) first * Geometry.BLOCK_BYTES;
                long length = (long) (block - first) * Geometry.BLOCK_BYTES;
                ranges.add(new ByteRange(offset, Math.min(length, sizeBytes - offset)));
            }
            block++;
        }
        return ranges;
    }

    static long[] without(long[] bits, long[] gone) {
        long[] left = bits.clone();
        for (int i = 0; i < WORDS; i++) {
            left[i] &= ~gone[i];
        }
        return left;
    }

    static boolean has(long[] bits, int block) {
        return (bits[block >> 6] & 1L << block) != 0;
    }

    static void add(long[] bits, int block) {
        bits[block >> 6] |= 1L << block;
    }

    static void remove(long[] bits, int block) {
        bits[block >> 6] &= ~(1L << block);
    }

    static int count(long[] bits) {
        int count = 0;
        for (long word : bits) {
            count += Long.bitCount(word);
        }
        return count;
    }
}
