package understudy.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import understudy.model.ByteSize;

/// Whatever a disk and its lab are in the middle of, `lab down` leaves nothing behind. Needs root, and no other
/// lab.
class KilledLabDiskTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final int KILLS = 4;
    private static final long MILLIS_MIN = 300;
    private static final long MILLIS_MAX = 2500;
    private static final String FILE = HostDisk.FOLDER + "/file";
    private static final LabPlan PLAN = new LabPlan(
                    1, 0, NodeProgram.of(List.of("sh", "-c", "exec sleep 1000000", "agent")))
            .with(ByteSize.ofMebibytes(64));

    /// Breaks and repairs the disk without end, in the process that is killed.
    static final class Victim {
        public static void main(String[] words) {
            Lab lab = Lab.attach();
            for (long round = 0; ; round++) {
                DiskFault fault =
                        List.of(DiskFault.HANG, DiskFault.ERROR, DiskFault.FULL).get((int) (round % 3));
                lab.breakDisk("h1", fault);
                lab.repairDisk("h1", round % 2 == 0 ? DiskRepair.BACK : DiskRepair.REPLACED);
                if (round % 5 == 4) {
                    lab.breakHost("h1");
                    lab.repairHost("h1");
                }
            }
        }
    }

    @BeforeEach
    @AfterEach
    void down() {
        Lab.down();
        assertThat(Sweep.remains()).isEmpty();
    }

    @Test
    void aDiskThatHangsWithAWriterStuckInItIsGoneAfterLabDown() throws IOException {
        Lab lab = Lab.up(PLAN, Progress.silent());
        lab.breakDisk("h1", DiskFault.HANG);
        writeInto(lab);
        awaitStuckWriter();
    }

    @Test
    void aDiskThatOutlivesItsHostBecauseAWriterIsStuckInItIsGoneAfterLabDown() throws IOException {
        Lab lab = Lab.up(PLAN, Progress.silent());
        lab.breakDisk("h1", DiskFault.HANG);
        writeInto(lab);
        awaitStuckWriter();
        LabProcess.killAll(LabProcess.in(Namespace.of("h1")));
        assertThat(LoopDevice.ofLab()).hasSize(1);
    }

    @Test
    void aCommandThatIsKilledWhileItBreaksOrRepairsADiskLeavesNothingThatLabDownDoesNotEnd() throws Exception {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        for (int kill = 0; kill < KILLS; kill++) {
            Lab lab = Lab.up(PLAN, Progress.silent());
            Process victim = victim();
            long millis = random.nextLong(MILLIS_MIN, MILLIS_MAX);
            assertThat(victim.waitFor(millis, TimeUnit.MILLISECONDS))
                    .as("it goes on without end")
                    .isFalse();
            victim.destroyForcibly().waitFor();
            if (lab.status().nodes().getFirst().power()) {
                writeInto(lab);
            }
            Lab.down();
            assertThat(Sweep.remains())
                    .as("killed after %d ms, seed %d", millis, seed)
                    .isEmpty();
        }
    }

    /// In the background: it may wait, fail, or be done.
    private static void writeInto(Lab lab) throws IOException {
        new ProcessBuilder(lab.inside("h1", List.of("dd", "if=/dev/zero", "of=" + FILE, "count=1", "conv=fsync")))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static void awaitStuckWriter() {
        Await.until(
                "the writer to be stuck",
                SOON,
                () -> LabProcess.in(Namespace.of("h1")).stream()
                        .anyMatch(process -> process.program().equals("dd") && process.isStuck()));
    }

    private static Process victim() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Victim.class.getName())
                .inheritIO()
                .start();
    }
}
