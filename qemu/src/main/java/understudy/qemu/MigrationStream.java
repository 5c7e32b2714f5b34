package understudy.qemu;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/// QEMU's migration stream, as far as it must be known to take the head of a real one and to put together an
/// incoming one from it and device sections that were saved later.
///
/// | part | bytes |
/// |------|-------|
/// | header | magic, version 3 |
/// | configuration | machine type; subsections: capabilities, target page bits |
/// | RAM section | block list (with guest addresses: `x-ignore-shared`), pages, in a start, parts and an end |
/// | commands | between the parts; QEMU 10 announces the switch-over so |
/// | device sections | opaque: a section's length is nowhere |
/// | end mark, description | a JSON text, for people |
///
/// An incoming stream that is put together needs none of the outgoing one's history: one start with the block
/// list, the commands, one end with the pages of the small blocks.
public final class MigrationStream {
    private MigrationStream() {}

    /// Decodes a stream, from its header to the end of the RAM section; what follows is not looked at.
    ///
    /// @param stream an outgoing migration of a QEMU with `x-ignore-shared`, whole or cut off after the RAM
    ///               section
    /// @throws MigrationStreamException if it is torn, or not of the form described above
    public static StreamHead decodeHead(byte[] stream) throws MigrationStreamException {
        return new HeadDecoder(stream).decode();
    }

    /// A standard incoming stream: the head, with its contents of small blocks, and the devices.
    ///
    /// An empty description is put at its end, so that QEMU neither waits for one nor complains.
    public static byte[] encode(StreamHead head, DeviceState devices) {
        int contents = head.contents().values().stream().mapToInt(c -> c.length).sum();
        ByteArrayOutputStream out =
                new ByteArrayOutputStream(contents + contents / 64 + devices.sectionsLength() + (4 << 10));
        writeHead(out, head);
        out.write(devices.bytes(), StreamFormat.HEADER_LENGTH, devices.sectionsLength());
        out.write(StreamFormat.DESCRIPTION);
        write32(out, 0);
        return out.toByteArray();
    }

    /// The head alone; [#decodeHead] gives the same values back.
    public static byte[] encodeHead(StreamHead head) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        writeHead(out, head);
        return out.toByteArray();
    }

    private static void writeHead(ByteArrayOutputStream out, StreamHead head) {
        write32(out, StreamFormat.MAGIC);
        write32(out, StreamFormat.VERSION);
        out.writeBytes(head.configuration());
        StreamHead.RamSection ram = head.ram();
        out.write(StreamFormat.SECTION_START);
        write32(out, ram.id());
        writeName(out, HeadDecoder.RAM);
        write32(out, ram.instance());
        write32(out, ram.version());
        writeBlocks(out, head);
        write64(out, StreamFormat.RAM_END);
        writeFooter(out, ram.id());
        head.commands().forEach(out::writeBytes);
        out.write(StreamFormat.SECTION_END);
        write32(out, ram.id());
        for (RamBlock block : head.blocks()) {
            writePages(out, block.name(), head.contents());
        }
        write64(out, StreamFormat.RAM_END);
        writeFooter(out, ram.id());
    }

    private static void writeBlocks(ByteArrayOutputStream out, StreamHead head) {
        long total = head.blocks().stream().mapToLong(RamBlock::length).sum();
        write64(out, total | StreamFormat.RAM_BLOCKS);
        for (RamBlock block : head.blocks()) {
            writeName(out, block.name());
            write64(out, block.length());
            write64(out, block.guestAddress());
        }
    }

    private static void writePages(ByteArrayOutputStream out, String block, Map<String, byte[]> contents) {
        byte[] content = contents.getOrDefault(block, new byte[0]);
        for (int at = 0; at < content.length; at += StreamFormat.PAGE) {
            boolean zero = isZero(content, at);
            int same = at == 0 ? 0 : StreamFormat.RAM_SAME_BLOCK;
            write64(out, at | (zero ? StreamFormat.RAM_ZERO : StreamFormat.RAM_PAGE) | same);
            if (at == 0) {
                writeName(out, block);
            }
            if (zero) {
                out.write(0);
            } else {
                out.write(content, at, StreamFormat.PAGE);
            }
        }
    }

    private static boolean isZero(byte[] content, int at) {
        for (int i = at; i < at + StreamFormat.PAGE; i++) {
            if (content[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private static void writeFooter(ByteArrayOutputStream out, int id) {
        out.write(StreamFormat.FOOTER);
        write32(out, id);
    }

    private static void writeName(ByteArrayOutputStream out, String name) {
        byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
        out.write(bytes.length);
        out.writeBytes(bytes);
    }

    private static void write32(ByteArrayOutputStream out, int value) {
        for (int shift = 24; shift >= 0; shift -= 8) {
            out.write(value >>> shift);
        }
    }

    private static void write64(ByteArrayOutputStream out, long value) {
        write32(out, (int) (value >>> 32));
        write32(out, (int) value);
    }
}
