package understudy.volume.epoch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/// What a read sees is all answered writes in their order, whatever is kept, applied, drained or taken over.
/// `-Dseed=N` repeats a run, as far as threads allow; `-Druns=N` makes more of them.
class DiskEpochsModelTest {
    private static final int RUNS = Integer.getInteger("runs", 300);
    private static final int MUTANT_RUNS = 20_000;

    private final long first = Long.getLong("seed", new Random().nextLong());

    @Test
    void readsSeeAllAnsweredWrites() {
        for (long seed = first; seed != first + RUNS; seed++) {
            try {
                new ModelSimulation(seed, Rules.ALL).run();
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("-Dseed=" + seed + " -Druns=1", e);
            }
        }
    }

    @Test
    void findsThatAReadSeesWhatIsKeptWhenItIsAnswered() {
        int runs = 0;
        boolean isFound = false;
        while (!isFound && runs < MUTANT_RUNS) {
            try {
                new ModelSimulation(first + runs, new Rules(true, true, true, false)).run();
            } catch (AssertionError e) {
                isFound = true;
            }
            runs++;
        }
        assertThat(isFound).as("from seed %d on", first).isTrue();
        System.out.println("found after %d runs".formatted(runs));
    }
}
