package understudy.checkpoint;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/// Memory outside the heap that grows by doubling, and is given back only at the end.
///
/// Threads: one at a time.
final class Room implements AutoCloseable {
    private Arena arena = Arena.ofShared();
    private MemorySegment segment;
    private long used;

    /// The guest wrote more than [StagedEpoch#BYTES_MAX] between two captures.
    static final class TooLarge extends IOException {
        private static final long serialVersionUID = 1;

        TooLarge() {
            super("the guest wrote more than " + (StagedEpoch.BYTES_MAX >> 20) + " MiB between two captures");
        }
    }

    /// @param bytes to begin with
    Room(long bytes) {
        segment = arena.allocate(bytes, 64);
    }

    /// The offset of `bytes` more bytes, which the caller fills.
    long take(long bytes) throws TooLarge {
        if (used + bytes > StagedEpoch.BYTES_MAX) {
            throw new TooLarge();
        }
        if (used + bytes > segment.byteSize()) {
            Arena larger = Arena.ofShared();
            MemorySegment next = larger.allocate(Math.max(used + bytes, 2 * segment.byteSize()), 64);
            MemorySegment.copy(segment, 0, next, 0, used);
            arena.close();
            arena = larger;
            segment = next;
        }
        long at = used;
        used += bytes;
        return at;
    }

    void giveBack(long bytes) {
        used -= bytes;
    }

    void clear() {
        used = 0;
    }

    long used() {
        return used;
    }

    /// All of it, until the next [#take].
    MemorySegment segment() {
        return segment;
    }

    /// What is used of it, until the next [#take].
    ByteBuffer buffer() {
        return segment.asSlice(0, used).asByteBuffer();
    }

    @Override
    public void close() {
        arena.close();
    }
}
