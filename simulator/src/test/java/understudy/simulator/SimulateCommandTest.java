package understudy.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class SimulateCommandTest {
    private final StringWriter out = new StringWriter();

    @Test
    void runsWithoutAViolationExitWithZero() {
        assertThat(execute("--random", "--seeds", "3", "--seed", "5")).isZero();
        assertThat(out.toString()).contains("3 runs, seeds 5 to 7: 0 broke a promise");
    }

    @Test
    void jsonHasOneObjectARun() {
        assertThat(execute("--random", "--seeds", "2", "--output", "json")).isZero();
        List<String> lines = out.toString().lines().toList();
        assertThat(lines).hasSize(2);
        assertThat(lines.getFirst())
                .startsWith("{\"seed\":1,\"verdict\":\"ok\"")
                .contains("\"end\":{\"vms\":{\"vm1\":{\"state\":\"running\",\"active\":\"h");
    }

    @Test
    void mistakesOnTheCommandLineExitWithTwo() {
        assertThat(execute("--seeds", "3")).isEqualTo(2);
        assertThat(execute("--random", "--seeds", "0")).isEqualTo(2);
        assertThat(execute("--random", "--hosts", "1")).isEqualTo(2);
        assertThat(execute("--random", "--vms", "0")).isEqualTo(2);
    }

    @Test
    void aViolationSaysHowToSeeItAgain() {
        SimulationOptions large = SimulationOptions.RANDOM.with(ClusterPlan.of(3, 2, 1));
        assertThat(SimulationRun.run(7, large).repeat())
                .isEqualTo("understudy simulate --random --seeds 1 --seed 7 --hosts 3 --vms 2 --disks 1");
        Outcome outcome = SimulationRun.run(1, SimulationOptions.RANDOM.with(Mutation.RELEASE_AT_CAPTURE));
        assertThat(outcome.report()).contains("simulate --random --seeds 1 --seed 1");
        assertThat(OutcomeJson.of(outcome)).contains("\"verdict\":\"violation\"");
    }

    @Test
    void jsonTextIsEscaped() {
        assertThat(OutcomeJson.quoted("a\"b\\c\n")).isEqualTo("\"a\\\"b\\\\c\\u000a\"");
    }

    private int execute(String... arguments) {
        return new CommandLine(new SimulateCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(new StringWriter()))
                .execute(arguments);
    }
}
