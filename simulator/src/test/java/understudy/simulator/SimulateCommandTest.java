package understudy.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class SimulateCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

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

    private static final Path SCENARIOS = Path.of("..", "docs", "scenarios");

    @Test
    void aScenarioThatComesOutAsWrittenExitsWithZero() {
        assertThat(execute(SCENARIOS.resolve("witness-lost.yaml").toString())).isZero();
        assertThat(out.toString()).contains("ok    ").contains("1 played, 0 failed");
    }

    @Test
    void aScenarioThatDoesNotTellsTheLineAndWhatLedToIt(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("a.yaml"), """
                scenario: nobody takes over
                hosts: [{name: h1}, {name: h2}]
                witnesses: [{name: w1}]
                vms: [{name: web-1, level: system, hosts: [h1, h2]}]
                steps:
                  - {expect: web-1 is protected, within: 20s}
                  - {do: power off h1}
                  - {expect: web-1 keeps its view, for: 1s}
                """);
        assertThat(execute(folder.toString())).isEqualTo(1);
        assertThat(out.toString())
                .contains("FAIL", "a.yaml:8: at ", "Expected: web-1 keeps its view. But: view 3 became view 4")
                .contains("host-down", "takeover", "repeat with: understudy simulate")
                .contains("1 played, 1 failed");
    }

    @Test
    void aBadFileExitsWithTwoAndNothingIsPlayed(@TempDir Path folder) throws IOException {
        Files.copy(SCENARIOS.resolve("witness-lost.yaml"), folder.resolve("a.yaml"));
        Files.writeString(folder.resolve("b.yaml"), "scenario: x\nhosts: [{name: h1}]\nsteps: [{do: hope}]\n");
        assertThat(execute(folder.toString())).isEqualTo(2);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString()).contains("b.yaml:3: 'hope' is no command.");
        assertThat(execute(folder.resolve("none").toString())).isEqualTo(2);
    }

    @Test
    void theJsonOfAScenarioHasTheWholeTimeline() {
        String file = SCENARIOS.resolve("active-loses-power.yaml").toString();
        assertThat(execute(file, "--output", "json", "--seed", "4")).isZero();
        assertThat(out.toString().lines()).hasSize(1);
        assertThat(out.toString())
                .startsWith("{\"scenario\":\"The standby goes on")
                .contains("\"seed\":4,\"verdict\":\"ok\"", "\"failures\":[]")
                .contains("\"ms\":0,\"event\":\"host-up\",\"vm\":null,\"host\":\"h1\"")
                .contains("\"event\":\"vm-started\",\"vm\":\"web-1\",\"host\":\"h1\"")
                .contains("\"event\":\"host-down\",\"vm\":null,\"host\":\"h1\"")
                .contains("\"event\":\"vm-stopped\",\"vm\":\"web-1\",\"host\":\"h1\"")
                .contains("\"event\":\"takeover\",\"vm\":\"web-1\",\"host\":\"h2\"")
                .contains("\"end\":{\"vms\":{\"web-1\":{\"state\":\"running\",\"active\":\"h2\",\"standby\":\"h1\"}}}");
    }

    @Test
    void mistakesOnTheCommandLineExitWithTwo() {
        assertThat(execute("--random", "some.yaml")).isEqualTo(2);
        assertThat(execute("--seeds", "3")).isEqualTo(2);
        assertThat(execute("--random", "--seeds", "-1")).isEqualTo(2);
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
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }
}
