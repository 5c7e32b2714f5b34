package understudy.volume.nbd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import understudy.volume.Lane.Allocation;

/// Writes replies into memory, and answers how many bytes they took.
final class Replies {

    /// No reply without data is longer, but that of [#allocation].
    static final int SMALL_BYTES_MAX = 128;

    /// How many pieces of a volume one reply describes at most.
    static final int PIECES_MAX = 1024;

    static final int ALLOCATION_BYTES_MAX = 24 + 8 * PIECES_MAX;

    private static final int SIMPLE_BYTES = 16;
    private static final int CHUNK_BYTES = 20;

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private Replies() {}

    /// Success without data.
    ///
    /// @param chunk whether a simple reply is not allowed: a read is always answered by chunks, if by any
    static int success(MemorySegment out, int at, boolean chunk, long cookie) {
        if (chunk) {
            return chunk(out, at, Nbd.REPLY_TYPE_NONE, cookie, 0);
        }
        return simple(out, at, 0, cookie);
    }

    static int simple(MemorySegment out, int at, int error, long cookie) {
        out.set(INT, at, Nbd.SIMPLE_REPLY_MAGIC);
        out.set(INT, at + 4, error);
        out.set(LONG, at + 8, cookie);
        return SIMPLE_BYTES;
    }

    /// @param message of at most 64 characters of ASCII; for clients with structured replies
    static int failure(MemorySegment out, int at, boolean structured, long cookie, int error, String message) {
        if (!structured) {
            return simple(out, at, error, cookie);
        }
        byte[] text = message.getBytes(StandardCharsets.US_ASCII);
        int length = 6 + text.length;
        chunk(out, at, Nbd.REPLY_TYPE_ERROR, cookie, length);
        out.set(INT, at + CHUNK_BYTES, error);
        out.set(SHORT, at + CHUNK_BYTES + 4, (short) text.length);
        MemorySegment.copy(text, 0, out, ValueLayout.JAVA_BYTE, at + CHUNK_BYTES + 6L, text.length);
        return CHUNK_BYTES + length;
    }

    /// What stands before the data of a read.
    static int dataHeaderBytes(boolean structured) {
        return structured ? CHUNK_BYTES + 8 : SIMPLE_BYTES;
    }

    /// Writes what stands before the data of a read, or of a piece of one.
    ///
    /// @param last whether this ends the reply; a simple reply has one piece only
    static int dataHeader(
            MemorySegment out, int at, boolean structured, boolean last, long cookie, long offset, int length) {
        if (!structured) {
            return simple(out, at, 0, cookie);
        }
        chunk(out, at, last ? Nbd.REPLY_FLAG_DONE : 0, Nbd.REPLY_TYPE_OFFSET_DATA, cookie, 8 + length);
        out.set(LONG, at + CHUNK_BYTES, offset);
        return CHUNK_BYTES + 8;
    }

    /// The state of [offset, offset + length), of which `pieces` describe a beginning. Neighbours of the same
    /// state become one; nothing is said of what lies beyond the range. Without pieces, all is data.
    ///
    /// @param most how many pieces to describe, in [1, PIECES_MAX]
    static int allocation(MemorySegment out, int at, long cookie, long length, List<Allocation> pieces, int most) {
        int count = 0;
        int first = at + CHUNK_BYTES + 4;
        long rest = length;
        long run = 0;
        int state = 0;
        for (Allocation piece : pieces) {
            int next = (piece.hole() ? Nbd.STATE_HOLE : 0) | (piece.zero() ? Nbd.STATE_ZERO : 0);
            long part = Math.min(piece.length(), rest);
            if (part > 0) {
                if (run > 0 && next != state) {
                    descriptor(out, first + 8 * count++, run, state);
                    run = 0;
                }
                if (count == most) {
                    break;
                }
                state = next;
                run += part;
                rest -= part;
            }
        }
        if (run > 0) {
            descriptor(out, first + 8 * count++, run, state);
        } else if (count == 0) {
            descriptor(out, first + 8 * count++, length, 0);
        }
        chunk(out, at, Nbd.REPLY_TYPE_BLOCK_STATUS, cookie, 4 + 8 * count);
        out.set(INT, at + CHUNK_BYTES, Negotiation.ALLOCATION_ID);
        return CHUNK_BYTES + 4 + 8 * count;
    }

    private static void descriptor(MemorySegment out, int at, long length, int state) {
        out.set(INT, at, (int) length);
        out.set(INT, at + 4, state);
    }

    /// The last chunk of a reply.
    private static int chunk(MemorySegment out, int at, int type, long cookie, int length) {
        return chunk(out, at, Nbd.REPLY_FLAG_DONE, type, cookie, length);
    }

    private static int chunk(MemorySegment out, int at, int flags, int type, long cookie, int length) {
        out.set(INT, at, Nbd.STRUCTURED_REPLY_MAGIC);
        out.set(SHORT, at + 4, (short) flags);
        out.set(SHORT, at + 6, (short) type);
        out.set(LONG, at + 8, cookie);
        out.set(INT, at + 16, length);
        return CHUNK_BYTES;
    }
}
