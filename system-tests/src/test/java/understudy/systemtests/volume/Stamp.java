package understudy.systemtests.volume;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/// What a block of 4 KiB holds: in each of its sectors which write it was, where it was meant to go, and a
/// checksum. So a block that is old, torn, mixed up or displaced is told from one that is right.
final class Stamp {
    static final int BLOCK_BYTES = 4096;

    /// The value of a block of zeros.
    static final long ZERO = 0;

    /// The value of a block whose sectors are of different writes.
    static final long TORN = -1;

    /// The value of a block that nobody wrote like that.
    static final long GARBAGE = -2;

    private static final int SECTOR_BYTES = 512;
    private static final long MAGIC = 0x756e646572737479L;
    private static final int CHECKSUM_AT = SECTOR_BYTES - 4;

    private Stamp() {}

    /// Appends a block to `target`.
    ///
    /// @param value above 0
    static void put(ByteBuffer target, long block, long value) {
        for (int sector = 0; sector < BLOCK_BYTES / SECTOR_BYTES; sector++) {
            int start = target.position();
            target.putLong(MAGIC).putLong(value).putLong(block).putLong(sector);
            while (target.position() < start + CHECKSUM_AT - 4) {
                target.putLong(value * 0x9e3779b97f4a7c15L + target.position());
            }
            target.putInt(0);
            target.putInt(checksum(target, start));
        }
    }

    /// Takes a block from `source`, and tells its value.
    static long take(ByteBuffer source, long block) {
        long value = takeSector(source, block, 0);
        for (int sector = 1; sector < BLOCK_BYTES / SECTOR_BYTES; sector++) {
            long next = takeSector(source, block, sector);
            if (next == GARBAGE || value == GARBAGE) {
                value = GARBAGE;
            } else if (next != value) {
                value = TORN;
            }
        }
        return value;
    }

    private static long takeSector(ByteBuffer source, long block, int sector) {
        int start = source.position();
        source.position(start + SECTOR_BYTES);
        if (isZero(source, start)) {
            return ZERO;
        }
        boolean isRight = source.getLong(start) == MAGIC
                && source.getLong(start + 16) == block
                && source.getLong(start + 24) == sector
                && source.getInt(start + CHECKSUM_AT) == checksum(source, start);
        return isRight ? source.getLong(start + 8) : GARBAGE;
    }

    private static boolean isZero(ByteBuffer source, int start) {
        for (int i = start; i < start + SECTOR_BYTES; i += 8) {
            if (source.getLong(i) != 0) {
                return false;
            }
        }
        return true;
    }

    private static int checksum(ByteBuffer buffer, int start) {
        CRC32C checksum = new CRC32C();
        checksum.update(buffer.slice(start, CHECKSUM_AT));
        return (int) checksum.getValue();
    }
}
