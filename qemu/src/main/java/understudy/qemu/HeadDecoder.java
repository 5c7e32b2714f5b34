package understudy.qemu;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Decodes one stream's head. Every loop consumes bytes, so it ends; memory is bounded by the limits below.
final class HeadDecoder {
    static final String RAM = "ram";

    /// RAM blocks in one VM; QEMU has a handful.
    private static final int BLOCKS_MAX = 4096;
    /// Bytes of all blocks that are in the stream itself. Video memory is the largest such block (16 MiB); a
    /// guest's RAM is never: it would mean that `x-ignore-shared` was not set.
    private static final long CONTENTS_MAX = 256L << 20;

    private final StreamCursor in;
    private final Map<String, RamBlock> blocks = new LinkedHashMap<>();
    private final Map<String, byte[]> contents = new HashMap<>();
    private final Map<String, BitSet> seen = new HashMap<>();
    private final List<byte[]> commands = new ArrayList<>();
    private long contentsLength;
    private String block = "";

    HeadDecoder(byte[] stream) {
        in = new StreamCursor(stream);
    }

    StreamHead decode() throws MigrationStreamException {
        in.expect32(StreamFormat.MAGIC, "the magic number of a migration stream");
        in.expect32(StreamFormat.VERSION, "version 3 of the format");
        int start = in.offset();
        String machine = configuration();
        byte[] configuration = in.between(start, in.offset());
        StreamHead.RamSection ram = ram();
        return new StreamHead(configuration, machine, ram, List.copyOf(blocks.values()), contents, commands);
    }

    private String configuration() throws MigrationStreamException {
        in.expect(StreamFormat.CONFIGURATION, "the configuration section (kind 7)");
        int start = in.offset();
        int length = in.i32("the length of the machine type's name");
        if (length < 1 || length > 255) {
            throw in.unexpected(start, "the length of the machine type's name", Integer.toString(length));
        }
        String machine = new String(in.take(length, "the machine type's name"), StandardCharsets.ISO_8859_1);
        while (in.peek("a section") == StreamFormat.SUBSECTION) {
            configurationSubsection();
        }
        return machine;
    }

    private void configurationSubsection() throws MigrationStreamException {
        in.u8("a subsection");
        int start = in.offset();
        String name = in.name("a subsection's name");
        in.expect32(1, "version 1 of " + name);
        switch (name) {
            case "configuration/capabilities" -> {
                int count = in.i32("the number of capabilities");
                for (int i = 0; i < count; i++) {
                    in.name("a capability");
                }
            }
            case "configuration/target-page-bits" -> in.i32("target page bits");
            case "configuration/uuid" -> in.take(16, "a UUID");
            default -> throw in.unexpected(start, "a subsection of the configuration", "the unknown " + name);
        }
    }

    private StreamHead.RamSection ram() throws MigrationStreamException {
        leadingCommands();
        in.expect(StreamFormat.SECTION_START, "the start of the RAM section (kind 1)");
        int id = in.i32("the RAM section's number");
        int nameAt = in.offset();
        String name = in.name("the RAM section's name");
        if (!name.equals(RAM)) {
            throw in.unexpected(nameAt, "the RAM section", "section '" + name + "'");
        }
        int instance = in.i32("the RAM section's instance");
        int version = in.i32("the RAM section's version");
        records();
        footer(id);
        boolean more = true;
        while (more) {
            more = part(id);
        }
        complete();
        return new StreamHead.RamSection(id, instance, version);
    }

    private void leadingCommands() throws MigrationStreamException {
        while (in.peek("a section") == StreamFormat.COMMAND) {
            command();
        }
    }

    /// @return false after the RAM section's end
    private boolean part(int id) throws MigrationStreamException {
        int start = in.offset();
        int kind = in.peek("a part of the RAM section");
        if (kind == StreamFormat.COMMAND) {
            command();
            return true;
        }
        if (kind != StreamFormat.SECTION_PART && kind != StreamFormat.SECTION_END) {
            throw in.unexpected(start, "a part of the RAM section", "kind 0x%02x".formatted(kind));
        }
        in.u8("a part of the RAM section");
        in.expect32(id, "the RAM section's number");
        records();
        footer(id);
        return kind == StreamFormat.SECTION_PART;
    }

