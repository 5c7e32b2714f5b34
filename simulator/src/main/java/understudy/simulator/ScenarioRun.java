package understudy.simulator;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import understudy.simulator.ScenarioOutcome.Failure;
import understudy.simulator.scenario.Command;
import understudy.simulator.scenario.Scenario;
import understudy.simulator.scenario.Scenario.Expected;
import understudy.simulator.scenario.Scenario.Step;
import understudy.simulator.scenario.Scenario.What;

/// Plays a scenario, until its end or the first thing that is not as it should be. Nothing goes wrong but what
/// it says, and waits are those of production. The seed decides only how long things take.
public final class ScenarioRun {
    private final Scenario scenario;
    private final SimulationRun run;
    private final Cluster cluster;
    private final Operator operator;
    private final Judge judge;
    private final List<Failure> failures = new ArrayList<>();

    private ScenarioRun(Scenario scenario, long seed, Mutation planted) {
        this.scenario = scenario;
        this.run = new SimulationRun(
                seed, SimulationOptions.QUIET.with(scenario.plan()).with(planted));
        this.cluster = run.cluster();
        this.operator = new Operator(cluster, run.faults());
        this.judge = new Judge(cluster);
    }

    /// What the machines throw is a violation, too.
    public static ScenarioOutcome play(Scenario scenario, long seed) {
        return play(scenario, seed, Mutation.NONE);
    }

    /// With a planted bug.
    static ScenarioOutcome play(Scenario scenario, long seed, Mutation planted) {
        ScenarioRun play = new ScenarioRun(scenario, seed, planted);
        try {
            play.play();
        } catch (RuntimeException e) {
            play.cluster.violations().add(new Violation(play.cluster.millis(), "NothingThrows", e.toString()));
        }
        String repeat = "understudy simulate %s --seed %d".formatted(scenario.file(), seed);
        return new ScenarioOutcome(scenario, play.run.outcome(repeat), play.cluster.millis(), play.failures);
    }

    private void play() {
        judge.mark();
        cluster.uncreated().forEach(why -> fail(0, why));
        if (isOver()) {
            return;
        }
        for (Step step : scenario.steps()) {
            passTo(step);
            if (isOver()) {
                return;
            }
            what(step);
            if (isOver()) {
                return;
            }
        }
        scenario.end().forEach(this::check);
    }

    private boolean isOver() {
        return !failures.isEmpty() || !cluster.violations().isEmpty();
    }

    private void passTo(Step step) {
        long now = cluster.schedule().nowNanos();
        long at = step.at().map(Duration::toNanos).orElse(now + step.after().toNanos());
        if (at > now) {
            pass(at - now);
        }
    }

    /// Exactly so long.
    private void pass(long nanos) {
        boolean[] over = {false};
        cluster.schedule().after(nanos, () -> over[0] = true);
        run.until(nanos + Schedule.SECOND, () -> over[0]);
    }

    private void what(Step step) {
        switch (step.what()) {
            case What.Do(List<Command> commands, boolean refused) -> {
                judge.mark();
                commands.forEach(command -> act(step.line(), command, refused));
            }
            case What.Expect(List<Expected> all, Duration within, Duration throughout) -> {
                if (within.isPositive()) {
                    run.until(within.toNanos(), () -> all.stream().allMatch(this::isSo));
                } else if (throughout.isPositive()) {
                    run.until(throughout.toNanos(), () -> !all.stream().allMatch(this::isSo));
                }
                all.forEach(this::check);
            }
            case What.Wait() -> {}
        }
    }

    private void act(int line, Command command, boolean refused) {
        Optional<String> refusal = operator.act(command);
        refusal.filter(_ -> !refused).ifPresent(why -> fail(line, "It is refused: " + why + "."));
        if (refused && refusal.isEmpty()) {
            fail(line, "It was to be refused, and is done.");
        }
        refusal.ifPresent(why -> cluster.note("refused", Optional.empty(), "", why));
    }

    private boolean isSo(Expected expected) {
        return judge.wrong(expected.expectation()).isEmpty();
    }

    private void check(Expected expected) {
        judge.wrong(expected.expectation())
                .ifPresent(is -> fail(expected.line(), "Expected: " + expected.text() + ". But: " + is));
    }

    private void fail(int line, String text) {
        failures.add(new Failure(cluster.millis(), line, text));
    }
}
