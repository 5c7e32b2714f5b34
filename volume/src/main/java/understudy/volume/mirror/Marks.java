package understudy.volume.mirror;

import understudy.volume.Geometry;

/// A bit for each block of an extent.
final class Marks {
    static final int WORDS = Geometry.EXTENT_BLOCKS / Long.SIZE;
    static final int BYTES = WORDS * Long.BYTES;

    private Marks() {}

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
