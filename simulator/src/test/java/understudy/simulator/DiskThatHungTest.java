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

/// A disk that hangs until it passes for dead, and then does what was asked of it before: that must not come after
/// what the replica is given anew.
class DiskThatHungTest {
    private static final long MS = Schedule.MILLISECOND;
    private static final int SEEDS = 10;
    private static final VmId VM =
            ClusterPlan.of(2, 1, 1).vms().getFirst().spec().id();

    @ParameterizedTest
    @ValueSource(strings = {"h1", "h2"})
    void itIsTakenBackOnlyWhenAllThatWasAskedOfItIsDone(String host) {
        assertThat(broken(Mutation.NONE, new HostName(host))).isEmpty();
        assertThat(broken(Mutation.TAKE_BACK_BEFORE_DONE, new HostName(host))).isNotEmpty();
    }

    private static List<Violation> broken(Mutation planted, HostName host) {
        List<Violation> broken = new ArrayList<>();
        for (int seed = 1; seed <= SEEDS; seed++) {
            broken.addAll(run(seed, planted, host).outcome().violations());
        }
        return broken;
    }

    private static SimulationRun run(int seed, Mutation planted, HostName host) {
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
        run.faults().hangDisk(host, disk);
        run.pass(3_000 * MS);
        run.faults().repairDisk(host, disk, false);
        run.pass(2_000 * MS);
        run.settle(45_000 * MS);
        return run;
    }
}
