package understudy.checkpoint;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/// The standby's counterpart of [EpochPacker], which has the form of what is packed.
///
/// Threads: one at a time.
final class EpochUnpacker implements AutoCloseable {
    private static final ValueLayout.OfInt INT = JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final LZ4SafeDecompressor lz4 = LZ4Factory.fastestInstance().safeDecompressor();
    private final Room packed = new Room(1 << 20);
    private final Room devicesBefore = new Room(256 << 10);

    /// Reads a packed body. Pages and device state are as they were sent, which may be what differs.
    ///
    /// @param body as long as the header says
    /// @return whether it was of the form agreed, and just as long
    /// @throws IOException if the stream broke
    boolean read(Channel channel, Message header, MemorySegment body) throws IOException {
        packed.clear();
        long at = packed.take(header.packedBytes());
        channel.readFully(packed.segment().asSlice(at, header.packedBytes()).asByteBuffer());
        return unpack(EpochPacker.marks(header.pages()), packed.buffer(), body.asByteBuffer());
    }

    private boolean unpack(long from, ByteBuffer chunks, ByteBuffer body) {
        int at = 0;
        long next = from;
        while (next + 2 * Integer.BYTES <= chunks.limit()) {
            int bytes = packed.segment().get(INT, next);
            int packedBytes = packed.segment().get(INT, next + Integer.BYTES);
            next += 2 * Integer.BYTES;
            boolean fits = bytes > 0
                    && bytes <= EpochPacker.CHUNK_BYTES
                    && bytes <= body.limit() - at
                    && packedBytes > 0
                    && packedBytes <= chunks.limit() - next;
            if (!fits || !unpackOne(chunks, (int) next, packedBytes, body, at, bytes)) {
                return false;
            }
            at += bytes;
            next += packedBytes;
        }
        return next == chunks.limit() && at == body.limit();
    }

    private boolean unpackOne(ByteBuffer from, int at, int packedBytes, ByteBuffer into, int to, int bytes) {
        try {
            return lz4.decompress(from, at, packedBytes, into, to, bytes) == bytes;
        } catch (LZ4Exception damaged) {
            return false;
        }
    }

    /// Whether a page of RAM, by its place in the body, is given as what differs.
    boolean isDifference(int number) {
        return (packed.segment().get(JAVA_BYTE, number / 8) & 1 << number % 8) != 0;
    }

    /// Adds the device state before to what differs from it.
    void completeDevices(MemorySegment devices) {
        long known = Math.min(devices.byteSize(), devicesBefore.used());
        Xor.of(devices, 0, devicesBefore.segment(), 0, devices, 0, known);
    }

    /// Remembers the device state of an epoch, for the next one.
    void keepDevices(MemorySegment devices) throws Room.TooLarge {
        devicesBefore.clear();
        long at = devicesBefore.take(devices.byteSize());
        MemorySegment.copy(devices, 0, devicesBefore.segment(), at, devices.byteSize());
    }

    @Override
    public void close() {
        packed.close();
        devicesBefore.close();
    }
}
