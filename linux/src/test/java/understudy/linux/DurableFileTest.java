package understudy.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableFileTest {
    @TempDir
    Path folder;

    @Test
    void theContentIsReplacedAsAWholeAndNothingIsLeftBesideIt() throws IOException {
        Path file = folder.resolve("word");
        DurableFile.write(file, "a longer first content".getBytes(UTF_8));
        DurableFile.write(file, "short".getBytes(UTF_8));
        assertThat(file).hasContent("short");
        assertThat(folder).isDirectoryContaining(file::equals);
        assertThat(folder.toFile().list()).containsExactly("word");
    }

    @Test
    void whatAnInterruptedWriterLeftIsOverwritten() throws IOException {
        Path file = folder.resolve("word");
        DurableFile.write(file, "old".getBytes(UTF_8));
        Files.writeString(folder.resolve("word.unfinished"), "much more than what is written next");
        assertThat(file).hasContent("old");
        DurableFile.write(file, "new".getBytes(UTF_8));
        assertThat(file).hasContent("new");
    }

    @Test
    void theOldContentStaysWhereTheNewOneCannotBeWritten() throws IOException {
        Path file = folder.resolve("word");
        DurableFile.write(file, "old".getBytes(UTF_8));
        Files.createDirectory(folder.resolve("word.unfinished"));
        assertThatThrownBy(() -> DurableFile.write(file, "new".getBytes(UTF_8))).isInstanceOf(IOException.class);
        assertThat(file).hasContent("old");
    }

    @Test
    void aLargeContentIsWrittenToItsEnd() throws IOException {
        byte[] content = new byte[3 << 20];
        Arrays.fill(content, (byte) 7);
        DurableFile.write(folder.resolve("snapshot"), content);
        assertThat(folder.resolve("snapshot")).hasBinaryContent(content);
    }

    @Test
    void whatIsNotThereIsDeletedWithoutAMistake() throws IOException {
        Path file = folder.resolve("word");
        DurableFile.write(file, "old".getBytes(UTF_8));
        DurableFile.delete(file);
        DurableFile.delete(file);
        assertThat(file).doesNotExist();
    }

    @Test
    void aFolderThatIsNotThereIsTold() {
        assertThatThrownBy(() -> DurableFile.write(folder.resolve("none/word"), new byte[1]))
                .isInstanceOf(IOException.class);
    }
}
