package understudy.volume.mirror;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import understudy.volume.Geometry;

/// The messages of a link between two replicas: a header of 28 bytes, little-endian, and for some kinds a
/// payload.
///
/// | at | bytes | |
/// |---|---|---|
/// | 0 | 4 | magic |
/// | 4 | 1 | kind |
/// | 5 | 1 | flags |
/// | 6 | 2 | 0 |
/// | 8 | 8 | sequence: of the batch, or the number of a question |
/// | 16 | 8 | offset in the volume, or an extent |
/// | 24 | 4 | length, of the payload if the kind has one |
///
/// As long as an NBD request header, and in its place: a run of requests goes to the peer from where the
/// client's bytes were received.
final class Frame {
    static final int HEADER_BYTES = Geometry.HEADROOM_BYTES;
    static final int MAGIC = 0x4d54_5355;

    /// The longest payload, and the longest read.
    static final int PAYLOAD_BYTES_MAX = 1 << 20;

    /// The longest range that one frame makes zeros.
    static final int ZERO_BYTES_MAX = 1 << 30;

    /// The last frame of its batch: what is acknowledged is batches.
    static final int LAST = 1;

    /// The space of a range may be given back.
    static final int PUNCH = 2;

    // What the serving side sends.
    static final byte WRITE = 1;
    static final byte ZERO = 2;
    /// Whole blocks of a resync or a repair; those of zeros become holes.
    static final byte COPY = 3;
    static final byte FLUSH = 4;
    static final byte READ = 5;
    static final byte CHECKSUMS = 6;
    static final byte DIRTY = 7;
    static final byte CLEAR = 8;
    static final byte LOGGED = 9;
    static final byte MARK = 10;
    static final byte PERSIST_MARKS = 11;
    static final byte VIEW = 12;
    static final byte PING = 13;
    static final byte DIGESTS = 14;
    static final byte BAD = 15;
    static final byte MARK_BAD = 16;
    static final byte PROBE = 17;

    // What the replica's side sends.
    static final byte ACKNOWLEDGED = 32;
    static final byte FLUSHED = 33;
    static final byte ANSWER = 34;
    static final byte FAILED = 35;

    /// Flags of an [#ANSWER]: what became of the question.
    static final int OK = 0;

    static final int CORRUPT = 1;

    private static final ValueLayout.OfInt INT = JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int KIND = 4;
    private static final int FLAGS = 5;
    private static final int SEQUENCE = 8;
    private static final int OFFSET = 16;
    private static final int LENGTH = 24;

    private byte kind;
    private int flags;
    private long sequence;
    private long offset;
    private int length;
    private long payloadAt;

    static void encode(MemorySegment into, long at, byte kind, int flags, long sequence, long offset, int length) {
        into.set(INT, at, MAGIC);
        // Kind, flags and two bytes of zeros.
        into.set(INT, at + KIND, (kind & 0xff) | (flags & 0xff) << 8);
        into.set(LONG, at + SEQUENCE, sequence);
        into.set(LONG, at + OFFSET, offset);
        into.set(INT, at + LENGTH, length);
    }

    /// Reads the frame that begins at `position`.
    ///
    /// @return whether it is all there; if not, more bytes are needed, and nothing is known
    /// @throws BrokenLinkException if no frame can begin like this
    boolean decode(MemorySegment bytes, long position, long limit) throws BrokenLinkException {
        if (limit - position < HEADER_BYTES) {
            return false;
        }
        int magic = bytes.get(INT, position);
        kind = bytes.get(JAVA_BYTE, position + KIND);
        flags = bytes.get(JAVA_BYTE, position + FLAGS) & 0xff;
        sequence = bytes.get(LONG, position + SEQUENCE);
        offset = bytes.get(LONG, position + OFFSET);
        length = bytes.get(INT, position + LENGTH);
        payloadAt = position + HEADER_BYTES;
        if (magic != MAGIC) {
            throw new BrokenLinkException("no frame begins with 0x%08x".formatted(magic));
        }
        if (length < 0 || length > lengthMax(kind) || offset < 0) {
            throw new BrokenLinkException(
                    "a frame of kind %d, offset %d and length %d".formatted(kind, offset, length));
        }
        return limit >= end();
    }

    private static int lengthMax(byte kind) {
        return switch (kind) {
            case WRITE, COPY, READ, ANSWER, MARK -> PAYLOAD_BYTES_MAX;
            case ZERO -> ZERO_BYTES_MAX;
            case CLEAR, DIGESTS, MARK_BAD -> Marks.BYTES;
            case VIEW, FAILED -> 1024;
            case FLUSH, CHECKSUMS, DIRTY, LOGGED, PERSIST_MARKS, PING, BAD, PROBE, ACKNOWLEDGED, FLUSHED -> 0;
            default -> -1;
        };
    }

    private boolean hasPayload() {
        return switch (kind) {
            case WRITE, COPY, CLEAR, VIEW, DIGESTS, MARK_BAD, ANSWER, FAILED -> true;
            default -> false;
        };
    }

    byte kind() {
        return kind;
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    int flags() {
        return flags;
    }

    long sequence() {
        return sequence;
    }

    long offset() {
        return offset;
    }

    int length() {
        return length;
    }

    /// Where the payload begins; it has [#length] bytes.
    long payloadAt() {
        return payloadAt;
    }

    /// Where the next frame begins.
    long end() {
        return payloadAt + (hasPayload() ? length : 0);
    }
}
