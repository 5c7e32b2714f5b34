package understudy.volume.epoch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/// Whatever ends at whatever moment, the disks hold what they must. `-Dseed=N` repeats a run, as far as threads
/// allow; `-Druns=N` makes more of them.
class CrashTest {
    private static final int RUNS = Integer.getInteger("runs", 600);

    /// Each fault is found long before that.
    private static final int MUTANT_RUNS = 20_000;

    private final long first = Long.getLong("seed", new Random().nextLong());

    @Test
    void nothingThatTheWorldSawIsLostAndNothingElseIsThere() {
        for (long seed = first; seed != first + RUNS; seed++) {
            run(seed, Rules.ALL);
        }
    }

    private static void run(long seed, Rules rules) {
        try {
            new CrashSimulation(seed, rules).run();
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("-Dseed=" + seed + " -Druns=1", e);
        }
    }

    @Test
    void findsThatSomethingIsAppliedBeforeItIsCommitted() {
        assertIsFound(new Rules(false, true, true, true));
    }

    @Test
    void findsThatASegmentIsBegunBeforeTheStandbyKnowsOfTheLast() {
        assertIsFound(new Rules(true, false, true, true));
    }

    @Test
    void findsThatASegmentIsBegunBeforeTheLastIsFlushed() {
        assertIsFound(new Rules(true, true, false, true));
    }

    private void assertIsFound(Rules rules) {
        int runs = 0;
        boolean isFound = false;
        while (!isFound && runs < MUTANT_RUNS) {
            try {
                new CrashSimulation(first + runs, rules).run();
            } catch (AssertionError e) {
                isFound = true;
                System.out.println("found after %d runs: %s".formatted(runs + 1, e.getMessage()));
            }
            runs++;
        }
        assertThat(isFound).as("%s, from seed %d on", rules, first).isTrue();
    }
}
