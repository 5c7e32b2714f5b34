package understudy.volume.mirror;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;

/// Puts frames on a wire. Any thread; frames of one call stay together.
final class FrameOutput {
    private static final byte[] NOTHING = {};

    private final MirrorWire wire;
    private final Threads threads;
    private final ReentrantLock lock = new ReentrantLock();
    private final MemorySegment header = Arena.ofAuto().allocate(Frame.HEADER_BYTES, 8);
    private final ByteBuffer headerBytes = header.asByteBuffer();
    private final ByteBuffer[] pair = new ByteBuffer[2];

    /// When the send under way began; 0 if there is none.
    private volatile long since;

    FrameOutput(MirrorWire wire, Threads threads) {
        this.wire = wire;
        this.threads = threads;
    }

    long since() {
        return since;
    }

    /// A frame without payload.
    void send(byte kind, int flags, long sequence, long offset, int length) throws IOException {
        send(kind, flags, sequence, offset, length, ByteBuffer.wrap(NOTHING));
    }

    /// A frame with `payload`, if that is not empty; its length is the frame's then.
    void send(byte kind, int flags, long sequence, long offset, int length, ByteBuffer payload) throws IOException {
        lock.lock();
        try {
            since = threads.now();
            Frame.encode(
                    header, 0, kind, flags, sequence, offset, payload.hasRemaining() ? payload.remaining() : length);
            pair[0] = headerBytes.clear();
            pair[1] = payload;
            wire.write(pair, payload.hasRemaining() ? 2 : 1);
        } finally {
            since = 0;
            lock.unlock();
        }
    }

    /// Whole frames that the caller has put together.
    void send(ByteBuffer[] frames, int count) throws IOException {
        lock.lock();
        try {
            since = threads.now();
            wire.write(frames, count);
        } finally {
            since = 0;
            lock.unlock();
        }
    }
}
