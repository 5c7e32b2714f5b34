package understudy.volume.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import understudy.volume.Geometry;

/// Whether `docs/reference/replica-format.md` says what the code does.
class ReplicaFormatTest {
    private static final Pattern FIELD = Pattern.compile("(?m)^\\| (\\d+) \\| (\\d+) \\| `([^`]+)` \\|");
    private static final Pattern FLAG = Pattern.compile("(?m)^\\| (\\d+) \\| `([^`]+)` \\|");
    private static final Pattern PLACE = Pattern.compile("(?m)^\\| (\\d+) \\| (\\d+)(?: each)? \\| [^`]");

    private static String document() throws IOException {
        Path here = Path.of("").toAbsolutePath();
        Path file = Stream.iterate(Optional.of(here), Optional::isPresent, folder -> folder.map(Path::getParent))
                .flatMap(Optional::stream)
                .map(folder -> folder.resolve("docs/reference/replica-format.md"))
                .filter(Files::exists)
                .findFirst()
                .orElseThrow();
        return Files.readString(file);
    }

    /// What stands under a heading.
    private static String section(String heading) throws IOException {
        String text = document();
        int start = text.indexOf("\n## " + heading + "\n");
        assertThat(start).as(heading).isPositive();
        int end = text.indexOf("\n## ", start + 1);
        return text.substring(start, end < 0 ? text.length() : end);
    }

    private static List<String> rows(Pattern pattern, String heading) throws IOException {
        return pattern.matcher(section(heading))
                .results()
                .map(row -> row.groupCount() < 3
                        ? row.group(1) + " " + row.group(2)
                        : row.group(1) + " " + row.group(2) + " " + row.group(3))
                .toList();
    }

    private static String name(Enum<?> field) {
        return field.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    @Test
    void everyFieldIsWhereTheDocumentSays() throws IOException {
        assertThat(rows(FIELD, "Superblock"))
                .isEqualTo(Arrays.stream(ReplicaFormat.SuperblockField.values())
                        .map(field -> field.offset + " " + field.bytes + " " + name(field))
                        .toList());
        assertThat(rows(FIELD, "Activity log"))
                .isEqualTo(Arrays.stream(ReplicaFormat.LogField.values())
                        .map(field -> field.offset + " " + field.bytes + " " + name(field))
                        .toList());
        assertThat(rows(FIELD, "Page of the dirty map"))
                .isEqualTo(Arrays.stream(ReplicaFormat.DirtyField.values())
                        .map(field -> field.offset + " " + field.bytes + " " + name(field))
                        .toList());
        assertThat(rows(FIELD, "Checksum page"))
                .isEqualTo(Arrays.stream(ReplicaFormat.RecordField.values())
                        .map(field -> field.offset + " " + field.bytes + " " + name(field))
                        .toList());
        assertThat(rows(FLAG, "Superblock"))
                .isEqualTo(Arrays.stream(ReplicaFormat.Flag.values())
                        .map(flag -> flag.bit + " " + name(flag))
                        .toList());
    }

    @Test
    void everyStructureIsWhereTheDocumentSays() throws IOException {
        int slot = ReplicaFormat.SLOT_BYTES;
        assertThat(rows(PLACE, "Layout of `FILE.meta`"))
                .containsExactly(
                        ReplicaFormat.SUPERBLOCKS + " " + slot,
                        ReplicaFormat.SUPERBLOCKS + slot + " " + slot,
                        ReplicaFormat.LOGS + " " + slot,
                        ReplicaFormat.LOGS + slot + " " + slot,
                        ReplicaFormat.GROUPS + " " + ReplicaFormat.GROUP_BYTES);
        assertThat(ReplicaFormat.record(0)).isEqualTo(16384 + 4096);
        assertThat(ReplicaFormat.record(30) + 4608).isEqualTo(ReplicaFormat.dirtyPage(1));
        assertThat(ReplicaFormat.bytes(31L * Geometry.EXTENT_BYTES + 512)).isEqualTo(16384 + 2 * 146944);
        for (int extent = 0; extent < 100; extent++) {
            long start = ReplicaFormat.record(extent);
            assertThat(ReplicaFormat.extentAt(start)).isEqualTo(extent);
            assertThat(ReplicaFormat.extentAt(start + 4607)).isEqualTo(extent);
        }
        assertThat(ReplicaFormat.extentAt(ReplicaFormat.dirtyPage(1) + 5)).isEqualTo(31);
        assertThat(document())
                .contains("room for " + ReplicaFormat.LOG_SECTOR_EXTENTS + " extents, so " + ReplicaFormat.LOG_EXTENTS);
    }

    @Test
    void namesAndTheChecksumOfZerosAreAsDocumented() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(ReplicaFormat.MAGIC).putInt(ReplicaFormat.DIRTY_MAGIC).putInt(ReplicaFormat.RECORD_MAGIC);
        assertThat(new String(bytes.array(), StandardCharsets.US_ASCII)).isEqualTo("USTREPLCUSDMUSCK");
        assertThat(document()).contains("`USTREPLC`", "`USDM`", "`USCK`");
        CRC32C crc = new CRC32C();
        crc.update(new byte[Geometry.BLOCK_BYTES]);
        assertThat(document()).contains("`0x" + Long.toHexString(crc.getValue()) + "`");
        assertThat(Scratch.here().sum(ByteBuffer.allocateDirect(Geometry.BLOCK_BYTES), 0, Geometry.BLOCK_BYTES))
                .isZero();
        assertThat(Scratch.here().sum(ByteBuffer.allocateDirect(512), 0, 512)).isZero();
    }
}
