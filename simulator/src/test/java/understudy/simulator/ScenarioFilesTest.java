package understudy.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import understudy.simulator.scenario.BadScenario;
import understudy.simulator.scenario.ScenarioFile;

/// Every scenario of `docs/scenarios` comes out as it is written. Among them are the bad endings of other
/// systems that this protocol can express.
class ScenarioFilesTest {
    private static final Path FOLDER = Path.of("..", "docs", "scenarios");
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

    @Test
    void theKnownBadEndingsAreThere() {
        assertThat(files())
                .extracting(file -> file.getFileName().toString())
                .contains(
                        "dirty-map-after-a-clean-rejoin.yaml",
                        "done-but-runs-nowhere.yaml",
                        "halted-vm-stays-halted.yaml",
                        "healed-link-kills-nothing.yaml",
                        "hiccup-of-idle-host.yaml",
                        "host-replaced.yaml",
                        "one-loss-does-not-take-down-all.yaml",
                        "reboot-during-the-others-resync.yaml",
                        "resync-without-a-witness.yaml",
                        "total-power-loss.yaml",
                        "two-runners-after-a-stall.yaml");
    }
}
