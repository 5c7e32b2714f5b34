package understudy.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import understudy.model.HostName;
import understudy.model.View;

/// The active loses everybody when the end of its solo grant is recorded, and before it has learnt so.
class EndOfGrantTest {
    private static final long MS = Schedule.MILLISECOND;
    private static final HostName H1 = new HostName("h1");
    private static final HostName H2 = new HostName("h2");
    private static final HostName W1 = new HostName("w1");

    @Test
    void theGrantIsNotUsedAnyMoreAndTheStandbyTakesOver() {
        SimulationRun run = played(Mutation.NONE);
        assertThat(view(run).isActive(H2)).isTrue();
        run.faults().heal();
        run.settle(45_000 * MS);
        assertThat(run.outcome().isOk()).as(run.outcome().report()).isTrue();
    }

    @Test
    void whoUsesItAllTheSameIsSeen() {
        assertThat(played(Mutation.GO_ALONE_AFTER_END).outcome().violations())
                .extracting(Violation::invariant)
                .contains("LedgerDecides");
    }

    private static SimulationRun played(Mutation planted) {
        SimulationRun run = new SimulationRun(1, SimulationOptions.QUIET.with(planted));
        run.settle(10_000 * MS);
        run.faults().loseHost(W1);
        assertThat(run.until(60_000 * MS, () -> view(run).soloGrant())).isTrue();
        run.pass(1_000 * MS);
        run.faults().returnHost(W1);
        assertThat(run.until(30_000 * MS, () -> !view(run).soloGrant())).isTrue();
        run.faults().cut(H1, H2);
        run.faults().cut(H1, W1);
        run.pass(5_000 * MS);
        return run;
    }

    private static View view(SimulationRun run) {
        return run.cluster().ledger().vms().iterator().next().view();
    }
}
