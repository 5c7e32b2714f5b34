package understudy.benchmarks.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import understudy.benchmarks.server.NbdTarget;
import understudy.benchmarks.server.ServerProcess;
import understudy.benchmarks.server.Servers;
import understudy.benchmarks.server.StockServers;
import understudy.lab.Progress;
import understudy.model.ByteSize;

/// The measurement itself, with other servers in the place of ours.
final class VolumeBenchTest {
    private static final Path MEMORY = Path.of("/dev/shm");

    @Test
    void everyServerIsMeasuredAndNothingIsLeftBehind(@TempDir Path folder) throws IOException {
        VolumeBench bench = bench(folder, VolumeBenchTest::startAnother);
        bench.run(Contestant.withCopies(1), List.of(Workload.WRITE_D32, Workload.FSYNC_D32));
        assertThat(bench.samples()).hasSize(6).allSatisfy(sample -> {
            VolumeSample.Measured measured = sample.figures().orElseThrow(() -> new AssertionError(sample.failure()));
            assertThat(measured.rate()).isPositive();
            assertThat(measured.p99Micros()).isGreaterThanOrEqualTo(measured.p50Micros());
            assertThat(measured.cpuMicros()).isPositive();
        });
        assertThat(bench.resident()).containsOnlyKeys(Contestant.UNDERSTUDY);
        assertThat(folder).isEmptyDirectory();
        try (Stream<Path> left = Files.list(MEMORY)) {
            assertThat(left.filter(file -> file.getFileName().toString().startsWith("understudy-servers-")))
                    .isEmpty();
        }
    }

    @Test
    void stockMirrorsAreMeasured(@TempDir Path folder) throws IOException {
        VolumeBench bench = bench(folder, Contestant::start);
        bench.run(
                List.of(Contestant.QUORUM, Contestant.MIRROR_QEMU_NBD, Contestant.MIRROR_NBDKIT),
                List.of(Workload.WRITE_D1));
        assertThat(bench.samples())
                .hasSize(3)
                .allSatisfy(sample ->
                        assertThat(sample.figures()).as(sample.failure()).isPresent());
    }

    @Test
    void aServerThatDiesIsAFailureAndTheOthersAreMeasured(@TempDir Path folder) throws IOException {
        List<NbdTarget> started = new ArrayList<>();
        VolumeBench bench = bench(folder, (contestant, servers, images, size) -> {
            // When the second one starts, the first has been filled, which is no part of the measurement.
            started.forEach(disk -> disk.processes().forEach(ServerProcess::kill));
            started.add(startAnother(contestant, servers, images, size));
            return started.getLast();
        });
        bench.run(List.of(Contestant.UNDERSTUDY, Contestant.NBDKIT), List.of(Workload.WRITE_D1));
        assertThat(bench.samples()).hasSize(2).allSatisfy(sample -> {
            boolean isDead = sample.contestant() == Contestant.UNDERSTUDY;
            assertThat(sample.failure()).contains(isDead ? "fio failed" : "");
            assertThat(sample.figures().isEmpty()).isEqualTo(isDead);
        });
    }

    private static VolumeBench bench(Path folder, VolumeBench.Starter starter) {
        return new VolumeBench(starter, MEMORY, folder, 1, Duration.ofSeconds(1), Progress.silent());
    }

    private static NbdTarget startAnother(Contestant contestant, Servers servers, Path folder, ByteSize size)
            throws IOException {
        return contestant == Contestant.UNDERSTUDY
                ? new StockServers(servers, size).qemuNbd(contestant.toString(), folder)
                : contestant.start(servers, folder, size);
    }
}
