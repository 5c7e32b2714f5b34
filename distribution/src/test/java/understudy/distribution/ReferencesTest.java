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
    void everyKeyOfTheConfigurationHasItsLine() throws ClassNotFoundException {
        List<String> keys = new ArrayList<>(keys("understudy.agent.AgentConfig$Document", ""));
        keys.addAll(keys("understudy.agent.AgentConfig$PeerDocument", "peers[]."));
        assertThat(Documents.firstCells(Documents.reference("agent-configuration.md")))
                .containsExactlyInAnyOrderElementsOf(keys);
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
