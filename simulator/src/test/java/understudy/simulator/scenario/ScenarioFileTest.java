package understudy.simulator.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.simulator.ClusterPlan.Machine;
import understudy.simulator.ClusterPlan.VmPlan;
import understudy.simulator.scenario.Scenario.What;

class ScenarioFileTest {
    private static final String HEAD = """
            scenario: x
            hosts: [{name: h1, site: north}, {name: h2, memory: 4G}, {name: h3, memory: 8G}]
            witnesses: [{name: w1, site: north}]
            vms: [{name: a, level: system, hosts: [h1, h2]}]
            """;

    @Test
    void aFileIsReadWithAllThatItSays() throws BadScenario {
        Scenario scenario = ScenarioFile.parse("x.yaml", HEAD + """
                steps:
                  - {at: 1.5s, do: [power off site north, cut h2 to w1]}
                  - {add: {name: b, level: component, memory: 1G}}
                  - {expect: a runs on h2, within: 300ms}
                  - wait: 2min
                end: [b is protected]
                """);
        assertThat(scenario.plan().hosts()).hasSize(3);
        assertThat(scenario.plan().voters()).hasSize(4);
        assertThat(scenario.steps()).hasSize(4);
        assertThat(scenario.steps().getFirst().at()).contains(Duration.ofMillis(1_500));
        What.Do first = (What.Do) scenario.steps().getFirst().what();
        assertThat(first.commands())
                .containsExactly(
                        new Command.PowerOff(List.of(new HostName("h1"), new HostName("w1"))),
                        new Command.CutOneWay(new HostName("h2"), new HostName("w1")));
        assertThat(scenario.steps().get(3).after()).isEqualTo(Duration.ofMinutes(2));
        assertThat(scenario.end()).hasSize(1);
    }

