package understudy.simulator;

import java.util.ArrayList;
import java.util.List;

/// Many runs, of neighbouring seeds.
public final class RandomExploration {
    private RandomExploration() {}

    /// Runs all seeds from `first` on; the outcomes that are not ok, in order of seeds.
    public static List<Outcome> run(long first, int seeds, SimulationOptions options) {
        List<Outcome> broken = new ArrayList<>();
        for (long seed = first; seed < first + seeds; seed++) {
            Outcome outcome = SimulationRun.run(seed, options);
            if (!outcome.isOk()) {
                broken.add(outcome);
            }
        }
        return broken;
    }
}
