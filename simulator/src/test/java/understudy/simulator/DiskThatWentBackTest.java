package understudy.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static understudy.simulator.OneDisk.MS;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import understudy.model.HostName;
import understudy.model.VolumeId;

/// A guest whose disk is in sync on the other host alone, and that host loses its power: what was not flushed is gone,
/// and the guest was told that it is there.
class DiskThatWentBackTest {
    private static final HostName H1 = new HostName("h1");
    private static final HostName H2 = new HostName("h2");

    /// @param agentDies whether the guest's agent does, too, and comes back before the other host
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theGuestStartsAnew(boolean agentDies) {
        assertThat(broken(Mutation.NONE, agentDies)).isEmpty();
        OneDisk.seeds()
                .forEach(seed -> assertThat(run(seed, Mutation.NONE, agentDies)
                                .cluster()
                                .tally()
                                .boots(OneDisk.VM))
                        .as("seed %d", seed)
                        .isEqualTo(2));
    }

    static List<Violation> broken(Mutation planted, boolean agentDies) {
        return OneDisk.broken(seed -> run(seed, planted, agentDies));
    }

    private static SimulationRun run(int seed, Mutation planted, boolean agentDies) {
        SimulationRun run = OneDisk.run(seed, planted);
        VolumeId disk = OneDisk.disk(run);
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
