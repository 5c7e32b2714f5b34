package understudy.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.VmId;
import understudy.model.VolumeId;

/// A guest whose disk is in sync on the other host alone, and that host loses its power: what was not flushed is gone,
/// and the guest was told that it is there.
class DiskThatWentBackTest {
    private static final long MS = Schedule.MILLISECOND;
    private static final int SEEDS = 10;
    private static final HostName H1 = new HostName("h1");
    private static final HostName H2 = new HostName("h2");
    private static final VmId VM =
            ClusterPlan.of(2, 1, 1).vms().getFirst().spec().id();

    /// @param agentDies whether the guest's agent does, too, and comes back before the other host
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theGuestStartsAnew(boolean agentDies) {
        assertThat(broken(Mutation.NONE, agentDies)).isEmpty();
        for (int seed = 1; seed <= SEEDS; seed++) {
            SimulationRun run = run(seed, Mutation.NONE, agentDies);
            assertThat(run.cluster().tally().boots(VM)).as("seed %d", seed).isEqualTo(2);
        }
    }

    static List<Violation> broken(Mutation planted, boolean agentDies) {
        List<Violation> broken = new ArrayList<>();
        for (int seed = 1; seed <= SEEDS; seed++) {
            broken.addAll(run(seed, planted, agentDies).outcome().violations());
        }
        return broken;
    }

    private static SimulationRun run(int seed, Mutation planted, boolean agentDies) {
        SimulationRun run = new SimulationRun(
                seed, SimulationOptions.QUIET.with(Level.COMPONENT, 1).with(planted));
        run.settle(10_000 * MS);
        VolumeId disk = run.cluster()
                .ledger()
                .vm(VM)
                .orElseThrow()
                .spec()
                .disks()
                .getFirst()
                .id();
        run.faults().breakDisk(H1, disk);
        run.pass(2_000 * MS);
        run.faults().loseHost(H2);
        if (agentDies) {
            run.faults().crashAgent(H1);
            run.pass(500 * MS);
            run.faults().startAgent(H1);
        }
        run.pass(1_000 * MS);
        run.faults().returnHost(H2);
        run.pass(3_000 * MS);
        run.faults().repairDisk(H1, disk, false);
        run.settle(45_000 * MS);
        return run;
    }
}
