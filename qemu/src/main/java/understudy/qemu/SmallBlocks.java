package understudy.qemu;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Finds the RAM blocks outside the shared file in QEMU's address space, so that they can be tracked page by
/// page.
///
/// Three ways, in this order:
/// 1. Newer QEMUs tell host addresses in the human monitor's `info ramblock`; 7.2 does not.
/// 2. A block that the guest can see at a physical address: `info mtree -f` says where, `gpa2hva` says where
///    that is in QEMU (`pc.bios`, and `vga.vram` once its BAR is mapped).
/// 3. The others (`pc.rom` behind the firmware's shadow, the ACPI tables, which only the
///    firmware-configuration device reads) are private memory mappings of their own: of those of the right
///    length, the one that holds the very bytes that the stream gave for the block, if there is exactly one.
///
/// All blocks of any machine that [QemuCommand] makes are found so with QEMU 7.2. Who writes to them later:
/// nobody to `pc.bios` and `pc.rom` (read-only for the guest, written by QEMU at a reset, with the same
/// bytes); QEMU to `/rom@etc/acpi/…` and `/rom@etc/table-loader` when the firmware reads them after a reset;
/// the guest at any time to `vga.vram`.
public final class SmallBlocks {
    private static final Pattern REGION =
            Pattern.compile("\\s*([0-9a-f]{16})-[0-9a-f]{16} \\(prio -?\\d+, (?:ram|rom|romd)\\): (\\S+)(.*)");
    private static final Pattern ADDRESS =
            Pattern.compile("Host virtual address for 0x[0-9a-f]+ \\((\\S+)\\) is 0x([0-9a-f]{1,16})\\s*");

    private SmallBlocks() {}

    /// What was found, and what was not.
    public record Located(List<HostBlock> found, List<RamBlock> missing) {
        public Located {
            found = List.copyOf(found);
            missing = List.copyOf(missing);
        }
    }

    /// Locates the blocks whose contents are in the head. The guest should be stopped, or must at least not
    /// have written to the blocks since the head was taken.
    ///
    /// @param pid  QEMU's; its memory is read
    /// @param head from the same QEMU
    public static Located locate(Qmp qmp, long pid, StreamHead head, Duration timeout) throws IOException {
        String regions = qmp.humanMonitor("info mtree -f", timeout);
        RamBlockTable table = RamBlockTable.parse(qmp.humanMonitor("info ramblock", timeout));
        PrivateMappings mappings = PrivateMappings.parse(Files.readAllLines(Path.of("/proc/" + pid + "/maps")));
        List<HostBlock> found = new ArrayList<>();
        List<RamBlock> missing = new ArrayList<>();
        try (RandomAccessFile memory = new RandomAccessFile("/proc/" + pid + "/mem", "r")) {
            for (RamBlock block : head.blocks()) {
                byte[] content = head.contents().get(block.name());
                if (content == null) {
                    continue;
                }
                long total =
                        table.row(block.name()).map(RamBlockTable.Row::total).orElse(block.length());
                Optional<HostBlock> place = told(table, block);
                place = place.isPresent() ? place : visible(qmp, regions, block, timeout);
                place = place.isPresent() ? place : byContent(memory, mappings, block, total, content);
                place.ifPresentOrElse(found::add, () -> missing.add(block));
            }
        }
        return new Located(found, missing);
    }

    private static Optional<HostBlock> told(RamBlockTable table, RamBlock block) {
        OptionalLong address =
                table.row(block.name()).map(RamBlockTable.Row::hostAddress).orElse(OptionalLong.empty());
        return address.isPresent()
                ? Optional.of(new HostBlock(block.name(), address.getAsLong(), block.length()))
                : Optional.empty();
    }

    private static Optional<HostBlock> visible(Qmp qmp, String regions, RamBlock block, Duration timeout)
            throws QmpException {
        Optional<Long> guestAddress = guestAddress(regions, block.name());
        if (guestAddress.isEmpty()) {
            return Optional.empty();
        }
        String answer = qmp.humanMonitor("gpa2hva 0x" + Long.toHexString(guestAddress.get()), timeout);
        return hostAddress(answer, block.name()).map(a -> new HostBlock(block.name(), a, block.length()));
    }

    /// Where the guest sees the block's first byte, if it does. A region is called by the last part of its
    /// block's name: `0000:00:02.0/vga.vram` shows as `vga.vram`.
    static Optional<Long> guestAddress(String regions, String block) {
        return regions.lines()
                .map(REGION::matcher)
                .filter(Matcher::matches)
                .filter(m -> isRegionOf(m.group(2), block) && !m.group(3).contains("@"))
                .map(m -> Long.parseUnsignedLong(m.group(1), 16))
                .findFirst();
    }

    static Optional<Long> hostAddress(String answer, String block) {
        Matcher matcher = ADDRESS.matcher(answer);
        return matcher.matches() && isRegionOf(matcher.group(1), block)
                ? Optional.of(Long.parseUnsignedLong(matcher.group(2), 16))
                : Optional.empty();
    }

    private static boolean isRegionOf(String region, String block) {
        return block.equals(region) || block.endsWith("/" + region);
    }

    private static Optional<HostBlock> byContent(
            RandomAccessFile memory, PrivateMappings mappings, RamBlock block, long total, byte[] content)
            throws IOException {
        List<Long> places = holding(memory, mappings.exact(total), content);
        if (places.isEmpty()) {
            places = holding(memory, mappings.within(total), content);
        }
        return places.size() == 1
                ? Optional.of(new HostBlock(block.name(), places.getFirst(), block.length()))
                : Optional.empty();
    }

    private static List<Long> holding(RandomAccessFile memory, List<Long> addresses, byte[] content)
            throws IOException {
        List<Long> places = new ArrayList<>();
        for (long address : addresses) {
            if (holds(memory, address, content)) {
                places.add(address);
            }
        }
        return places;
    }

    private static boolean holds(RandomAccessFile memory, long address, byte[] content) throws IOException {
        byte[] page = new byte[StreamFormat.PAGE];
        for (int at = 0; at < content.length; at += page.length) {
            memory.seek(address + at);
            memory.readFully(page);
            if (!Arrays.equals(page, 0, page.length, content, at, at + page.length)) {
                return false;
            }
        }
        return true;
    }

    /// The small blocks' bytes now, in one piece for each; consistent only while the guest stands still.
    public static Map<String, byte[]> read(long pid, List<HostBlock> blocks) throws IOException {
        Map<String, byte[]> contents = new java.util.HashMap<>();
        try (RandomAccessFile memory = new RandomAccessFile("/proc/" + pid + "/mem", "r")) {
            for (HostBlock block : blocks) {
                byte[] content = new byte[Math.toIntExact(block.length())];
                memory.seek(block.address());
                memory.readFully(content);
                contents.put(block.name(), content);
            }
        }
        return contents;
    }
}
