package understudy.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;
import understudy.api.Json;
import understudy.model.Problem;

/// What all measurements have on their command lines: files for their outcomes. A mixin of picocli.
public final class Results {
    @Option(names = "--json", paramLabel = "FILE", description = "Write every single measurement to a file.")
    private Optional<Path> json = Optional.empty();

    @Option(names = "--output", paramLabel = "FILE", description = "Write the table to a file, too.")
    private Optional<Path> output = Optional.empty();

    /// Prints the table, and writes the files that were asked for.
    void write(Object report, String markdown) throws IOException {
        System.out.println(markdown);
        if (json.isPresent()) {
            Files.writeString(json.get(), Json.pretty(report) + "\n");
        }
        if (output.isPresent()) {
            Files.writeString(output.get(), markdown);
        }
    }

    public static void refuseUnless(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw Problem.of(
                            "bad-value",
                            "%s %d is not %d to %d.".formatted(option, value, least, most),
                            "Choose another value.")
                    .refused();
        }
    }
}
