package understudy.volume.mirror;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/// Takes frames from a wire, as many at a time as have arrived. Used by one thread.
final class FrameInput implements AutoCloseable {
    private static final int BYTES = 4 << 20;
    private static final int FRAME_BYTES_MAX = Frame.HEADER_BYTES + Frame.PAYLOAD_BYTES_MAX;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment bytes = arena.allocate(BYTES, 64);
    private final ByteBuffer buffer = bytes.asByteBuffer();
    private final MirrorWire wire;
    private long position;
    private long limit;

    FrameInput(MirrorWire wire) {
        this.wire = wire;
    }

    /// The memory that frames stand in; what was handed out is valid until the next [#receive].
    MemorySegment bytes() {
        return bytes;
    }

    /// Waits for more bytes, behind those that were not taken yet.
    ///
    /// @throws BrokenLinkException if the other side has closed
    void receive() throws IOException {
        if (position == limit) {
            position = 0;
            limit = 0;
        } else if (BYTES - position < FRAME_BYTES_MAX) {
            MemorySegment.copy(bytes, position, bytes, 0, limit - position);
            limit -= position;
            position = 0;
        }
        buffer.limit(BYTES).position(Math.toIntExact(limit));
        int count = wire.read(buffer);
        if (count < 0) {
            throw new BrokenLinkException("the other side closed the connection");
        }
        limit += count;
    }

    /// Takes the next frame if all of it has arrived.
    boolean next(Frame frame) throws BrokenLinkException {
        if (!frame.decode(bytes, position, limit)) {
            return false;
        }
        position = frame.end();
        return true;
    }

    /// Where the next frame begins.
    long position() {
        return position;
    }

    /// Goes back to a frame that was taken since the last [#receive].
    void rewind(long to) {
        position = to;
    }

    /// Nobody uses what was handed out any more.
    @Override
    public void close() {
        arena.close();
    }
}
