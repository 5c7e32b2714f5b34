package understudy.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import understudy.api.Json;

class AuditLogTest {
    @TempDir
    Path folder;

    @Test
    void everyEntryIsALineThatIsKept() throws IOException {
        Path file = folder.resolve("audit.log");
        new AuditLog(file).record("10.77.0.1", "force-start", "db-1", "first \"quoted\"\nline");
        new AuditLog(file).record("10.77.0.2", "force-start", "db-2", "second");
        List<String> lines = Files.readAllLines(file);
        assertThat(lines).hasSize(2);
        JsonNode first = Json.tree(lines.getFirst().getBytes(UTF_8));
        assertThat(first.path("by").asString()).isEqualTo("10.77.0.1");
        assertThat(first.path("action").asString()).isEqualTo("force-start");
        assertThat(first.path("subject").asString()).isEqualTo("db-1");
        assertThat(first.path("text").asString()).isEqualTo("first \"quoted\"\nline");
        assertThat(first.path("time").asString()).startsWith("20");
    }

    @Test
    void whatALossOfPowerLeftOfALineSpoilsNoOther() throws IOException {
        Path file = folder.resolve("audit.log");
        Files.writeString(file, "{\"time\":\"20");
        new AuditLog(file).record("10.77.0.1", "force-start", "db-1", "text");
        assertThat(Files.readAllLines(file))
                .hasSize(2)
                .last()
                .asString()
                .startsWith("{\"time\"")
                .endsWith("}");
    }

    @Test
    void whatCannotBeKeptIsTold() {
        AuditLog log = new AuditLog(folder.resolve("none").resolve("audit.log"));
        assertThatThrownBy(() -> log.record("somebody", "force-start", "db-1", "text"))
                .isInstanceOf(IOException.class);
    }
}
