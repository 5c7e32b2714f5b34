package understudy.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import understudy.simulator.scenario.BadScenario;
import understudy.simulator.scenario.Scenario;
import understudy.simulator.scenario.ScenarioFile;

/// Every scenario of `docs/scenarios` comes out as it is written. Among them are the bad endings of other
/// systems that this protocol can express.
class ScenarioFilesTest {
    private static final Path FOLDER = Path.of("..", "docs", "scenarios");
    private static final Path ENDINGS = Path.of("..", "docs", "concepts", "known-bad-endings.md");
    private static final Pattern ENDING = Pattern.compile("(?m)^\\| ([A-Z].*?) \\| (\\[.*?) \\| .*\\|$");
    private static final Pattern LINK = Pattern.compile("\\(\\.\\./scenarios/([a-z-]+\\.yaml)\\)");
    private static final int SEEDS = 2;

    static List<Path> files() {
        return ScenarioFolder.files(List.of(FOLDER));
    }

    @ParameterizedTest
    @MethodSource("files")
    void aScenarioComesOutAsItIsWritten(Path file) throws BadScenario, IOException {
        for (long seed = 1; seed <= SEEDS; seed++) {
            ScenarioOutcome outcome = ScenarioRun.play(ScenarioFile.read(file), seed);
            assertThat(outcome.isOk()).as(outcome.report()).isTrue();
        }
    }

    /// A row of the table: an ending, and its scenarios, each of which is there, and so is played above.
    @Test
    void everyKnownBadEndingHasScenarios() throws IOException {
        List<MatchResult> rows =
                ENDING.matcher(Files.readString(ENDINGS)).results().toList();
        assertThat(rows).hasSize(14);
        List<String> names =
                files().stream().map(file -> file.getFileName().toString()).toList();
        for (MatchResult row : rows) {
            List<String> scenarios = LINK.matcher(row.group(2))
                    .results()
                    .map(link -> link.group(1))
                    .toList();
            assertThat(scenarios).as(row.group(1)).isNotEmpty().isSubsetOf(names);
        }
    }

    /// Scenarios in which nothing that is wrong could be seen would show nothing.
    @ParameterizedTest(name = "{0} sees {1}")
    @CsvSource({
        "dirty-map-after-a-clean-rejoin,  JOIN_BEFORE_WHOLE",
        "resync-source-is-never-disputed, TAKE_OUT_OF_SYNC",
        "resync-without-a-witness,        ASK_ONLY_ONCE",
        "reboot-during-the-others-resync, TAKE_OUT_OF_SYNC",
        "two-runners-after-a-stall,       GO_ON_WITHOUT_LEASE",
        "hiccup-of-idle-host,             ANSWER_WITHOUT_VIEW",
        "total-power-loss,                ASK_ONLY_ONCE",
        "done-but-runs-nowhere,           CLAIM_WITHOUT_IMAGE",
        "one-loss-does-not-take-down-all, OPEN_GATE_AT_DROP",
        "healed-link-kills-nothing,       KILL_FOUND_GUEST",
        "halted-vm-stays-halted,          LEAVE_OLD_QEMU",
        "disk-hangs,                      TAKE_BACK_BEFORE_DONE",
        "disk-fails-and-is-replaced,      READ_HERE_ALWAYS",
        "repair-without-a-witness,        ASK_ONLY_ONCE",
        "host-replaced,                   JOIN_WITHOUT_TIGHTENING"
    })
    void aKnownBadEndingWouldBeSeen(String scenario, Mutation planted) throws BadScenario, IOException {
        Scenario played = ScenarioFile.read(FOLDER.resolve(scenario + ".yaml"));
        assertThat(LongStream.rangeClosed(1, 5)
                        .anyMatch(
                                seed -> !ScenarioRun.play(played, seed, planted).isOk()))
                .isTrue();
    }
}
