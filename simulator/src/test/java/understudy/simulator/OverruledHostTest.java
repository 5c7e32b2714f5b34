package understudy.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.View;
import understudy.model.VmRecord;

/// A host that went on alone under a solo grant loses its power, and the other one is forced to start the VM. When it
/// comes back, and reaches nobody, it has its word of having been alone. Two runners come of a forced start only while
/// who was overruled lives on (rule 15).
class OverruledHostTest {
    private static final long MS = Schedule.MILLISECOND;
    private static final HostName H1 = new HostName("h1");
    private static final HostName H2 = new HostName("h2");
    private static final HostName W1 = new HostName("w1");

    @ParameterizedTest
    @CsvSource({"SYSTEM, 0", "COMPONENT, 1"})
    void itRunsNothingBeforeItHasHeardOfIt(Level level, int disks) {
        SimulationRun run = played(level, disks, Mutation.NONE);
        assertThat(run.outcome().isOk()).as(run.outcome().report()).isTrue();
        assertThat(run.cluster().host(H1).guest(vm(run).spec().id())).isEmpty();
        run.faults().heal();
        run.settle(60_000 * MS);
        assertThat(run.outcome().isOk()).as(run.outcome().report()).isTrue();
        assertThat(view(run).isActive(H2)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"SYSTEM, 0, OneRunner", "COMPONENT, 1, AcknowledgedIsKept"})
    void itIsSeenIfItGoesByItsWord(Level level, int disks, String checker) {
        assertThat(played(level, disks, Mutation.TRUST_WORD_OF_EARLIER_START)
                        .outcome()
                        .violations())
                .extracting(Violation::invariant)
                .contains(checker);
    }

    private static SimulationRun played(Level level, int disks, Mutation planted) {
        SimulationRun run =
                new SimulationRun(1, SimulationOptions.QUIET.with(level, disks).with(planted));
        run.settle(20_000 * MS);
        run.faults().loseHost(W1);
        assertThat(run.until(60_000 * MS, () -> view(run).soloGrant())).isTrue();
        run.pass(1_000 * MS);
        run.faults().loseHost(H2);
        assertThat(run.until(
                        10_000 * MS,
                        () -> run.cluster().host(H1).isAlone(vm(run).spec().id(), view(run))))
                .isTrue();
        run.pass(2_000 * MS);
        run.faults().loseHost(H1);
        run.faults().returnHost(H2);
        run.faults().returnHost(W1);
        run.pass(5_000 * MS);
        run.cluster().ledger().apply(run.faults().forceStart(vm(run), H2));
        assertThat(run.until(
                        30_000 * MS,
                        () -> run.cluster()
                                .host(H2)
                                .guest(vm(run).spec().id())
                                .filter(Guest::isRunning)
                                .isPresent()))
                .isTrue();
        run.pass(1_000 * MS);
        run.faults().cut(H1, H2);
        run.faults().cut(H1, W1);
        run.faults().returnHost(H1);
        run.pass(10_000 * MS);
        return run;
    }

    private static View view(SimulationRun run) {
        return vm(run).view();
    }

    private static VmRecord vm(SimulationRun run) {
        return run.cluster().ledger().vms().iterator().next();
    }
}
