package understudy.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/// The monitor's texts and the kernel's, as they were seen.
class SmallBlocksTest {
    private static final String REGIONS = """
            FlatView #0
             AS "memory", root: system
              0000000000000000-00000000000c2fff (prio 0, ram): ram
              00000000000c3000-00000000000e7fff (prio 0, rom): ram @00000000000c3000
              00000000fd000000-00000000fdffffff (prio 1, ram): vga.vram
              00000000fffc0000-00000000ffffffff (prio 0, rom): pc.bios
            """;

    private static final List<String> MAPS = List.of(
            "7f3d16c00000-7f3d16e00000 rw-p 00000000 00:00 0 ",
            "7f3d16e00000-7f3d16e01000 ---p 00000000 00:00 0 ",
            "7f3d17fff000-7f3d27fff000 rw-s 00000000 00:1b 5 /dev/shm/ram",
            "7f3d27fff000-7f3d28000000 ---p 00000000 00:00 0 ",
            "7f3d28000000-7f3d28020000 rw-p 00000000 00:00 0 ",
            "7f3d2f000000-7f3d2f030000 rw-p 00000000 00:00 0 ",
            "7f3d2f030000-7f3d2f031000 ---p 00000000 00:00 0 ");

    @Test
    void aBlockThatTheGuestSeesIsFoundByItsRegion() {
        assertThat(SmallBlocks.guestAddress(REGIONS, "pc.bios")).contains(0xfffc0000L);
        assertThat(SmallBlocks.guestAddress(REGIONS, "0000:00:02.0/vga.vram")).contains(0xfd000000L);
        assertThat(SmallBlocks.guestAddress(REGIONS, "pc.rom")).isEmpty();
    }

    @Test
    void anAnswerForAnotherRegionIsNoAnswer() {
        String answer = "Host virtual address for 0xfffc0000 (pc.bios) is 0x7f3d6c200000\r\n";
        assertThat(SmallBlocks.hostAddress(answer, "pc.bios")).contains(0x7f3d6c200000L);
        assertThat(SmallBlocks.hostAddress(answer, "pc.rom")).isEmpty();
        assertThat(SmallBlocks.hostAddress("No memory is mapped at address 0x0", "pc.rom"))
                .isEmpty();
    }

    @Test
    void onlyPrivateMappingsWithAGuardBehindThemAreCandidates() {
        PrivateMappings mappings = PrivateMappings.parse(MAPS);
        assertThat(mappings.exact(0x200000)).containsExactly(0x7f3d16c00000L);
        assertThat(mappings.within(0x200000)).isEmpty();
        assertThat(mappings.exact(0x20000)).isEmpty();
        assertThat(mappings.within(0x20000)).containsExactly(0x7f3d16de0000L, 0x7f3d2f010000L);
        assertThat(mappings.within(0x400000)).isEmpty();
        assertThat(PrivateMappings.parse(List.of("", "garbage", "1-2-3")).runs())
                .isEmpty();
    }

    @Test
    void aMappingThatWasCutWherePartOfABlockWasTrackedIsFoundWhole() {
        PrivateMappings mappings = PrivateMappings.parse(List.of(
                "7f5f17200000-7f5f17220000 rw-p 00000000 00:00 0 ",
                "7f5f17220000-7f5f17400000 rw-p 00000000 00:00 0 ",
                "7f5f17400000-7f5f17401000 ---p 00000000 00:00 0 "));
        assertThat(mappings.exact(0x200000)).containsExactly(0x7f5f17200000L);
        assertThat(mappings.exact(0x1e0000)).containsExactly(0x7f5f17220000L);
        assertThat(mappings.within(0x20000)).containsExactly(0x7f5f173e0000L);
    }

    @Test
    void theBlockTableIsReadWithAndWithoutHostAddresses() {
        String old = """
                              Block Name    PSize              Offset               Used              Total
                    /rom@etc/acpi/tables    4 KiB  0x0000000010080000 0x0000000000020000 0x0000000000200000
                """;
        assertThat(RamBlockTable.parse(old).row("/rom@etc/acpi/tables"))
                .contains(new RamBlockTable.Row(0x200000, OptionalLong.empty()));
        String recent = """
                              Block Name    PSize              Offset               Used              Total                HVA  RO
                                 pc.bios    4 KiB  0x0000000010080000 0x0000000000020000 0x0000000000040000 0x00007f0000000000  ro
                """;
        assertThat(RamBlockTable.parse(recent).row("pc.bios"))
                .contains(new RamBlockTable.Row(0x40000, OptionalLong.of(0x7f0000000000L)));
        assertThat(RamBlockTable.parse("garbage").rows()).isEmpty();
    }
}
