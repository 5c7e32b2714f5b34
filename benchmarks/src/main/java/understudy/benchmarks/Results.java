package understudy.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import understudy.api.Json;
import understudy.model.Problem;

/// What both measurements do with their command lines and their outcomes.
final class Results {
    private Results() {}

    static void refuseUnless(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw Problem.of(
                            "bad-value",
                            "%s %d is not %d to %d.".formatted(option, value, least, most),
                            "Choose another value.")
                    .refused();
        }
    }

    /// Prints the table, and writes the files that were asked for.
    static void write(Object report, String markdown, Optional<Path> json, Optional<Path> table) throws IOException {
        System.out.println(markdown);
        if (json.isPresent()) {
            Files.writeString(json.get(), Json.pretty(report) + "\n");
        }
        if (table.isPresent()) {
            Files.writeString(table.get(), markdown);
        }
    }
}
