package understudy.qemu;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import understudy.model.ByteSize;
import understudy.model.VolumeSpec.Image.Format;

/// Against the `qemu-img` of this machine.
class DiskImageTest {
    private static final String GOOD =
            "{\"virtual-size\":1048576,\"format\":\"qcow2\",\"format-specific\":{\"data\":{}}}";

    @TempDir
    private Path folder;

    private Path raw = Path.of("");

    @BeforeEach
    void makeARawImage() throws IOException {
        raw = folder.resolve("a b.raw");
        byte[] content = new byte[3 << 20];
        new SplittableRandom(1).nextBytes(content);
        Files.write(raw, content);
    }

    @Test
    void aRawImageIsAsLargeAsItsFile() throws IOException {
        assertThat(DiskImage.probe(raw)).isEqualTo(new DiskImage(Format.RAW, ByteSize.ofMebibytes(3)));
    }

    @Test
    void aQcow2ImageIsConvertedToItsContent() throws Exception {
        Path qcow2 = folder.resolve("image.qcow2");
        qemuImg("convert", "-f", "raw", "-O", "qcow2", raw.toString(), qcow2.toString());
        DiskImage image = DiskImage.probe(qcow2);
        assertThat(image).isEqualTo(new DiskImage(Format.QCOW2, ByteSize.ofMebibytes(3)));
        Path target = folder.resolve("disk0");
        try (RandomAccessFile file = new RandomAccessFile(target.toFile(), "rw")) {
            file.setLength(5 << 20);
        }
        image.convert(qcow2, target);
        byte[] disk = Files.readAllBytes(target);
        assertThat(disk).hasSize(5 << 20);
        assertThat(Arrays.copyOf(disk, 3 << 20)).isEqualTo(Files.readAllBytes(raw));
        assertThat(Arrays.copyOfRange(disk, 3 << 20, 5 << 20)).containsOnly(0);
    }

    /// Else whoever uploads an image could read the files of a host.
    @Test
    void anImageThatStandsOnAnotherFileIsRefused() throws Exception {
        Path qcow2 = folder.resolve("backed.qcow2");
        qemuImg("create", "-f", "qcow2", "-F", "raw", "-b", raw.toString(), qcow2.toString());
        assertThatThrownBy(() -> DiskImage.probe(qcow2))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("backing");
        Path outside = folder.resolve("outside.qcow2");
        qemuImg("create", "-f", "qcow2", "-o", "data_file=" + folder.resolve("data"), outside.toString(), "1M");
        assertThatThrownBy(() -> DiskImage.probe(outside)).hasMessageContaining("data file");
    }

    @Test
    void otherFormatsAreRefused() throws Exception {
        Path vdi = folder.resolve("image.vdi");
        qemuImg("create", "-f", "vdi", vdi.toString(), "1M");
        assertThatThrownBy(() -> DiskImage.probe(vdi)).hasMessageContaining("raw or qcow2");
    }

    @Test
    void aFileThatIsNotThereIsToldOf() {
        assertThatThrownBy(() -> DiskImage.probe(folder.resolve("none")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("none");
    }

    @Test
    void whateverQemuImgSaysIsReadOrRefused() throws IOException {
        assertThat(DiskImage.parse(GOOD.getBytes(UTF_8)).size()).isEqualTo(ByteSize.ofMebibytes(1));
        for (int length = 0; length < GOOD.length(); length++) {
            byte[] part = GOOD.substring(0, length).getBytes(UTF_8);
            assertThatThrownBy(() -> DiskImage.parse(part)).isInstanceOf(IOException.class);
        }
        for (long seed = 0; seed < 5_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] bytes = GOOD.getBytes(UTF_8);
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            try {
                DiskImage.parse(bytes);
            } catch (IOException refused) {
                assertThat(refused.getMessage()).as("seed %d", seed).isNotNull();
            }
        }
    }

    private static void qemuImg(String... arguments) throws IOException, InterruptedException {
        String[] command = new String[arguments.length + 1];
        command[0] = "qemu-img";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }
}