    private void command() throws MigrationStreamException {
        int start = in.offset();
        in.u8("a command");
        in.u16("a command's number");
        in.take(in.u16("a command's length"), "a command");
        commands.add(in.between(start, in.offset()));
    }

    private void footer(int id) throws MigrationStreamException {
        in.expect(StreamFormat.FOOTER, "a section footer (0x7e)");
        in.expect32(id, "the section's number in its footer");
    }

    private void records() throws MigrationStreamException {
        while (true) {
            int start = in.offset();
            long word = in.i64("a RAM record");
            int flags = (int) (word & StreamFormat.RAM_FLAGS);
            long address = word & ~StreamFormat.RAM_FLAGS;
            switch (flags & ~StreamFormat.RAM_SAME_BLOCK) {
                case StreamFormat.RAM_END -> {
                    return;
                }
                case StreamFormat.RAM_BLOCKS -> blockList(start, address);
                case StreamFormat.RAM_ZERO, StreamFormat.RAM_PAGE -> page(start, address, flags);
                default -> throw in.unexpected(start, "a RAM record", "flags 0x%03x".formatted(flags));
            }
        }
    }

    private void blockList(int start, long total) throws MigrationStreamException {
        if (!blocks.isEmpty()) {
            throw in.unexpected(start, "a page or the end", "a second block list");
        }
        long left = total;
        while (left > 0) {
            int at = in.offset();
            RamBlock next = ramBlock(at);
            left -= next.length();
            if (left < 0 || blocks.size() == BLOCKS_MAX || blocks.putIfAbsent(next.name(), next) != null) {
                throw in.unexpected(at, "another RAM block of " + total + " bytes in all", next.toString());
            }
        }
    }

    private RamBlock ramBlock(int at) throws MigrationStreamException {
        String name = in.name("a RAM block's name");
        long length = in.i64("a RAM block's length");
        long address = in.i64("a RAM block's guest address");
        if (length <= 0 || length % StreamFormat.PAGE != 0) {
            throw in.unexpected(at, "a RAM block of whole pages", name + " of " + length + " bytes");
        }
        return new RamBlock(name, length, address);
    }

    private void page(int start, long address, int flags) throws MigrationStreamException {
        if ((flags & StreamFormat.RAM_SAME_BLOCK) == 0) {
            block = in.name("a page's RAM block");
        }
        RamBlock owner = blocks.get(block);
        if (owner == null) {
            throw in.unexpected(start, "a page of a listed RAM block", "one of '" + block + "'");
        }
        if (address < 0 || address > owner.length() - StreamFormat.PAGE) {
            throw in.unexpected(start, "a page within " + owner, "address " + Long.toHexString(address));
        }
        byte[] content = content(start, owner);
        int offset = (int) address;
        if ((flags & StreamFormat.RAM_ZERO) != 0) {
            byte fill = (byte) in.u8("the filling of a page");
            java.util.Arrays.fill(content, offset, offset + StreamFormat.PAGE, fill);
        } else {
            in.copyTo(content, offset, StreamFormat.PAGE, "a page of " + block);
        }
        seen.computeIfAbsent(block, _ -> new BitSet()).set(offset / StreamFormat.PAGE);
    }

    private byte[] content(int start, RamBlock owner) throws MigrationStreamException {
        byte[] known = contents.get(owner.name());
        if (known != null) {
            return known;
        }
        contentsLength += owner.length();
        if (owner.length() > CONTENTS_MAX || contentsLength > CONTENTS_MAX) {
            throw in.unexpected(start, "at most " + CONTENTS_MAX + " bytes of RAM outside shared memory", "" + owner);
        }
        byte[] fresh = new byte[(int) owner.length()];
        contents.put(owner.name(), fresh);
        return fresh;
    }

    private void complete() throws MigrationStreamException {
        for (Map.Entry<String, BitSet> entry : seen.entrySet()) {
            byte[] content = contents.getOrDefault(entry.getKey(), new byte[0]);
            int pages = content.length / StreamFormat.PAGE;
            if (entry.getValue().cardinality() != pages) {
                throw in.unexpected(
                        in.offset(),
                        "all " + pages + " pages of RAM block " + entry.getKey(),
                        entry.getValue().cardinality() + " of them");
            }
        }
    }
}
