package understudy.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import understudy.simulator.Mutation;

/// Whether the page of rules names every bug that is planted on purpose, and no other.
class RulesTest {
    private static final Pattern ROW = Pattern.compile("(?m)^\\| (\\w+) \\| (.*) \\|$");
    private static final Pattern NAME = Pattern.compile("`([^`]+)`");
    private static final String PAGE = Documents.reference("rules.md");

    @Test
    void everyPlantedBugOfTheSimulatorIsNamed() {
        List<String> bugs = Arrays.stream(Mutation.values())
                .filter(bug -> bug != Mutation.NONE)
                .map(Enum::name)
                .toList();
        assertThat(named("simulator")).containsExactlyInAnyOrderElementsOf(bugs);
    }

    @Test
    void everyRuleOfAModelThatIsBrokenIsNamed() {
        List<String> rules = Documents.read(Documents.root().resolve("specifications/src/main/tla/broken-rules.csv"))
                .lines()
                .skip(1)
                .map(line -> line.split("\\s*,\\s*", -1))
                .map(cells -> cells[0].replaceFirst("-.*", "") + ": " + cells[1])
                .toList();
        assertThat(rules).hasSizeGreaterThan(60);
        assertThat(named("models")).containsExactlyInAnyOrderElementsOf(rules);
    }

    @Test
    void theRulesAreNumberedAsTheCodeRefersToThem() {
        List<String> headings = Documents.headings(PAGE, 2);
        assertThat(headings).hasSize(16);
        IntStream.range(0, headings.size())
                .forEach(i -> assertThat(headings.get(i)).startsWith(i + 1 + ". "));
    }

    /// What stands as code in the rows of this kind, each once.
    private static List<String> named(String kind) {
        return ROW.matcher(PAGE)
                .results()
                .filter(row -> row.group(1).equals(kind))
                .flatMap(row -> NAME.matcher(row.group(2)).results())
                .map(name -> name.group(1))
                .distinct()
                .toList();
    }
}
