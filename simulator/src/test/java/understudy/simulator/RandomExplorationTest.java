package understudy.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RandomExplorationTest {
    private static final int SEEDS = Integer.getInteger("seeds", 200);
    private static final long FIRST = Long.getLong("first", 1);

    @Test
    void noFaultsBreakAPromiseAndAllOfThemHeal() {
        for (Outcome outcome : RandomExploration.run(FIRST, SEEDS, SimulationOptions.RANDOM)) {
            assertThat(outcome.isOk()).as(outcome.report()).isTrue();
        }
    }
}
