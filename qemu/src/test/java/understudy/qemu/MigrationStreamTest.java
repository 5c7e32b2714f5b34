package understudy.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.atIndex;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MigrationStreamTest {
    private static final byte[] COMMAND = {8, 0, 11, 0, 2, 7, 7};

    private final StreamHead head = decoded(Recording.OUTGOING);

    @Test
    void aRecordedHeadIsUnderstood() {
        assertThat(head.machine()).isEqualTo("pc-q35-7.2");
        assertThat(head.blocks())
                .contains(
                        new RamBlock("ram", 64 << 20, 0),
                        new RamBlock("pc.bios", 256 << 10, 0xfffc0000L),
                        new RamBlock("pc.rom", 128 << 10, 0xc0000));
        assertThat(head.sharedBlocks()).extracting(RamBlock::name).containsExactly("ram");
        assertThat(head.contents().get("pc.bios")).hasSize(256 << 10).contains((byte) 63, atIndex(63 * 4096 + 17));
        assertThat(head.commands()).isEmpty();
    }

    @Test
    void encodingGivesTheSameHeadBack() {
        assertThatHeadsAreEqual(decoded(MigrationStream.encodeHead(head)), head);
    }

    @Test
    void newerContentsOfASmallBlockAreEncoded() {
        byte[] bios = new byte[256 << 10];
        bios[4096] = 1;
        StreamHead newer = decoded(MigrationStream.encodeHead(head.withContents(Map.of("pc.bios", bios))));
        assertThat(newer.contents().get("pc.bios")).isEqualTo(bios);
        assertThat(newer.contents().get("pc.rom")).isEqualTo(head.contents().get("pc.rom"));
        assertThatThrownBy(() -> head.withContents(Map.of("pc.bios", new byte[4096])))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("pc.bios");
    }

    @Test
    void commandsAreCarriedAlong() {
        StreamHead commanded = new StreamHead(
                head.configuration(), head.machine(), head.ram(), head.blocks(), head.contents(), List.of(COMMAND));
        StreamHead again = decoded(MigrationStream.encodeHead(commanded));
        assertThat(again.commands()).hasSize(1);
        assertThat(again.commands().getFirst()).isEqualTo(COMMAND);
    }

    @Test
    void theIncomingStreamEndsWithTheDevices() throws MigrationStreamException {
        byte[] stream = MigrationStream.encode(head, DeviceState.of(Recording.DEVICES));
        assertThatHeadsAreEqual(decoded(stream), head);
        int tail = Recording.DEVICES.length - 8 + 5;
        byte[] devices = Arrays.copyOfRange(stream, stream.length - tail, stream.length - 5);
        assertThat(devices).isEqualTo(Arrays.copyOfRange(Recording.DEVICES, 8, Recording.DEVICES.length));
        assertThat(Arrays.copyOfRange(stream, stream.length - 5, stream.length)).containsExactly(6, 0, 0, 0, 0);
    }

    @Test
    void everyTruncatedHeadIsRefused() {
        byte[] whole = MigrationStream.encodeHead(head);
        for (int length = 0; length < whole.length; length += length < 2_000 ? 1 : 97) {
            byte[] prefix = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> MigrationStream.decodeHead(prefix))
                    .as("first %d bytes", length)
                    .isInstanceOfSatisfying(
                            MigrationStreamException.class,
                            e -> assertThat(e.offset()).isBetween(0L, (long) prefix.length));
        }
    }

    @Test
    void aMutatedStreamIsDecodedOrRefusedAndNothingElse() {
        mutate(MigrationStream.encodeHead(head), 2_000);
        List<RamBlock> few = List.of(new RamBlock("ram", 64 << 20, 0), new RamBlock("pc.rom", 8192, 0xc0000));
        byte[] page = new byte[8192];
        page[1] = 1;
        byte[] small = MigrationStream.encodeHead(new StreamHead(
                head.configuration(), head.machine(), head.ram(), few, Map.of("pc.rom", page), List.of(COMMAND)));
        mutate(small, 100_000);
    }

    /// The first bytes and the last hold the structure, so most mutations go there.
    private static void mutate(byte[] whole, int times) {
        for (long seed = 0; seed < times; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int near = random.nextInt(280);
            int at = switch (random.nextInt(4)) {
                case 0 -> random.nextInt(whole.length);
                case 1 -> whole.length - 1 - near % 40;
                default -> near;
            };
            byte before = whole[at];
            whole[at] = (byte) random.nextInt(256);
            try {
                assertThat(MigrationStream.decodeHead(whole).blocks()).isNotNull();
            } catch (MigrationStreamException e) {
                assertThat(e.offset()).as("seed %d", seed).isBetween(0L, (long) whole.length);
            } catch (RuntimeException | OutOfMemoryError e) {
                throw new AssertionError("seed " + seed + ", offset " + at + ", byte " + whole[at], e);
            }
            whole[at] = before;
        }
    }

    @Test
    void noiseIsRefused() {
        for (long seed = 0; seed < 10_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] noise = new byte[random.nextInt(600)];
            random.nextBytes(noise);
            int keep = Math.min(noise.length, random.nextInt(200));
            System.arraycopy(Recording.OUTGOING, 0, noise, 0, keep);
            assertThatThrownBy(() -> MigrationStream.decodeHead(noise)).isInstanceOf(MigrationStreamException.class);
        }
    }

    private static StreamHead decoded(byte[] stream) {
        try {
            return MigrationStream.decodeHead(stream);
        } catch (MigrationStreamException e) {
            throw new AssertionError(e);
        }
    }

    private static void assertThatHeadsAreEqual(StreamHead actual, StreamHead expected) {
        assertThat(actual.configuration()).isEqualTo(expected.configuration());
        assertThat(actual.ram()).isEqualTo(expected.ram());
        assertThat(actual.blocks()).isEqualTo(expected.blocks());
        assertThat(actual.contents()).containsOnlyKeys(expected.contents().keySet());
        actual.contents()
                .forEach((name, content) -> assertThat(content)
                        .as(name)
                        .isEqualTo(expected.contents().get(name)));
    }
}
