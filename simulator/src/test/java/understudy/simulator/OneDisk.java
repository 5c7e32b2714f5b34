package understudy.simulator;

import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import understudy.model.Level;
import understudy.model.VmId;
import understudy.model.VolumeId;

/// A VM of level `component` with one disk, on two quiet hosts, that runs and is protected when the test begins.
final class OneDisk {
    static final long MS = Schedule.MILLISECOND;
    static final VmId VM = ClusterPlan.of(2, 1, 1).vms().getFirst().spec().id();
    private static final int SEEDS = 10;

    private OneDisk() {}

    static SimulationRun run(int seed, Mutation planted) {
        SimulationRun run = new SimulationRun(
                seed, SimulationOptions.QUIET.with(Level.COMPONENT, 1).with(planted));
        run.settle(10_000 * MS);
        return run;
    }

    static VolumeId disk(SimulationRun run) {
        return run.cluster()
                .ledger()
                .vm(VM)
                .orElseThrow()
                .spec()
                .disks()
                .getFirst()
                .id();
    }

    static IntStream seeds() {
        return IntStream.rangeClosed(1, SEEDS);
    }

    /// What runs of all seeds break.
    static List<Violation> broken(IntFunction<SimulationRun> run) {
        return seeds().mapToObj(run)
                .flatMap(it -> it.outcome().violations().stream())
                .toList();
    }
}
