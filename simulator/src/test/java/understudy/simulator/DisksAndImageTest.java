package understudy.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.VmId;
import understudy.protocol.Part;

/// A VM of level `system` with disks loses a host, or both, at moments that faults at random seldom meet.
class DisksAndImageTest {
    private static final long MS = Schedule.MILLISECOND;
    private static final HostName H1 = new HostName("h1");
    private static final HostName H2 = new HostName("h2");
    private static final VmId VM =
            ClusterPlan.of(2, 1, 1).vms().getFirst().spec().id();

    /// Both come back: what was flushed, and seen to be, is there.
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
    void aStandbyMayLoseItsPowerWhileItAppliesWhatCameWithItsImage(int seed) {
        SimulationRun run = new SimulationRun(seed, SimulationOptions.QUIET.with(Level.SYSTEM, 2));
        run.settle(10_000 * MS);
        run.pass((500 + seed * 7) * MS);
        run.faults().loseHost(H1);
        run.until(5_000 * MS, () -> driver(run, H2).aside().isDraining());
        run.pass(seed * MS / 4);
        run.faults().loseHost(H2);
        run.pass(100 * MS);
        run.faults().returnHost(H1);
        run.faults().returnHost(H2);
        run.settle(45_000 * MS);
        assertThat(run.outcome().violations()).isEmpty();
    }

    /// What left since the last epoch of the image is not in it.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void aGuestWhoseHostDiesWhileItIsCopiedIsBootedFromItsDisks(long seed) {
        SimulationRun run = new SimulationRun(seed, SimulationOptions.QUIET.with(Level.SYSTEM, 1));
        run.until(10_000 * MS, () -> driver(run, H2).part() instanceof Part.Receiving);
        run.faults().loseHost(H1);
        run.until(10_000 * MS, () -> driver(run, H2).part() instanceof Part.Running);
        assertThat(run.cluster().tally().boots(VM)).isEqualTo(2);
        run.pass(2_000 * MS);
        run.faults().returnHost(H1);
        run.settle(45_000 * MS);
        assertThat(run.outcome().violations()).isEmpty();
    }

    private static VmDriver driver(SimulationRun run, HostName host) {
        Agent agent = run.cluster().host(host).agent().orElseThrow();
        return agent.driver(run.cluster().ledger().vm(VM).orElseThrow().spec());
    }
}
