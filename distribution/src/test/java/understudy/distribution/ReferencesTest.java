package understudy.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import understudy.agent.AgentConfig;
import understudy.simulator.ScenarioOutcome;
import understudy.simulator.ScenarioRun;
import understudy.simulator.scenario.BadScenario;
import understudy.simulator.scenario.ScenarioFile;

/// Whether the references list what there is in the code: no more, no less, nothing twice.
class ReferencesTest {

    @Test
    void everyProblemHasItsLine() {
        List<String> listed = Documents.firstCells(Documents.reference("errors.md"));
        assertThat(listed).containsExactlyInAnyOrderElementsOf(SourceFacts.problemCodes());
        assertThat(listed).contains("no-quorum", "no-cluster", "vm-failed", "not-root", "unfit-pair");
    }

    @Test
    void everyProblemOfRestIsListedWithItsStatus() {
        Map<String, String> statuses = SourceFacts.statusOfProblems();
        assertThat(statuses).hasSizeGreaterThan(10);
        assertThat(SourceFacts.problemCodes()).containsAll(statuses.keySet());
        statuses.forEach((code, status) -> assertThat(Documents.secondCell(Documents.reference("errors.md"), code))
                .as(code)
                .contains(status));
    }

    @Test
    void everyKindOfEventHasItsLine() {
        List<String> listed = Documents.firstCells(Documents.reference("events.md"));
        assertThat(listed).containsExactlyInAnyOrderElementsOf(SourceFacts.eventKinds());
        assertThat(listed).contains("protected", "peer-lost", "resumed", "agent-started");
    }

    @Test
    void everyMetricHasItsLine() {
        List<String> listed = Documents.firstCells(Documents.reference("metrics.md"));
        assertThat(listed).containsExactlyInAnyOrderElementsOf(SourceFacts.metrics());
        assertThat(listed).contains("understudy_vm_protected", "understudy_vm_checkpoints_total");
    }

    @Test
    void everyKeyOfTheConfigurationHasItsLine() throws ClassNotFoundException {
        List<String> keys = new ArrayList<>(keys("understudy.agent.AgentConfig$Document", ""));
        keys.addAll(keys("understudy.agent.AgentConfig$PeerDocument", "peers[]."));
        assertThat(Documents.firstCells(Documents.reference("agent-configuration.md")))
                .containsExactlyInAnyOrderElementsOf(keys);
    }

    @Test
    void everythingThatAScenarioFileCanSayHasItsLine() throws ClassNotFoundException {
        String document = "understudy.simulator.scenario.Document";
        List<String> words = new ArrayList<>(keys(document, ""));
        words.addAll(keys(document + "$Node", "hosts[]."));
        words.addAll(keys(document + "$Node", "witnesses[]."));
        words.addAll(keys(document + "$Vm", "vms[]."));
        words.addAll(keys(document + "$Happening", "steps[]."));
        words.addAll(ScenarioFile.commands());
        words.addAll(ScenarioFile.expectations());
        words.addAll(SourceFacts.timelineEvents());
        assertThat(SourceFacts.timelineEvents()).contains("vm-started", "vm-unwanted", "takeover", "host-down");
        assertThat(Documents.firstCells(Documents.reference("scenario-files.md")))
                .containsExactlyInAnyOrderElementsOf(words);
    }

    @Test
    void theExamplesOfScenarioFilesComeOutAsTheySay() throws BadScenario {
        List<String> examples = new ArrayList<>(Documents.fenced(Documents.reference("scenario-files.md"), "yaml"));
        examples.addAll(Documents.fenced(
                Documents.read(Documents.root().resolve("docs/how-to/try-a-set-up-in-the-simulator.md")), "yaml"));
        assertThat(examples).hasSize(2);
        for (String example : examples) {
            ScenarioOutcome outcome = ScenarioRun.play(ScenarioFile.parse("example.yaml", example), 1);
            assertThat(outcome.isOk()).as(outcome.report()).isTrue();
        }
    }

    /// The file's form is a private matter of the agent's, so it is asked by name.
    private static List<String> keys(String record, String before) throws ClassNotFoundException {
        return Arrays.stream(Class.forName(record).getRecordComponents())
                .map(component -> before + key(component))
                .toList();
    }

    private static String key(RecordComponent component) {
        return Optional.ofNullable(component.getAccessor().getAnnotation(JsonProperty.class))
                .map(JsonProperty::value)
                .filter(name -> !name.isEmpty())
                .orElse(component.getName());
    }

    @Test
    void theExamplesOfTheConfigurationAreTaken(@TempDir Path folder) throws IOException {
        List<String> examples = Documents.fenced(Documents.reference("agent-configuration.md"), "yaml");
        assertThat(examples).hasSizeGreaterThan(1);
        for (String example : examples) {
            Path file = Files.writeString(folder.resolve("agent.yaml"), example);
            assertThat(AgentConfig.read(file).voters()).hasSize(3);
        }
    }
}
