package understudy.volume.mirror;

import java.util.List;
import java.util.TreeSet;
import understudy.volume.Geometry;
import understudy.volume.store.ByteRange;

/// Blocks of the peer's replica that are known to be corrupt: whatever their checksums say, they are to be
/// copied anew. Used by one thread at a time.
final class Suspects {
    private final TreeSet<Long> blocks = new TreeSet<>();

    void add(List<ByteRange> ranges) {
        for (ByteRange range : ranges) {
            for (long at = range.offset(); at < range.end(); at += Geometry.BLOCK_BYTES) {
                blocks.add(at / Geometry.BLOCK_BYTES);
            }
        }
    }

    /// Whole blocks were written.
    void mended(long offset, long length) {
        if (!blocks.isEmpty()) {
            long first = -Math.floorDiv(-offset, Geometry.BLOCK_BYTES);
            blocks.subSet(first, Math.max(first, -Math.floorDiv(-(offset + length), Geometry.BLOCK_BYTES)))
                    .clear();
        }
    }

    /// Makes checksums of suspected blocks differ from whatever the other side has.
    void spoil(int extent, int[] sums) {
        long first = (long) extent * Geometry.EXTENT_BLOCKS;
        for (long block : blocks.subSet(first, first + Geometry.EXTENT_BLOCKS)) {
            sums[(int) (block - first)] ^= 1;
        }
    }

    /// The extents that hold some, in order.
    int[] extents() {
        return blocks.stream()
                .mapToInt(block -> Math.toIntExact(block / Geometry.EXTENT_BLOCKS))
                .distinct()
                .toArray();
    }
}
