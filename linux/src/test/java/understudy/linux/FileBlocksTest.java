package understudy.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import understudy.linux.FileBlocks.Run;

/// On the file system that holds the build, which must be one that knows where its files lie (ext4, XFS, btrfs).
class FileBlocksTest {
    private static final int BLOCK = 4096;
    private static final int PIECES = 300;

    private final Path file =
            Path.of("target", "file-blocks-" + ProcessHandle.current().pid());

    @AfterEach
    void delete() throws IOException {
        Files.deleteIfExists(file);
    }

    @Test
    void holesAreLeftOutAndMoreRunsAreFoundThanAreAskedForAtOnce() throws IOException {
        try (FileChannel channel = channel()) {
            for (int i = 0; i < PIECES; i++) {
                channel.write(ByteBuffer.allocate(BLOCK).put(0, (byte) 1), 2L * i * BLOCK);
            }
        }
        List<Run> runs = FileBlocks.written(file);
        assertThat(runs).hasSize(PIECES).allMatch(run -> run.length() == BLOCK && run.device() > 0);
        assertThat(runs.getLast().offset()).isEqualTo(2L * (PIECES - 1) * BLOCK);
    }

    @Test
    void whatWasNeverWrittenIsNoData() throws IOException {
        try (FileChannel channel = channel()) {
            channel.write(ByteBuffer.allocate(1), (1 << 20) - 1);
        }
        List<Run> runs = FileBlocks.written(file);
        assertThat(runs).hasSize(1);
        assertThat(runs.getFirst().offset()).isEqualTo((1 << 20) - BLOCK);
        Files.write(file, new byte[0]);
        assertThat(FileBlocks.written(file)).isEmpty();
    }

    @Test
    void aFileReadsTheSameAfterItsCacheWasDropped() throws IOException {
        Files.writeString(file, "the same");
        FileBlocks.dropCache(file);
        assertThat(file).hasContent("the same");
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        Path gone = file.resolveSibling("gone");
        assertThatThrownBy(() -> FileBlocks.written(gone))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("gone");
        assertThatThrownBy(() -> MountedFileSystem.freeze(gone, "7:0")).hasMessageContaining("gone");
    }

    /// Else a folder on which nothing is mounted would stand for the file system of the whole machine.
    @Test
    void aFileSystemOnAnotherDeviceThanWasSaidIsLeftAlone() throws IOException {
        Files.writeString(file, "");
        assertThat(MountedFileSystem.isOn(file, "7:1000000")).isFalse();
        assertThatThrownBy(() -> MountedFileSystem.shutDown(Path.of("/proc"), "7:1000000"))
                .isInstanceOf(IOException.class)
                .hasMessageMatching("/proc lies on device 0:\\d+, not on 7:1000000");
        assertThatThrownBy(() -> MountedFileSystem.fill(file, "7:1000000")).hasMessageContaining("not on 7:1000000");
        assertThat(file).isEmptyFile();
    }

    private FileChannel channel() throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }
}
