package understudy.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SerialLogTest {
    private static final String LINE = "%09d said the guest%n";

    @TempDir
    Path directory;

    private InstanceDirectory instance() {
        return new InstanceDirectory(directory);
    }

    @Test
    void aShortLogIsLeftAloneAndNoneIsWell() throws IOException {
        SerialLog.trim(instance());
        assertThat(instance().serialLog()).doesNotExist();
        Files.writeString(instance().serialLog(), "booting\n");
        SerialLog.trim(instance());
        assertThat(instance().serialLog()).hasContent("booting\n");
    }

    /// As QEMU does it, who opened the file once, to append.
    @Test
    void ofALongLogTheLatestIsKeptAndWritingGoesOn() throws IOException {
        try (OutputStream guest =
                Files.newOutputStream(instance().serialLog(), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            int lines = 0;
            for (int i = 0; i < 5; i++) {
                for (int bytes = 0; bytes <= SerialLog.BYTES_MAX; lines++) {
                    byte[] line = LINE.formatted(lines).getBytes(StandardCharsets.US_ASCII);
                    guest.write(line);
                    bytes += line.length;
                }
                SerialLog.trim(instance());
                guest.write(LINE.formatted(lines++).getBytes(StandardCharsets.US_ASCII));
                String kept = Files.readString(instance().serialLog());
                String last = LINE.formatted(lines - 1);
                assertThat(kept).hasSize((int) SerialLog.BYTES_MAX / 2 + last.length());
                assertThat(kept).endsWith(LINE.formatted(lines - 2) + last);
            }
        }
    }
}
