package understudy.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// On a `cat` that has preloaded the shim and echoes lines, so that the test knows when it has written memory.
class ChildProcessTest {
    private static final int SIGTERM = 15;
    private static final Duration LONG = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    private Process child;

    @BeforeEach
    void start() throws IOException {
        ProcessBuilder builder = new ProcessBuilder("cat");
        builder.environment().put("LD_PRELOAD", UserfaultShim.extract(directory).toString());
        child = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        echo("ready\n");
    }

    @AfterEach
    void kill() throws InterruptedException {
        child.destroyForcibly().waitFor();
    }

    @Test
    void thePreloadedShimLetsItsMemoryBeTracked() throws IOException {
        ProcessMaps maps = ProcessMaps.of(child.pid());
        List<AddressRange> writable = maps.mappings().stream()
                .filter(mapping -> mapping.permissions().startsWith("rw")
                        && !mapping.name().startsWith("["))
                .map(ProcessMaps.Mapping::range)
                .toList();
        try (WriteTracker tracker = WriteTracker.attach(child.pid(), UserfaultShim.TRACKER_FD, writable);
                PageRuns runs = new PageRuns(64)) {
            take(tracker, writable, runs);
            runs.clear();
            take(tracker, writable, runs);
            assertThat(runs.pages()).isZero();
            echo("something to write into its buffer\n");
            take(tracker, writable, runs);
            assertThat(runs.pages()).isPositive();
        }
    }

    @Test
    void itsMemoryCanBeRead() throws IOException {
        Path program = Path.of("/proc", Long.toString(child.pid()), "exe").toRealPath();
        AddressRange range = ProcessMaps.of(child.pid()).find(program).orElseThrow();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment head = arena.allocate(4);
            RemoteMemory.read(child.pid(), range.start(), head);
            assertThat(head.toArray(JAVA_BYTE)).isEqualTo("\177ELF".getBytes(ISO_8859_1));
            assertThatThrownBy(() -> RemoteMemory.read(child.pid(), 4096, head))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("(EFAULT)");
        }
    }

    @Test
    void itsEndIsSeen() throws IOException {
        try (PidFd process = PidFd.open(child.pid())) {
            assertThat(process.isAlive()).isTrue();
            assertThat(process.awaitExit(Duration.ofMillis(1))).isFalse();
            process.signal(SIGTERM);
            assertThat(process.awaitExit(LONG)).isTrue();
            assertThat(process.isAlive()).isFalse();
            process.signal(SIGTERM);
        }
    }

    @Test
    void theShimReplacesAnOlderOne() throws IOException {
        Path library = directory.resolve("userfault-shim.so");
        Files.writeString(library, "old");
        assertThat(UserfaultShim.extract(directory)).isEqualTo(library);
        assertThat(Files.size(library)).isGreaterThan(1_000);
        try (var files = Files.list(directory)) {
            assertThat(files).containsExactly(library);
        }
    }

    private static void take(WriteTracker tracker, List<AddressRange> ranges, PageRuns runs) throws IOException {
        for (AddressRange range : ranges) {
            tracker.take(range, runs);
        }
    }

    private void echo(String line) throws IOException {
        child.getOutputStream().write(line.getBytes(ISO_8859_1));
        child.getOutputStream().flush();
        assertThat(child.getInputStream().readNBytes(line.length())).isEqualTo(line.getBytes(ISO_8859_1));
    }
}
