package understudy.specifications;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.MethodSource;

/// A model that breaks nothing proves nothing: each of its rules, broken by itself, breaks an invariant.
class BrokenRulesTest {
    private static final String TABLE = "src/main/tla/broken-rules.csv";
    private static final boolean ALL = "all".equals(System.getProperty("understudy.models"));

    @ParameterizedTest(name = "{0}: {1} breaks {2}")
    @CsvFileSource(files = TABLE, numLinesToSkip = 1)
    void aRuleThatIsBrokenBreaksAnInvariant(
            String config, String rule, String invariant, String when, @Nullable String bounds) throws Exception {
        Model model = new Model(config);
        assumeTrue(model.isAskedFor() && (when.equals("always") || ALL), "takes long: -Dunderstudy.models=all");
        Map<String, String> constants = Bounds.of(bounds == null ? "" : bounds);
        constants.put("Broken", "{\"" + rule + "\"}");
        assertThat(Tlc.small().check(model, constants))
                .isInstanceOfSatisfying(
                        Verdict.Violated.class, it -> assertThat(it.property()).isEqualTo(invariant));
    }

    static List<String> modules() throws IOException {
        return ModelsTest.configurations().map(Model::module).distinct().toList();
    }

    @ParameterizedTest
    @MethodSource("modules")
    void everyRuleOfAModelIsBrokenOnce(String module) throws IOException {
        List<String> broken = Files.readAllLines(Model.FOLDER.resolve("broken-rules.csv")).stream()
                .skip(1)
                .map(line -> line.split(",", -1))
                .filter(cells -> new Model(cells[0].strip()).module().equals(module))
                .map(cells -> cells[1].strip())
                .toList();
        assertThat(broken).containsExactlyInAnyOrderElementsOf(new Model(module).rules());
    }

    @Test
    void theTableIsNotEmpty() throws IOException {
        assertThat(Files.readAllLines(Model.FOLDER.resolve("broken-rules.csv"))).hasSizeGreaterThan(60);
    }
}
