package understudy.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessMapsTest {
    private static final String LINE = "7f0000000000-7f0000002000 rw-s 00000000 00:1a 42         /dev/shm/my ram";

    @Test
    void namesMayHaveSpacesAndLinesMayHaveNone() throws IOException {
        ProcessMaps maps = ProcessMaps.parse(List.of(
                "00400000-00401000 r-xp 00001000 08:01 12 ",
                LINE,
                "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]"));
        assertThat(maps.mappings())
                .extracting(ProcessMaps.Mapping::name)
                .containsExactly("", "/dev/shm/my ram", "[vsyscall]");
        assertThat(maps.mappings().getFirst().offset()).isEqualTo(0x1000);
        assertThat(maps.find(Path.of("/dev/shm/my ram"))).contains(new AddressRange(0x7f0000000000L, 0x7f0000002000L));
        assertThat(maps.find(Path.of("/dev/shm/other"))).isEmpty();
    }

    @Test
    void adjacentMappingsOfAFileAreOneRange() throws IOException {
        ProcessMaps maps = ProcessMaps.parse(List.of(
                "1000-3000 rw-s 00000000 00:1a 42 /ram",
                "3000-4000 r--s 00002000 00:1a 42 /ram",
                "9000-a000 r--s 00003000 00:1a 42 /ram"));
        assertThat(maps.find(Path.of("/ram"))).contains(new AddressRange(0x1000, 0x4000));
    }

    @Test
    void aFileOfThisProcessIsFound(@TempDir Path directory) throws IOException {
        try (SharedMemoryFile file = SharedMemoryFile.create(directory.resolve("ram"), 3 * 4096)) {
            long start = file.segment().address();
            assertThat(ProcessMaps.of(ProcessHandle.current().pid()).find(file.path()))
                    .contains(new AddressRange(start, start + 3 * 4096));
        }
    }

    @Test
    void everyTruncatedLineIsRefusedOrReadButNeverCrashes() {
        for (int length = 0; length < LINE.length(); length++) {
            readOrRefused(LINE.substring(0, length));
        }
        assertThatThrownBy(() -> ProcessMaps.parse(List.of("")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("not a line of /proc/PID/maps: ''");
    }

    @Test
    void garbageIsRefused() {
        for (long seed = 0; seed < 2_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            char[] line = LINE.toCharArray();
            for (int i = 0; i < 3; i++) {
                line[random.nextInt(line.length)] = (char) random.nextInt(32, 127);
            }
            readOrRefused(new String(line));
        }
    }

    private static void readOrRefused(String line) {
        try {
            assertThat(ProcessMaps.parse(List.of(line)).mappings()).hasSize(1);
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("not a line");
        }
    }

    @Test
    void aMissingProcessIsAClearError() {
        assertThatThrownBy(() -> ProcessMaps.of(Integer.MAX_VALUE)).hasMessage("no process " + Integer.MAX_VALUE);
        assertThatThrownBy(() -> PidFd.open(Integer.MAX_VALUE)).hasMessageContaining("(ESRCH)");
    }
}
