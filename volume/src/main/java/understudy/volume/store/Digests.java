package understudy.volume.store;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import understudy.volume.Geometry;

/// Tells the contents of blocks apart for sure, which their checksums do not: a block with a CRC-32C of its own
/// inside, as logs of databases and metadata of file systems have, may have the same checksum as another one that
/// differs from it in little more.
///
/// Threads: one.
final class Digests {
    private static final int BLOCK = Geometry.BLOCK_BYTES;
    private static final int RUN_BLOCKS = 64;
    private static final byte[] ZEROS = new byte[BLOCK];

    private final Disk disk;
    private final Content content;
    private final MessageDigest sha = sha();
    private final MemorySegment buffer = Arena.ofAuto().allocate((long) RUN_BLOCKS * BLOCK, Long.BYTES);
    private final byte[] block = new byte[BLOCK];
    private long dataFrom;

    Digests(Disk disk, Content content) {
        this.disk = disk;
        this.content = content;
    }

    /// Fills in those of the blocks that are wanted.
    void of(int extent, long[] wanted, long[] digests) throws DiskFailedException {
        dataFrom = -1;
        int index = 0;
        while (index < Geometry.EXTENT_BLOCKS) {
            int first = index;
            while (index < Geometry.EXTENT_BLOCKS
                    && index - first < RUN_BLOCKS
                    && (wanted[index >> 6] & 1L << index) != 0) {
                index++;
            }
            if (index > first) {
                run(extent, first, index, digests);
            } else {
                index++;
            }
        }
    }

    /// Blocks that lie one behind the other.
    private void run(int extent, int first, int past, long[] digests) throws DiskFailedException {
        long number = (long) extent * Geometry.EXTENT_BLOCKS + first;
        long offset = number * BLOCK;
        int length = (int) Math.min((long) (past - first) * BLOCK, content.size() - offset);
        // A hole where data should be has lost them: that is for a read to find.
        if (length <= 0 || (isHole(offset, length) && content.hasZeros(number, past - first))) {
            Arrays.fill(digests, first, past, ReplicaStore.DIGEST_OF_ZEROS);
            markCorrupt(List.of(), extent, first, past, digests);
            return;
        }
        List<ByteRange> corrupt = List.of();
        try {
            content.read(offset, buffer.asSlice(0, length));
        } catch (CorruptBlocksException e) {
            corrupt = e.ranges();
        }
        for (int index = first; index < past; index++) {
            int at = (index - first) * BLOCK;
            digests[index] = at < length ? of(at, Math.min(BLOCK, length - at)) : ReplicaStore.DIGEST_OF_ZEROS;
        }
        markCorrupt(corrupt, extent, first, past, digests);
    }

    private boolean isHole(long offset, int length) throws DiskFailedException {
        if (dataFrom < offset) {
            dataFrom = disk.nextData(offset);
        }
        return dataFrom >= offset + length;
    }

    private void markCorrupt(List<ByteRange> corrupt, int extent, int first, int past, long[] digests) {
        BadBlocks bad = content.bad();
        for (int index = first; index < past; index++) {
            long number = (long) extent * Geometry.EXTENT_BLOCKS + index;
            long offset = number * BLOCK;
            boolean isCorrupt = corrupt.stream().anyMatch(range -> range.offset() <= offset && offset < range.end());
            if (isCorrupt || bad.has(number)) {
                digests[index] = ReplicaStore.DIGEST_OF_CORRUPT;
            }
        }
    }

    private long of(int at, int length) {
        MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, at, block, 0, length);
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
