package understudy.volume.epoch;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import understudy.volume.Geometry;

/// The bytes of an epoch's segments (`docs/reference/disk-epochs.md`). All of them come from another host: whatever
/// they are, reading them takes no more memory than they have bytes, and a bit for each.
final class EpochForm {
    static final int HEADER_BYTES = 4;
    static final int SEGMENT_BYTES = 16;
    static final int EXTENT_BYTES = 24;

    private static final ValueLayout.OfInt INT = JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG = JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private static final Extent.Kind[] KINDS = {Extent.Kind.DATA, Extent.Kind.ZEROS, Extent.Kind.HOLE};

    private EpochForm() {}

    static long bytes(List<Segment> segments) {
        long bytes = HEADER_BYTES;
        for (Segment segment : segments) {
            bytes += SEGMENT_BYTES + (long) EXTENT_BYTES * segment.extentCount() + segment.dataBytes();
        }
        return bytes;
    }

    static void write(List<Segment> segments, MemorySegment target) {
        target.set(INT, 0, segments.size());
        long at = HEADER_BYTES;
        for (Segment segment : segments) {
            target.set(LONG, at, segment.number());
            target.set(INT, at + 8, segment.endsInFlush() ? 1 : 0);
            target.set(INT, at + 12, segment.extentCount());
            at += SEGMENT_BYTES;
            for (int disk = 0; disk < segment.disks(); disk++) {
                for (Extent extent : segment.extents(disk).all()) {
                    at = write(disk, extent, target, at);
                }
            }
        }
    }

    private static long write(int disk, Extent extent, MemorySegment target, long begin) {
        target.set(INT, begin, disk);
        target.set(INT, begin + 4, code(extent.kind()));
        target.set(LONG, begin + 8, extent.offset());
        target.set(LONG, begin + 16, extent.length());
        long at = begin + EXTENT_BYTES;
        if (extent.isData()) {
            extent.copyTo(extent.offset(), extent.end(), target, at);
        }
        return at + extent.dataBytes();
    }

    private static int code(Extent.Kind kind) {
        return switch (kind) {
            case DATA -> 0;
            case ZEROS -> 1;
            case HOLE -> 2;
        };
    }

    /// @param sizes of the disks
    /// @param last  the number of the segment before; 0 if there is none
    /// @throws IOException if it is anything but segments with the next numbers, of such disks
    static List<Segment> read(MemorySegment body, List<Long> sizes, long last) throws IOException {
        Reader reader = new Reader(body);
        int count = reader.count("segments", SEGMENT_BYTES);
        List<Segment> segments = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            segments.add(readSegment(reader, sizes, last + 1 + i));
        }
        if (reader.left() != 0) {
            throw new IOException("%d bytes after the last segment".formatted(reader.left()));
        }
        return segments;
    }

    private static Segment readSegment(Reader reader, List<Long> sizes, long expected) throws IOException {
        long number = reader.getLong("a segment");
        if (number != expected) {
            throw new IOException("segment %d where %d should be".formatted(number, expected));
        }
        int flags = reader.getInt("a segment");
        if (flags != 0 && flags != 1) {
            throw new IOException("segment %d has the unknown flags %x".formatted(number, flags));
        }
        int extents = reader.count("extents", EXTENT_BYTES);
        if (extents == 0 && flags == 0) {
            throw new IOException("segment %d has nothing in it".formatted(number));
        }
        Segment segment = new Segment(number, sizes.size());
        int disk = 0;
        long end = 0;
        for (int i = 0; i < extents; i++) {
            int of = reader.getInt("an extent");
            if (of < disk || of >= sizes.size()) {
                throw new IOException("an extent of disk %d after disk %d of %d".formatted(of, disk, sizes.size()));
            }
            end = of == disk ? end : 0;
            disk = of;
            Extent extent = readExtent(reader, number, end, sizes.get(disk));
            segment.extents(disk).put(extent);
            end = extent.end();
        }
        if (flags == 1) {
            segment.endInFlush();
        }
        return segment;
    }

    private static Extent readExtent(Reader reader, long segment, long from, long size) throws IOException {
        int code = reader.getInt("an extent");
        long offset = reader.getLong("an extent");
        long length = reader.getLong("an extent");
        if (code < 0 || code >= KINDS.length) {
            throw new IOException("an extent of the unknown kind " + code);
        }
        if (offset < from || offset >= size || length <= 0 || length > size - offset) {
            throw new IOException("an extent of %d bytes at %d, where [%d, %d) is left of the disk"
                    .formatted(length, offset, from, size));
        }
        Extent.Kind kind = KINDS[code];
        if (kind != Extent.Kind.DATA) {
            return Extent.ofZeros(segment, offset, length, kind == Extent.Kind.HOLE);
        }
        if (length > Geometry.REQUEST_BYTES_MAX) {
            throw new IOException("an extent with %d bytes of data".formatted(length));
        }
        return Extent.ofData(segment, offset, reader.data((int) length));
    }

    /// Takes what is next, if it is there.
    private static final class Reader {
        private final MemorySegment body;
        private long at;

        Reader(MemorySegment body) {
            this.body = body;
        }

        long left() {
            return body.byteSize() - at;
        }

        private long take(long bytes, String what) throws IOException {
            if (bytes > left()) {
                throw new IOException("%s is cut off at byte %d".formatted(what, body.byteSize()));
            }
            long begin = at;
            at += bytes;
            return begin;
        }

        int getInt(String of) throws IOException {
            return body.get(INT, take(Integer.BYTES, of));
        }

        long getLong(String of) throws IOException {
            return body.get(LONG, take(Long.BYTES, of));
        }

        /// A count of things for which there is room.
        int count(String of, int bytesEach) throws IOException {
            int count = getInt("the count of " + of);
            if (count < 0 || count > left() / bytesEach) {
                throw new IOException("%d %s in %d bytes".formatted(count, of, left()));
            }
            return count;
        }

        byte[] data(int length) throws IOException {
            return body.asSlice(take(length, "data"), length).toArray(JAVA_BYTE);
        }
    }
}
