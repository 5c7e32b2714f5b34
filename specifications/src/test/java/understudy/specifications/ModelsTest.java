package understudy.specifications;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Whether the models keep the invariants, in every state within their bounds.
class ModelsTest {

    static Stream<Model> configurations() throws IOException {
        try (Stream<Path> files = Files.list(Model.FOLDER)) {
            return files
                    .map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".cfg"))
                    .map(name -> new Model(name.replace(".cfg", "")))
                    .sorted((one, other) -> one.config().compareTo(other.config()))
                    .toList()
                    .stream();
        }
    }

    @ParameterizedTest
    @MethodSource("configurations")
    void noStateWithinTheBoundsBreaksAnInvariant(Model model) throws Exception {
        assumeTrue(model.isAskedFor());
        assertThat(Tlc.small().check(model, Map.of())).isInstanceOf(Verdict.Holds.class);
    }

    /// Minutes to hours. What was found, and when, is in `docs/reference/models.md`.
    @ParameterizedTest
    @CsvFileSource(files = "src/main/tla/larger-bounds.csv", numLinesToSkip = 1)
    @EnabledIfSystemProperty(named = "understudy.models", matches = "larger")
    void noneWithinLargerBoundsDoes(String config, String bounds) throws Exception {
        Model model = new Model(config);
        assumeTrue(model.isAskedFor());
        Verdict verdict = new Tlc("2g", 1, Duration.ofHours(1)).check(model, Bounds.of(bounds));
        System.out.println(config + " with " + bounds + ": " + verdict);
        assertThat(verdict).isInstanceOf(Verdict.Holds.class);
    }
}
