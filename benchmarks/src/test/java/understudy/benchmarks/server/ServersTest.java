package understudy.benchmarks.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ServersTest {
    @Test
    void whatWasStartedAndMadeIsGoneAtTheEnd(@TempDir Path parent) throws IOException {
        ServerProcess sleeping;
        Path folder;
        Path images;
        try (Servers servers = Servers.open()) {
            folder = servers.folder();
            images = servers.newFolderIn(parent);
            Files.writeString(images.resolve("image"), "bytes");
            sleeping = servers.start("sleeping", List.of("sleep", "1000"));
            assertThat(sleeping.isAlive()).isTrue();
        }
        assertThat(sleeping.isAlive()).isFalse();
        assertThat(folder).doesNotExist();
        assertThat(images).doesNotExist();
    }

    @Test
    void aServerThatEndsBeforeItIsReadyIsToldWithItsLastWords() throws IOException {
        try (Servers servers = Servers.open()) {
            Path socket = servers.folder().resolve("none.sock");
            assertThatThrownBy(() -> servers.startWithSocket(
                            "broken", socket, List.of("sh", "-c", "echo no such disk >&2; exit 3")))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("status 3: no such disk");
        }
    }

    @Test
    void aProcessThatIsLateIsKilled() throws IOException {
        try (Servers servers = Servers.open()) {
            ServerProcess sleeping = servers.start("sleeping", List.of("sleep", "1000"));
            assertThatThrownBy(() -> sleeping.awaitEnd(Duration.ofMillis(50))).hasMessageContaining("did not end");
            assertThat(sleeping.isAlive()).isFalse();
        }
    }

    @Test
    void whatAServerHasStartedEndsWithIt() throws IOException {
        for (String last : List.of("exit", "exec sleep 1000")) {
            List<ProcessHandle> orphans;
            try (Servers servers = Servers.open()) {
                // The shell in between ends at once; its child belongs to nobody then.
                ServerProcess parent =
                        servers.start("parent", List.of("sh", "-c", "sh -c 'sleep 1000 & echo $!'; " + last));
                await().until(() -> !parent.output().isEmpty());
                orphans = parent.output().stream()
                        .map(Long::parseLong)
                        .flatMap(pid -> ProcessHandle.of(pid).stream())
                        .toList();
                assertThat(orphans).hasSize(1).allMatch(ProcessHandle::isAlive);
            }
            await().until(() -> orphans.stream().noneMatch(ProcessHandle::isAlive));
        }
    }

    @Test
    void useIsThatOfTheWholeTree() throws IOException {
        try (Servers servers = Servers.open()) {
            // The shell does nothing itself; its child does.
            ServerProcess busy =
                    servers.start("busy", List.of("sh", "-c", "sh -c 'echo go; while :; do :; done' & wait"));
            busy.awaitReady(() -> busy.use().cpu().compareTo(Duration.ofMillis(100)) > 0);
            assertThat(busy.use().residentBytes()).isGreaterThan(500_000);
        }
    }

    @Test
    void timesAndMemoryAreReadFromProc() {
        String stat = "12 (a) b (c)) S 1 12 12 0 -1 4194560 100 0 0 0 150 50 7 3 20 0 1 0 100 1000 10";
        assertThat(ProcessUse.cpu(stat)).isEqualTo(Duration.ofMillis(2100));
        assertThat(ProcessUse.resident("Name:\tx\nVmRSS:\t    2048 kB\n")).isEqualTo(2 << 20);
        assertThat(ProcessUse.resident("Name:\tx\n")).isZero();
    }
}
