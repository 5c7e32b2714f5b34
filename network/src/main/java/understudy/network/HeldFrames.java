package understudy.network;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Frames behind the output gate, first in, first out, each with the epoch that it was made in: a ring of fixed
/// size.
///
/// An entry is 16 bytes (epoch, length) and the frame, rounded up to 8, in one piece. An entry that does not
/// fit before the ring's end goes to its beginning; the bytes left over are marked or, if too few for a mark,
/// understood.
///
/// Threads: one at a time.
final class HeldFrames implements AutoCloseable {
    private static final int LENGTH_AT = 8;
    private static final int HEADER_BYTES = 16;
    private static final int ENTRY_BYTES_MAX = HEADER_BYTES + Math.ceilDiv(Frames.FRAME_BYTES_MAX, 8) * 8;
    private static final int SKIP = -1;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment ring;
    private final long capacity;
    /// Positions only go up; modulo the capacity they are offsets.
    private long head;

    private long tail;
    private int count;

    /// @param bytesMax at least [#BYTES_MIN]
    HeldFrames(int bytesMax) {
        if (bytesMax < BYTES_MIN) {
            throw new IllegalArgumentException("%d bytes for held frames, less than %d".formatted(bytesMax, BYTES_MIN));
        }
        capacity = bytesMax / 8 * 8L;
        ring = arena.allocate(capacity, 8);
    }

    /// Room for a few of the largest frames.
    static final int BYTES_MIN = 4 * ENTRY_BYTES_MAX;

    /// Whether a frame of any length may be added: its entry and what may be left over before the ring's end fit.
    boolean hasRoom() {
        return capacity - (tail - head) >= 2L * ENTRY_BYTES_MAX;
    }

    /// Copies a frame behind the last one. Only if [#hasRoom].
    ///
    /// @param epoch not less than the last one's
    void add(long epoch, MemorySegment from, long offset, int length) {
        long size = HEADER_BYTES + Math.ceilDiv(length, 8) * 8L;
        long toEnd = capacity - tail % capacity;
        if (toEnd < size) {
            if (toEnd >= HEADER_BYTES) {
                ring.set(JAVA_INT, tail % capacity + LENGTH_AT, SKIP);
            }
            tail += toEnd;
        }
        long at = tail % capacity;
        ring.set(JAVA_LONG, at, epoch);
        ring.set(JAVA_INT, at + LENGTH_AT, length);
        MemorySegment.copy(from, offset, ring, at + HEADER_BYTES, length);
        tail += size;
        count++;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /// How many frames there are.
    int count() {
        return count;
    }

    /// The first frame's epoch. Only if there is one.
    long epoch() {
        return ring.get(JAVA_LONG, first());
    }

    /// What the frames lie in.
    MemorySegment buffer() {
        return ring;
    }

    /// Where the first frame begins in the buffer. Only if there is one.
    long frameOffset() {
        return first() + HEADER_BYTES;
    }

    /// The first frame's length in bytes. Only if there is one.
    int frameLength() {
        return ring.get(JAVA_INT, first() + LENGTH_AT);
    }

    /// Forgets the first frame. Only if there is one.
    void remove() {
        long at = first();
        head += HEADER_BYTES + Math.ceilDiv(ring.get(JAVA_INT, at + LENGTH_AT), 8) * 8L;
        count--;
    }

    void clear() {
        head = tail;
        count = 0;
    }

    /// The first entry's offset, after whatever was left over before the ring's end.
    private long first() {
        if (count == 0) {
            throw new IllegalStateException("no frame is held");
        }
        long at = head % capacity;
        if (capacity - at < HEADER_BYTES || ring.get(JAVA_INT, at + LENGTH_AT) == SKIP) {
            head += capacity - at;
            return 0;
        }
        return at;
    }

    @Override
    public void close() {
        arena.close();
    }
}
