package understudy.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static understudy.simulator.OneDisk.MS;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import understudy.model.HostName;
import understudy.model.VolumeId;

/// A disk that hangs until it passes for dead, and then does what was asked of it before: that must not come after
/// what the replica is given anew.
class DiskThatHungTest {

    @ParameterizedTest
    @ValueSource(strings = {"h1", "h2"})
    void itIsTakenBackOnlyWhenAllThatWasAskedOfItIsDone(String name) {
        HostName host = new HostName(name);
        assertThat(OneDisk.broken(seed -> run(seed, Mutation.NONE, host))).isEmpty();
        assertThat(OneDisk.broken(seed -> run(seed, Mutation.TAKE_BACK_BEFORE_DONE, host)))
                .isNotEmpty();
    }

    private static SimulationRun run(int seed, Mutation planted, HostName host) {
        SimulationRun run = OneDisk.run(seed, planted);
        VolumeId disk = OneDisk.disk(run);
        run.faults().hangDisk(host, disk);
        run.pass(3_000 * MS);
        run.faults().repairDisk(host, disk, false);
        run.pass(2_000 * MS);
        run.settle(45_000 * MS);
        return run;
    }
}