    @Test
    void whatAHostIsAndWhetherTheClusterPlacesAVmIsRead() throws BadScenario {
        Scenario scenario = ScenarioFile.parse("x.yaml", """
                scenario: x
                hosts: [{name: h1, memory: 2G, cpus: 8, site: north}, {name: h2}]
                vms: [{name: a, level: system, cpus: 3}, {name: b, level: system, hosts: [h2]}]
                steps: {wait: 1s}
                """);
        assertThat(scenario.plan().machines())
                .containsEntry(new HostName("h1"), new Machine(ByteSize.ofMebibytes(2048), 8, Optional.of("north")))
                .containsEntry(new HostName("h2"), Machine.LARGE);
        assertThat(scenario.plan().vms()).extracting(VmPlan::isPlaced).containsExactly(true, false);
        assertThat(scenario.plan().vms().getFirst().spec().cpus()).isEqualTo(3);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            do: power of h1                       | x.yaml:6: 'power of h1' is no command.
            do: power off h9                      | x.yaml:6: There is no host or witness named h9. Write one of: [h1, h2, h3, w1].
            do: power off site south              | x.yaml:6: There is no site named south. Write one of: [north].
            do: fail disk w1                      | x.yaml:6: There is no host named w1.
            do: stop b                            | x.yaml:6: There is no VM named b. Write one of: [a].
            do: disable b                         | x.yaml:6: There is no VM named b. Write one of: [a].
            do: relocate a to h9                  | x.yaml:6: There is no host named h9. Write one of: [h1, h2, h3].
            {do: power off h1, within: 1s}        | x.yaml:6: 'within' belongs to 'expect'.
            {do: power off h1, expect: a runs}    | x.yaml:6: A step with 2 of do, add, expect and wait.
            {at: 1s, after: 1s, do: stop a}       | x.yaml:6: A step with both at and after.
            {expect: a runs, within: 1s, for: 1s} | x.yaml:6: 'within' and 'for' in one step.
            {expect: a runs, refused: true}       | x.yaml:6: 'refused' belongs to 'do'.
            {do: stop a, refused: maybe}          | x.yaml:6: 'maybe' is neither true nor false.
            expect: a has many takeovers          | x.yaml:6: 'many' is no number of times.
            expect: a hopes                       | x.yaml:6: 'a hopes' is no expectation.
            wait: 5                               | x.yaml:6: '5' is no time. Write for example 300ms, 5s or 2min.
            wait: 61min                           | x.yaml:6: '61min' is too long.
            wate: 5s                              | x.yaml:6: There is no key 'wate' here. Write one of:
            do: {power: off}                      | x.yaml:6: Here a list or a group of keys stands for a word.
            add: {name: a, level: system}         | x.yaml:6: There are two VMs named a.
            add: {name: b}                        | x.yaml:6: b has no level.
            add: {name: b, level: top}            | x.yaml:6: no level 'top': restart, component or system.
            add: {name: B, level: system}         | x.yaml:6: VM 'B': a name has 1 to 32 of
            add: {name: b, level: component, disks: 0} | x.yaml:6: Level component is not available for VMs without disks
            add: {name: b, level: component, disks: 0} | x.yaml:6: Level component is not available for VMs without disks.
            add: {name: b, level: component, disks: 9} | x.yaml:6: '9' is no number of disks. Write 0 to 8.
            add: {name: b, level: system, memory: 1M} | x.yaml:6: memory 1M: whole mebibytes, at least 64M.
            add: {name: b, level: system, memory: 6G, hosts: [h2, h3]} | x.yaml:6: h2 has not the memory for all VMs that may run there.
            add: {name: b, level: system, hosts: [h1, h2, h3]} | x.yaml:6: hosts [h1, h2, h3]: name one or two different hosts.
            add: {name: b, level: system, start-order: -1} | x.yaml:6: '-1' is no number of orders. Write 0 to 9999.
            add: {name: b, level: system, start-delay: 500ms} | x.yaml:6: '500ms' is not made of whole seconds.
            add: {name: b, level: system, start-delay: 61min} | x.yaml:6: '61min' is too long.
            add: {name: b, level: system, restart-limit: often} | x.yaml:6: 'often' is no restart limit: as in 5/10m, or none.
            add: {name: b, level: system, load: much} | x.yaml:6: 'much' is no load. Write busy or idle.
            """)
    void aMistakeInAStepIsToldWithItsLine(String step, String error) {
        assertThatThrownBy(() -> ScenarioFile.parse("x.yaml", HEAD + "steps:\n  - " + step + "\n"))
                .isInstanceOf(BadScenario.class)
                .hasMessageStartingWith(error);
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(delimiter = '|', textBlock = """
            ''                                                      | x.yaml: The file is empty.
            '&anchor'                                               | x.yaml: The file is empty.
            hosts: [{name: h1}]                                     | x.yaml:1: The scenario has no name.
            {scenario: x, steps: [{wait: 1s}]}                      | x.yaml: There are no hosts.
            {scenario: x, hosts: [{name: h1}]}                      | x.yaml: Nothing happens.
            {scenario: x, hosts: [{name: h1}, {name: h1}], steps: [{wait: 1s}]} | x.yaml:1: There are two nodes named h1.
            {scenario: x, hosts: [{site: s}], steps: [{wait: 1s}]}  | x.yaml:1: A node without a name.
            {scenario: x, hosts: h1, steps: [{wait: 1s}]}           | x.yaml:1: What stands under 'hosts' has not the form
            {scenario: x, hosts: [{name: h1}], witnesses: [{name: w1, memory: 1G}], steps: [{wait: 1s}]} | x.yaml:1: A witness has no memory for VMs.
            {scenario: x, hosts: [{name: h1}], witnesses: [{name: w1, cpus: 1}], steps: [{wait: 1s}]} | x.yaml:1: A witness has no CPUs for VMs.
            {scenario: x, hosts: [{name: h1, cpus: 0}], steps: [{wait: 1s}]} | x.yaml:1: '0' is no number of CPUs. Write 1 to 1024.
            {scenario: x, scenario: y}                              | x.yaml:1: This is no YAML:
            {scenario: x                                            | x.yaml:1: This is no YAML:
            [1, 2]                                                  | x.yaml:1: What stands there has not the form
            """)
    void aMistakeInTheRestIsToldToo(String text, String error) {
        assertThatThrownBy(() -> ScenarioFile.parse("x.yaml", text))
                .isInstanceOf(BadScenario.class)
                .hasMessageStartingWith(error);
    }

    @Test
    void aFileThatIsNotThereIsNotRead() {
        assertThatThrownBy(() -> ScenarioFile.read(Path.of("nowhere.yaml"))).isInstanceOf(IOException.class);
    }
}
