package understudy.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import understudy.model.Level;
import understudy.simulator.scenario.Scenario;
import understudy.simulator.scenario.ScenarioFile;

/// A checker that finds nothing proves nothing: for each promise, bugs of one line that its checker must see.
class PlantedBugTest {
    private static final int SEEDS = 300;

    @ParameterizedTest(name = "{1} sees {0}")
    @CsvSource({
        "RESUME_WITHOUT_VIEW,  OneRunner",
        "OPEN_GATE_AT_DROP,    OneRunner",
        "LEAVE_OLD_QEMU,       OneRunner",
        "ACCEPT_OLDER_EPOCH,   OneRunner",
        "CLAIM_WITHOUT_IMAGE,  NothingLost",
        "RESUME_WITHOUT_VIEW,  NothingLost",
        "CONFIRM_BEFORE_WHOLE, OutputFollowsCommit",
        "RELEASE_AT_CAPTURE,   OutputFollowsCommit",
        "OPEN_GATE_AT_DROP,    OutputFollowsCommit",
        "ADOPT_WITHOUT_VIEW,   LedgerDecides",
        "END_GUESTS_WITH_AGENT, AgentIsNotTheVm",
        "KILL_FOUND_GUEST,     AgentIsNotTheVm",
        "ASK_WHEN_SOLO,         SoloNeedsNoQuorum",
        "ASK_ONLY_ONCE,         EveryFaultHeals"
    })
    void aPlantedBugIsSeen(Mutation planted, String checker) {
        assertThat(caught(planted, checker)).as("seeds 1 to %d", SEEDS).isTrue();
    }

    @ParameterizedTest(name = "AcknowledgedIsKept sees {0}")
    @CsvSource({
        "ANSWER_WITHOUT_VIEW",
        "JOIN_BEFORE_WHOLE",
        "JOIN_WITHOUT_TIGHTENING",
        "FORGET_WHO_WAS_PROMISED",
        "READ_HERE_ALWAYS",
        "BOOT_WITHOUT_SYNC"
    })
    void aPlantedBugOfDisksIsSeen(Mutation planted) {
        SimulationOptions options = SimulationOptions.RANDOM.withDisks(2).with(planted);
        assertThat(caught(options, "AcknowledgedIsKept"))
                .as("seeds 1 to %d", SEEDS)
                .isTrue();
    }

    @ParameterizedTest(name = "MarksClearedByCopy sees {0}")
    @CsvSource({"JOIN_BEFORE_WHOLE", "JOIN_WITHOUT_TIGHTENING"})
    void aPlantedBugOfCopiesIsSeen(Mutation planted) {
        SimulationOptions options = SimulationOptions.RANDOM.withDisks(2).with(planted);
        assertThat(caught(options, "MarksClearedByCopy"))
                .as("seeds 1 to %d", SEEDS)
                .isTrue();
    }

    @ParameterizedTest(name = "{1} sees {0}")
    @CsvSource({
        "BOOT_WITHOUT_WAITING, OneRunner",
        "GO_ON_WITHOUT_LEASE,  OneRunner",
        "TAKE_OUT_OF_SYNC,     LedgerDecides"
    })
    void aPlantedBugOfTakeoversIsSeen(Mutation planted, String checker) {
        SimulationOptions options =
                SimulationOptions.RANDOM.with(Level.RESTART, 1).with(planted);
        assertThat(caught(options, checker)).as("seeds 1 to %d", SEEDS).isTrue();
    }

    @ParameterizedTest(name = "LedgerDecides sees {0}")
    @CsvSource({"CLAIM_DESPITE_GRANT", "GO_ALONE_WITHOUT_WORD"})
    void aPlantedBugOfSoloGrantsIsSeen(Mutation planted) {
        assertThat(caught(planted, "LedgerDecides")).as("seeds 1 to %d", SEEDS).isTrue();
    }

    @ParameterizedTest(name = "{1} sees {0}")
    @CsvSource({
        "APPLY_BEFORE_COMMIT,    MemoryFitsDisks",
        "RESUME_WITHOUT_REPLAY,  MemoryFitsDisks",
        "RELEASE_BEFORE_FLUSH,   AcknowledgedIsKept",
        "OPEN_GATE_BEFORE_DRAIN, AcknowledgedIsKept"
    })
    void aPlantedBugOfImagesWithDisksIsSeen(Mutation planted, String checker) {
        SimulationOptions options =
                SimulationOptions.RANDOM.with(Level.SYSTEM, 2).with(planted);
        assertThat(caught(options, checker)).as("seeds 1 to %d", SEEDS).isTrue();
    }

    @ParameterizedTest(name = "{1} sees {0}")
    @CsvSource({"REPLACE_BEFORE_ALONE, LedgerDecides", "KEEP_FORMER_REPLICA,  AcknowledgedIsKept"})
    void aPlantedBugOfPairsThatChangeIsSeen(Mutation planted, String checker) {
        SimulationOptions options =
                SimulationOptions.RANDOM.with(ClusterPlan.of(3, 4, 1)).with(planted);
        assertThat(caught(options, checker)).as("seeds 1 to %d", SEEDS).isTrue();
    }

    /// It takes an agent that stands still between its question and the answer.
    @Test
    void aLeaseThatIsCountedFromItsAnswerIsSeen() {
        assertThat(PausesAtRenewals.broken(Mutation.LEASE_FROM_ANSWER)).isNotEmpty();
        assertThat(PausesAtRenewals.broken(Mutation.NONE)).isEmpty();
    }

    /// It takes the loss of a disk, and then of the other host's power.
    @Test
    void aGuestThatGoesOnOverWhatADiskLostIsSeen() {
        assertThat(DiskThatWentBackTest.broken(Mutation.GO_ON_OVER_LOST_WRITES, false))
                .isNotEmpty();
        assertThat(DiskThatWentBackTest.broken(Mutation.GO_ON_OVER_LOST_WRITES, true))
                .isNotEmpty();
    }

    /// It takes sites, of which random clusters have none.
    @Test
    void aPairAtOneSiteIsSeen() throws Exception {
        Scenario scenario = ScenarioFile.read(Path.of("..", "docs", "scenarios", "placed-at-two-sites.yaml"));
        assertThat(ScenarioRun.play(scenario, 1, Mutation.SAY_NO_SITE).outcome().violations())
                .extracting(Violation::invariant)
                .contains("PairSpansSites");
    }

    private static boolean caught(Mutation planted, String checker) {
        return caught(SimulationOptions.RANDOM.with(planted), checker);
    }

    private static boolean caught(SimulationOptions options, String checker) {
        for (long seed = 1; seed <= SEEDS; seed++) {
            List<Outcome> broken = RandomExploration.run(seed, 1, options);
            if (broken.stream()
                    .flatMap(outcome -> outcome.violations().stream())
                    .anyMatch(violation -> violation.invariant().equals(checker))) {
                return true;
            }
        }
        return false;
    }
}
