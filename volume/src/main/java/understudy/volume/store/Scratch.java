package understudy.volume.store;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import understudy.volume.Geometry;

/// What a thread needs to work on blocks, so that no request allocates anything.
final class Scratch {
    private static final int BLOCK = Geometry.BLOCK_BYTES;
    private static final ThreadLocal<Scratch> SCRATCHES = ThreadLocal.withInitial(Scratch::new);
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(BLOCK).asReadOnlyBuffer();
    private static final int ZERO_CRC = zeroCrc();

    private final CRC32C crc = new CRC32C();
    private final ByteBuffer zeros = ZEROS.duplicate();

    /// One block. The collector frees it after the thread has ended.
    final MemorySegment block = Arena.ofAuto().allocate(BLOCK, BLOCK);

    final ByteBuffer blockBytes = block.asByteBuffer();

    private Scratch() {}

    /// The calling thread's.
    static Scratch here() {
        return SCRATCHES.get();
    }

    /// The checksum of a block, whose last bytes may be missing and count as zeros: CRC-32C, exclusive-or that of
    /// a block of zeros, which therefore has 0.
    int sum(ByteBuffer bytes, int from, int length) {
        crc.reset();
        bytes.limit(from + length);
        bytes.position(from);
        crc.update(bytes);
        if (length < BLOCK) {
            zeros.clear();
            zeros.limit(BLOCK - length);
            crc.update(zeros);
        }
        return (int) crc.getValue() ^ ZERO_CRC;
    }

    /// The checksum of a whole structure, in which the four bytes of the checksum itself count as zeros.
    static int structure(ByteBuffer bytes, int checksumAt) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(0, checksumAt));
        crc.update(ZEROS.slice(0, Integer.BYTES));
        int after = checksumAt + Integer.BYTES;
        crc.update(bytes.slice(after, bytes.capacity() - after));
        return (int) crc.getValue();
    }

    private static int zeroCrc() {
        CRC32C crc = new CRC32C();
        crc.update(ZEROS.duplicate());
        return (int) crc.getValue();
    }
}
