package understudy.simulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Finds scenario files.
final class ScenarioFolder {
    private ScenarioFolder() {}

    /// The files that are named, and all `*.yaml` files in and below folders that are named, sorted.
    static List<Path> files(List<Path> paths) {
        return paths.stream().flatMap(path -> files(path).stream()).toList();
    }

    private static List<Path> files(Path path) {
        if (!Files.isDirectory(path)) {
            return List.of(path);
        }
        try (Stream<Path> below = Files.walk(path)) {
            return below.filter(it -> it.toString().endsWith(".yaml")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
