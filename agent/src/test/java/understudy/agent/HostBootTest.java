package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostBootTest {
    @TempDir
    Path folder;

    @Test
    void itIsTheSameAsLongAsTheHostRuns() throws IOException {
        UUID boot = HostBoot.of(folder.resolve("run"));
        assertThat(HostBoot.of(folder.resolve("run"))).isEqualTo(boot);
    }

    @Test
    void anotherOneFollowsWhenTheFolderIsGone() throws IOException {
        assertThat(HostBoot.of(folder.resolve("a"))).isNotEqualTo(HostBoot.of(folder.resolve("b")));
    }

    @Test
    void aFolderThatOutlivesTheKernelDoesNoHarm() throws IOException {
        UUID boot = HostBoot.of(folder);
        Files.write(folder.resolve("boot"), List.of(UUID.randomUUID().toString(), boot.toString()));
        assertThat(HostBoot.of(folder)).isNotEqualTo(boot);
    }
}
