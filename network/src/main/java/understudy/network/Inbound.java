package understudy.network;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import understudy.linux.Tap;
import understudy.linux.UnixSocket;

/// A batch of frames on its way from the uplink to the guest, in QEMU's framing.
///
/// A batch is read only when the last one has been taken: while the guest stands still, frames wait in the TAP
/// device's own queue, which is bounded by the kernel and drops what is too much, as a network does.
///
/// Threads: one at a time.
final class Inbound implements AutoCloseable {
    private static final int BUFFER_BYTES = 256 << 10;
    private static final int ROOM_FOR_ONE = Frames.HEADER_BYTES + Frames.FRAME_BYTES_MAX;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(BUFFER_BYTES);
    private int sent;
    private int filled;

    /// Whether part of a batch has not been taken yet.
    boolean isPending() {
        return sent < filled;
    }

    /// Reads the frames that are there, as many as there is room for. Only if nothing is pending.
    ///
    /// @return how many
    int collect(Tap tap) throws IOException {
        sent = 0;
        filled = 0;
        int frames = 0;
        while (BUFFER_BYTES - filled >= ROOM_FOR_ONE) {
            int length = tap.read(buffer, filled + Frames.HEADER_BYTES, Frames.FRAME_BYTES_MAX);
            if (length == 0) {
                break;
            }
            buffer.set(Frames.LENGTH, filled, length);
            filled += Frames.HEADER_BYTES + length;
            frames++;
        }
        return frames;
    }

    /// The bytes of the batch that have not been taken, lengths included.
    int pendingBytes() {
        return filled - sent;
    }

    /// Hands over what the socket has room for.
    void send(UnixSocket guest) throws IOException {
        int taken;
        do {
            taken = guest.write(buffer, sent, filled - sent);
            sent += taken;
        } while (taken > 0 && isPending());
    }

    /// Drops the frames of which nothing was taken; the rest of one that was begun must follow, or the guest's
    /// QEMU would lose count.
    void drop() {
        int at = 0;
        while (at < sent) {
            at += Frames.HEADER_BYTES + buffer.get(Frames.LENGTH, at);
        }
        filled = at;
    }

    @Override
    public void close() {
        arena.close();
    }
}
