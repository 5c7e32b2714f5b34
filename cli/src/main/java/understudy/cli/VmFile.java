package understudy.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;
import understudy.model.Problem;

/// Reads a VM's definition in YAML: the fields of a request for a VM, with paths of files for `kernel` and
/// `initrd`.
final class VmFile {
    private static final int BYTES_MAX = 1 << 20;
    private static final YAMLMapper YAML = YAMLMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private VmFile() {}

    /// @return its fields, unchecked
    static ObjectNode read(Path file) {
        try {
            if (Files.size(file) > BYTES_MAX) {
                throw wrong(file, "it has more than " + BYTES_MAX + " bytes").refused();
            }
            JsonNode tree = YAML.readTree(Files.readAllBytes(file));
            if (tree instanceof ObjectNode fields) {
                return fields;
            }
            throw wrong(file, "it holds no fields").refused();
        } catch (JacksonException e) {
            throw wrong(file, String.valueOf(e.getOriginalMessage()))
                    .with("line", e.getLocation() == null ? 0 : e.getLocation().getLineNr())
                    .refused();
        } catch (IOException e) {
            throw LocalFile.unreadable(file, e).refused();
        }
    }

    private static Problem wrong(Path file, String why) {
        return Problem.of(
                        "bad-file",
                        file + " does not define a VM",
                        "write YAML such as 'name: web-1', 'level: system', 'memory: 512M', one field a line")
                .because(why);
    }
}
