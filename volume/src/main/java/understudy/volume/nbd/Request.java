package understudy.volume.nbd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import understudy.volume.Geometry;

/// One request, taken apart: a record that is filled again for each, since one per request would be garbage.
/// Pure, so that all that can be sent can be tried.
final class Request {

    /// Of a request, before its payload.
    static final int HEADER_BYTES = Geometry.HEADROOM_BYTES;

    /// What [#parse] answers when the stream cannot be followed any more.
    static final int VIOLATION = -1;

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private int flags;
    private int command;
    private long cookie;
    private long offset;
    private long length;
    private int size;
    private String violation = "";

    /// Reads the request that begins at `from`. If fewer bytes than it answers lie in [from, to), the request is
    /// not complete and nothing but [#size] may be asked.
    ///
    /// @return how many bytes the request takes, as far as that can be told; or [#VIOLATION]
    int parse(MemorySegment in, int from, int to) {
        size = HEADER_BYTES;
        if (to - from < HEADER_BYTES) {
            return size;
        }
        int magic = in.get(INT, from);
        flags = Short.toUnsignedInt(in.get(SHORT, from + 4));
        command = Short.toUnsignedInt(in.get(SHORT, from + 6));
        cookie = in.get(LONG, from + 8);
        offset = in.get(LONG, from + 16);
        length = Integer.toUnsignedLong(in.get(INT, from + 24));
        if (magic != Nbd.REQUEST_MAGIC) {
            violation = "a request with the magic 0x%08x".formatted(magic);
            return VIOLATION;
        }
        if (command == Nbd.CMD_WRITE) {
            if (length > Geometry.REQUEST_BYTES_MAX) {
                violation = "a write of %d bytes".formatted(length);
                return VIOLATION;
            }
            size += (int) length;
        }
        return size;
    }

    /// What is to be done with it, if it stands complete.
    ///
    /// @param bytes the volume's size
    Verdict verdict(Terms terms, long bytes) {
        if (command > Nbd.CMD_BLOCK_STATUS) {
            return Verdict.UNKNOWN_COMMAND;
        }
        if ((flags & ~allowedFlags(command, terms.structured())) != 0) {
            return Verdict.WRONG_FLAGS;
        }
        return switch (command) {
            case Nbd.CMD_READ -> {
                if (!isInside(bytes)) {
                    yield Verdict.BEYOND_END;
                }
                if (length > Geometry.REQUEST_BYTES_MAX) {
                    yield has(Nbd.CMD_FLAG_DF) ? Verdict.TOO_LONG_FOR_ONE : Verdict.TOO_LONG;
                }
                yield Verdict.ACCEPTED;
            }
            case Nbd.CMD_WRITE, Nbd.CMD_WRITE_ZEROES -> {
                if (terms.export().readOnly()) {
                    yield Verdict.READ_ONLY;
                }
                if (!isInside(bytes)) {
                    yield Verdict.NO_ROOM;
                }
                // A hole is punched; space that is zeroed but kept may have to be written.
                yield has(Nbd.CMD_FLAG_FAST_ZERO) && has(Nbd.CMD_FLAG_NO_HOLE) ? Verdict.NOT_FAST : Verdict.ACCEPTED;
            }
            case Nbd.CMD_TRIM -> {
                if (terms.export().readOnly()) {
                    yield Verdict.READ_ONLY;
                }
                yield isInside(bytes) ? Verdict.ACCEPTED : Verdict.BEYOND_END;
            }
            case Nbd.CMD_FLUSH -> offset == 0 && length == 0 ? Verdict.ACCEPTED : Verdict.NOT_ZERO;
            case Nbd.CMD_CACHE -> isInside(bytes) ? Verdict.ACCEPTED : Verdict.BEYOND_END;
            case Nbd.CMD_BLOCK_STATUS -> {
                if (!terms.allocation()) {
                    yield Verdict.NO_CONTEXT;
                }
                if (!isInside(bytes)) {
                    yield Verdict.BEYOND_END;
                }
                yield length == 0 ? Verdict.EMPTY : Verdict.ACCEPTED;
            }
            default -> Verdict.ACCEPTED; // NBD_CMD_DISC, which has no reply
        };
    }

    /// Clients are known to set FUA on commands that write nothing; the document wants it accepted.
    private static int allowedFlags(int command, boolean structured) {
        return Nbd.CMD_FLAG_FUA
                | switch (command) {
                    case Nbd.CMD_READ -> structured ? Nbd.CMD_FLAG_DF : 0;
                    case Nbd.CMD_WRITE_ZEROES -> Nbd.CMD_FLAG_NO_HOLE | Nbd.CMD_FLAG_FAST_ZERO;
                    case Nbd.CMD_BLOCK_STATUS -> Nbd.CMD_FLAG_REQ_ONE;
                    default -> 0;
                };
    }

    /// Offsets are unsigned; as signed numbers the largest are negative.
    private boolean isInside(long bytes) {
        return offset >= 0 && offset <= bytes && length <= bytes - offset;
    }

    int command() {
        return command;
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /// The client's name for it, which the reply repeats.
    long cookie() {
        return cookie;
    }

    long offset() {
        return offset;
    }

    /// In [0, 2^32).
    long length() {
        return length;
    }

    /// What the last [#parse] answered, if that was no violation.
    int size() {
        return size;
    }

    /// Why the stream cannot be followed, after [#VIOLATION].
    String violation() {
        return violation;
    }
}
