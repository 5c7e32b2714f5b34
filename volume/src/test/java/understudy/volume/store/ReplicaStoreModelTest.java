package understudy.volume.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// Random lives of a replica, with losses of power between any two sectors, against a dumb twin.
class ReplicaStoreModelTest {
    private static final int SEEDS = Integer.getInteger("seeds", 300);
    private static final long FIRST = Long.getLong("first", 1);

    @Test
    void noCrashLosesOrInventsAnything() throws Exception {
        long crashes = 0;
        long corrupt = 0;
        for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
            try (StoreModel model = new StoreModel(seed)) {
                model.run(120);
                crashes += model.crashes();
                corrupt += model.damageFound();
            } catch (AssertionError | Exception e) {
                throw new AssertionError(
                        "seed " + seed + ": repeat it with -Dtest=ReplicaStoreModelTest -Dseeds=1 -Dfirst=" + seed, e);
            }
        }
        // If nothing crashed and no damage was found, nothing was tried.
        assertThat(crashes).isGreaterThan(2L * SEEDS);
        assertThat(corrupt).isGreaterThan(SEEDS / 10);
    }
}
