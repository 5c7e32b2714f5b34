package understudy.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import understudy.linux.PageRuns;
import understudy.linux.SharedMemoryFile;

/// A CRC-32C for every page of a guest, by which the two sides of a stream are compared in verify mode.
///
/// As bytes: the page count of RAM (8), its checksums (4 each), then for each small block its index (4), its
/// page count (4) and its checksums. Big-endian.
final class PageChecksums {
    private static final int PAGE = PageRuns.PAGE_BYTES;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(1 << 20);
    private final DataOutputStream out = new DataOutputStream(bytes);
    private final CRC32C crc = new CRC32C();
    private final int zeroPage = checksum(ByteBuffer.allocateDirect(PAGE));

    /// Holes are pages of zeros, and are not read: reading would fill them.
    void add(SharedMemoryFile ram) throws IOException {
        out.writeLong(ram.size() / PAGE);
        long at = 0;
        while (at < ram.size()) {
            long data = ram.nextData(at);
            for (; at < data; at += PAGE) {
                out.writeInt(zeroPage);
            }
            long hole = data < ram.size() ? ram.nextHole(data) : data;
            for (; at < hole; at += PAGE) {
                out.writeInt(checksum(ram.segment().asSlice(at, PAGE).asByteBuffer()));
            }
        }
    }

    void add(int block, MemorySegment content) throws IOException {
        int pages = (int) (content.byteSize() / PAGE);
        out.writeInt(block);
        out.writeInt(pages);
        for (int i = 0; i < pages; i++) {
            out.writeInt(checksum(content.asSlice((long) i * PAGE, PAGE).asByteBuffer()));
        }
    }

    /// How many of the checksums differ; all of them if the two are not of the same blocks.
    static long differing(byte[] one, byte[] other) {
        if (one.length != other.length) {
            return pages(one);
        }
        ByteBuffer a = ByteBuffer.wrap(one);
        ByteBuffer b = ByteBuffer.wrap(other);
        long count = 0;
        while (a.remaining() >= Integer.BYTES) {
            count += a.getInt() == b.getInt() ? 0 : 1;
        }
        return count;
    }

    static long pages(byte[] bytes) {
        return bytes.length / Integer.BYTES;
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }

    private int checksum(ByteBuffer page) {
        crc.reset();
        crc.update(page);
        return (int) crc.getValue();
    }
}
