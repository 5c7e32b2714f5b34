package understudy.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SharedMemoryFileTest {
    private static final long MIB = 1 << 20;

    private final Path path = Path.of(
            "/dev/shm", "understudy-file-test-" + ProcessHandle.current().pid());

    @AfterEach
    void delete() throws IOException {
        Files.deleteIfExists(path);
    }

    @Test
    void twoMappingsShareTheirBytes() throws IOException {
        try (SharedMemoryFile one = SharedMemoryFile.create(path, MIB);
                SharedMemoryFile other = SharedMemoryFile.open(path)) {
            one.segment().set(JAVA_BYTE, MIB - 1, (byte) 42);
            assertThat(other.size()).isEqualTo(MIB);
            assertThat(other.segment().get(JAVA_BYTE, MIB - 1)).isEqualTo((byte) 42);
        }
    }

    @Test
    void aFileMayBeLargerThanAnArray() throws IOException {
        try (SharedMemoryFile file = SharedMemoryFile.create(path, 5L << 30)) {
            file.segment().set(JAVA_BYTE, file.size() - 1, (byte) 1);
            assertThat(file.nextData(0)).isEqualTo(file.size() - 4096);
        }
    }

    @Test
    void holesAreFoundWithoutReadingThem() throws IOException {
        try (SharedMemoryFile file = SharedMemoryFile.create(path, MIB)) {
            assertThat(file.nextData(0)).isEqualTo(MIB);
            file.segment().set(JAVA_BYTE, 3 * 4096, (byte) 1);
            assertThat(file.nextData(0)).isEqualTo(3 * 4096);
            assertThat(file.nextHole(3 * 4096)).isEqualTo(4 * 4096);
            assertThat(file.nextData(4 * 4096)).isEqualTo(MIB);
            assertThat(file.nextData(MIB)).isEqualTo(MIB);
            file.discard(3 * 4096, 4096);
            assertThat(file.nextData(0)).isEqualTo(MIB);
            assertThat(file.segment().get(JAVA_BYTE, 3 * 4096)).isZero();
        }
    }

    @Test
    void aClosedMappingCannotBeTouched() throws IOException {
        SharedMemoryFile file = SharedMemoryFile.create(path, MIB);
        MemorySegment segment = file.segment();
        file.close();
        assertThatThrownBy(() -> segment.get(JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void whatCannotBeMappedIsAClearError() throws IOException {
        assertThatThrownBy(() -> SharedMemoryFile.open(path))
                .hasMessage("open of " + path + ": No such file or directory (ENOENT)");
        Files.createFile(path);
        assertThatThrownBy(() -> SharedMemoryFile.open(path)).hasMessageContaining("which is empty");
        assertThatThrownBy(() -> SharedMemoryFile.create(path, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
