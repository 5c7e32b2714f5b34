package understudy.lab.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import understudy.api.Json;

/// What a demonstration came to, for people and, as JSON, for programs.
sealed interface Outcome permits Verdict, DiskVerdict, BootVerdict, PostgresVerdict, Parts {
    /// Whether what the level promises was seen from outside.
    boolean passed();

    default void write(Path file) throws IOException {
        Files.writeString(file, Json.pretty(this) + "\n");
    }
}
