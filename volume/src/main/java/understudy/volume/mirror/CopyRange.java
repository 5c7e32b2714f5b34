package understudy.volume.mirror;

import understudy.volume.Geometry;

/// Blocks that are being copied, and which of them clients have written meanwhile. All of it under the order
/// lock.
final class CopyRange {
    private final long firstBlock;
    private final boolean[] touched;

    CopyRange(long offset, long length) {
        firstBlock = offset / Geometry.BLOCK_BYTES;
        touched = new boolean[Math.toIntExact((length + Geometry.BLOCK_BYTES - 1) / Geometry.BLOCK_BYTES)];
    }

    void touch(long offset, long length) {
        long from = Math.max(offset / Geometry.BLOCK_BYTES, firstBlock) - firstBlock;
        long to = Math.min((offset + length - 1) / Geometry.BLOCK_BYTES - firstBlock, touched.length - 1L);
        for (long block = from; block <= to; block++) {
            touched[(int) block] = true;
        }
    }

    boolean isTouched() {
        for (boolean is : touched) {
            if (is) {
                return true;
            }
        }
        return false;
    }

    /// @param block counted from the range's first
    boolean isTouched(int block) {
        return touched[block];
    }
}
