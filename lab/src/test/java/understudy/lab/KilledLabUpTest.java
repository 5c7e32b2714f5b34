package understudy.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// `lab up` is killed at any moment; `lab down` then leaves nothing behind. Needs root, and no other lab.
class KilledLabUpTest {
    private static final int KILLS = 6;

    /// Runs in the process that is killed.
    static final class Victim {
        public static void main(String[] words) {
            NodeProgram sleeper = NodeProgram.of(List.of("sh", "-c", "exec sleep 1000000", "agent"));
            Lab.up(new LabPlan(2, 1, sleeper), Progress.silent());
            System.exit(0);
        }
    }

    @AfterEach
    void down() {
        Lab.down();
    }

    @Test
    void whateverALabUpThatWasKilledLeavesIsFoundAndRemoved() throws Exception {
        Lab.down();
        long whole = millisUntilKilledOrDone(Duration.ofMinutes(1));
        Lab.down();
        assertThat(Sweep.remains()).isEmpty();
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        for (int kill = 0; kill < KILLS; kill++) {
            long millis = random.nextLong(whole / 5, whole);
            millisUntilKilledOrDone(Duration.ofMillis(millis));
            Lab.down();
            assertThat(Sweep.remains())
                    .as("killed after %d ms, seed %d", millis, seed)
                    .isEmpty();
        }
    }

    private static long millisUntilKilledOrDone(Duration limit) throws Exception {
        long began = System.nanoTime();
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Victim.class.getName())
                .inheritIO()
                .start();
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            process.destroyForcibly().waitFor();
        }
        return (System.nanoTime() - began) / 1_000_000;
    }
}
