package understudy.volume.epoch;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// A kept piece of a disk: the bytes in [offset, end), all of them data or all of them zeros. It never changes.
final class Extent {

    /// What it counts beyond its data, in bytes: the objects and tree nodes that hold it.
    static final int COST_BYTES = 256;

    private static final byte[] NONE = {};

    enum Kind {
        DATA,
        ZEROS,
        /// Zeros that may take no space.
        HOLE
    }

    private final long segment;
    private final long offset;
    private final long length;
    private final Kind kind;
    private final byte[] data;
    private final int from;

    private Extent(long segment, long offset, long length, Kind kind, byte[] data, int from) {
        this.segment = segment;
        this.offset = offset;
        this.length = length;
        this.kind = kind;
        this.data = data;
        this.from = from;
    }

    /// @param data not copied; must not change any more
    static Extent ofData(long segment, long offset, byte[] data) {
        return new Extent(segment, offset, data.length, Kind.DATA, data, 0);
    }

    static Extent ofZeros(long segment, long offset, long length, boolean mayPunch) {
        return new Extent(segment, offset, length, mayPunch ? Kind.HOLE : Kind.ZEROS, NONE, 0);
    }

    /// The number of the segment that it belongs to.
    long segment() {
        return segment;
    }

    long offset() {
        return offset;
    }

    long length() {
        return length;
    }

    long end() {
        return offset + length;
    }

    Kind kind() {
        return kind;
    }

    boolean isData() {
        return kind == Kind.DATA;
    }

    /// How many bytes of data it has.
    long dataBytes() {
        return isData() ? length : 0;
    }

    /// What it counts.
    long costBytes() {
        return dataBytes() + COST_BYTES;
    }

    /// The part in [begin, end). The smaller part of an array gets an array of its own, so that nothing keeps more
    /// than twice its size from being collected.
    Extent part(long begin, long end) {
        long partLength = end - begin;
        if (!isData()) {
            return new Extent(segment, begin, partLength, kind, NONE, 0);
        }
        int at = from + (int) (begin - offset);
        if (2 * partLength <= data.length) {
            byte[] own = Arrays.copyOfRange(data, at, at + (int) partLength);
            return new Extent(segment, begin, partLength, kind, own, 0);
        }
        return new Extent(segment, begin, partLength, kind, data, at);
    }

    /// Copies the part in [begin, end) to `target`, at `targetOffset`.
    void copyTo(long begin, long end, MemorySegment target, long targetOffset) {
        if (isData()) {
            int at = from + (int) (begin - offset);
            MemorySegment.copy(data, at, target, ValueLayout.JAVA_BYTE, targetOffset, (int) (end - begin));
        } else {
            target.asSlice(targetOffset, end - begin).fill((byte) 0);
        }
    }
}
