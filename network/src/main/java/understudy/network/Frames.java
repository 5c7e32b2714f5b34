package understudy.network;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Takes apart what QEMU sends over `-netdev stream`: each Ethernet frame behind its length, 4 bytes, big-endian.
///
/// One buffer of fixed size is filled by the caller and emptied frame by frame, without copying: a frame is a
/// place in the buffer, good until the next [#fill].
///
/// Threads: one at a time.
final class Frames implements AutoCloseable {
    static final int HEADER_BYTES = 4;

    /// 64 KiB of payload behind an Ethernet header with a VLAN tag. QEMU's own limit is a little higher, but no
    /// guest reaches it: without offloads, which this framing does not carry, frames end at the MTU.
    static final int FRAME_BYTES_MAX = (64 << 10) + 18;

    static final ValueLayout.OfInt LENGTH = JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private static final int BUFFER_BYTES = 256 << 10;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(BUFFER_BYTES);
    private int begin;
    private int end;
    private int frameLength;

    /// Where bytes come from.
    interface Source {
        /// As [understudy.linux.UnixSocket#read].
        int read(MemorySegment into, long offset, int length) throws IOException;
    }

    /// Reads once into the free part. There is one whenever [#next] has answered false since the last time.
    ///
    /// @return as the source's read
    int fill(Source source) throws IOException {
        if (begin > 0) {
            MemorySegment.copy(buffer, JAVA_BYTE, begin, buffer, JAVA_BYTE, 0, end - begin);
            end -= begin;
            begin = 0;
        }
        int count = source.read(buffer, end, BUFFER_BYTES - end);
        end += Math.max(0, count);
        return count;
    }

    /// Goes on to the next frame.
    ///
    /// @return whether all of it is there
    /// @throws IOException at a length that no frame has; the stream cannot be followed any further
    boolean next() throws IOException {
        if (end - begin < HEADER_BYTES) {
            return false;
        }
        int length = buffer.get(LENGTH, begin);
        if (length < 0 || length > FRAME_BYTES_MAX) {
            throw new IOException("the guest's network stream announces a frame of %d bytes, more than %d"
                    .formatted(Integer.toUnsignedLong(length), FRAME_BYTES_MAX));
        }
        if (end - begin < HEADER_BYTES + length) {
            return false;
        }
        begin += HEADER_BYTES + length;
        frameLength = length;
        return true;
    }

    /// What the frames lie in.
    MemorySegment buffer() {
        return buffer;
    }

    /// Where the current frame begins in the buffer.
    int frameOffset() {
        return begin - frameLength;
    }

    /// The current frame's length in bytes, in [0, FRAME_BYTES_MAX].
    int frameLength() {
        return frameLength;
    }

    @Override
    public void close() {
        arena.close();
    }
}
