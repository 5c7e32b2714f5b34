package understudy.simulator;

import java.io.PrintWriter;
import understudy.simulator.scenario.Scenario;

/// Plays scenarios and tells how each went: a line, or a JSON object.
final class ScenarioReport {
    private final PrintWriter out;
    private final boolean json;
    private final boolean timeline;
    private int played;
    private int failed;

    /// @param timeline whether people are to read all that happened
    ScenarioReport(PrintWriter out, boolean json, boolean timeline) {
        this.out = out;
        this.json = json;
        this.timeline = timeline;
    }

    void play(Scenario scenario, long seed) {
        long begun = System.nanoTime();
        ScenarioOutcome outcome = ScenarioRun.play(scenario, seed);
        long tookMillis = (System.nanoTime() - begun) / 1_000_000;
        played++;
        failed += outcome.isOk() ? 0 : 1;
        if (json) {
            out.println(OutcomeJson.of(outcome));
        } else {
            out.printf(
                    "%-4s  %s: %s (seed %d, %.1f s of virtual time in %.2f s)%n",
                    outcome.isOk() ? "ok" : "FAIL",
                    scenario.file(),
                    scenario.name(),
                    seed,
                    outcome.virtualMillis() / 1_000.0,
                    tookMillis / 1_000.0);
            if (timeline) {
                out.print(outcome.timeline());
            }
            if (!outcome.isOk()) {
                out.println(outcome.report());
            }
        }
        out.flush();
    }

    /// Whether all went well.
    boolean end() {
        if (!json) {
            out.printf("%d played, %d failed%n", played, failed);
            out.flush();
        }
        return failed == 0;
    }
}
