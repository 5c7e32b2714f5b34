package understudy.volume.store;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import understudy.volume.Geometry;

/// Tells the contents of blocks apart for sure, which their checksums do not: a block with a CRC-32C of its own
/// inside, as logs of databases and metadata of file systems have, may have the same checksum as another one that
/// differs from it in little more.
///
/// Threads: one.
final class Digests {
    private static final byte[] ZEROS = new byte[Geometry.BLOCK_BYTES];

    private final Disk disk;
    private final Content content;
    private final MessageDigest sha = sha();
    private final MemorySegment buffer = Arena.ofAuto().allocate(Geometry.BLOCK_BYTES, Long.BYTES);
    private final byte[] block = new byte[Geometry.BLOCK_BYTES];
    private long dataFrom;

    Digests(Disk disk, Content content) {
        this.disk = disk;
        this.content = content;
    }

    /// Fills in those of the blocks that are wanted.
    void of(int extent, long[] wanted, long[] digests) throws DiskFailedException {
        dataFrom = -1;
        long first = (long) extent * Geometry.EXTENT_BLOCKS;
        for (int index = 0; index < Geometry.EXTENT_BLOCKS; index++) {
            if ((wanted[index >> 6] & 1L << index) != 0) {
                digests[index] = of(first + index);
            }
        }
    }

    private long of(long number) throws DiskFailedException {
        long offset = number * Geometry.BLOCK_BYTES;
        if (offset >= content.size()) {
            return ReplicaStore.DIGEST_OF_ZEROS;
        }
        int length = content.blockLength(number);
        if (dataFrom < offset) {
            dataFrom = disk.nextData(offset);
        }
        if (dataFrom >= offset + length) {
            return ReplicaStore.DIGEST_OF_ZEROS;
        }
        MemorySegment part = buffer.asSlice(0, length);
        try {
            content.read(offset, part);
        } catch (CorruptBlocksException _) {
            return ReplicaStore.DIGEST_OF_CORRUPT;
        }
        MemorySegment.copy(part, ValueLayout.JAVA_BYTE, 0, block, 0, length);
        if (Arrays.mismatch(block, 0, length, ZEROS, 0, length) < 0) {
            return ReplicaStore.DIGEST_OF_ZEROS;
        }
        sha.update(block, 0, length);
        long digest = ByteBuffer.wrap(sha.digest()).getLong();
        boolean isReserved = digest == ReplicaStore.DIGEST_OF_ZEROS || digest == ReplicaStore.DIGEST_OF_CORRUPT;
        return isReserved ? ~digest : digest;
    }

    private static MessageDigest sha() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
