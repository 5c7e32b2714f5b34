package understudy.systemtests.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import understudy.benchmarks.server.Engine;
import understudy.benchmarks.server.ServerProcess;
import understudy.benchmarks.server.Servers;
import understudy.model.ByteSize;

/// How much memory the servers of disks take when as much as possible is asked of them at a time.
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class MemoryTest {
    private static final ByteSize SIZE = ByteSize.ofMebibytes(256);
    private static final ByteSize BOUND = ByteSize.ofMebibytes(256);
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    /// One is left for fio's own question about the size.
    private static final int CLIENTS = 15;

    @Test
    void theLongestRequestsOfAllClientsTakeLittle(@TempDir Path folder) throws IOException {
        try (Servers servers = Servers.open()) {
            Engine engine = new Engine(servers, SIZE);
            Path socket = servers.folder().resolve("s");
            ServerProcess serving = engine.serve("one", folder.resolve("one.raw"), socket, OptionalInt.empty());
            storm(servers, socket);
            assertThat(peak(serving)).as("bytes at the most").isLessThan(BOUND.bytes());
        }
    }

    @Test
    void neitherDoTheyTakeMuchOfTwoReplicas(@TempDir Path folder) throws IOException {
        try (Servers servers = Servers.open()) {
            Engine engine = new Engine(servers, SIZE);
            int port = Servers.freePort();
            Path image = folder.resolve("one.raw");
            Path socket = servers.folder().resolve("s");
            ServerProcess replica = engine.replica("other", folder.resolve("other.raw"), port);
            ServerProcess serving = engine.serve("one", image, socket, OptionalInt.of(port));
            Engine.awaitInSync(serving, image, 2);
            storm(servers, socket);
            assertThat(peak(serving)).as("bytes at the most, serving").isLessThan(BOUND.bytes());
            assertThat(peak(replica)).as("bytes at the most, replica").isLessThan(BOUND.bytes());
        }
    }

    /// Requests of 32 MiB, two of each client at a time.
    private static void storm(Servers servers, Path socket) throws IOException {
        ServerProcess fio = servers.start(
                "fio",
                List.of(
                        "fio",
                        "--name=storm",
                        "--ioengine=nbd",
                        "--uri=nbd+unix:///?socket=" + socket,
                        "--size=" + SIZE.bytes(),
                        "--rw=randrw",
                        "--bs=32M",
                        "--iodepth=2",
                        "--numjobs=" + CLIENTS,
                        "--time_based",
                        "--runtime=5s"));
        assertThat(fio.awaitEnd(PATIENCE)).as(fio::lastWords).isZero();
    }

    /// The most that has been in RAM, in bytes.
    private static long peak(ServerProcess process) throws IOException {
        return Files.readString(Path.of("/proc", Long.toString(process.pid()), "status"))
                .lines()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                .findFirst()
                .orElseThrow();
    }
}
