package understudy.simulator;

import java.util.ArrayList;
import java.util.List;
import understudy.model.HostName;
import understudy.model.Level;

/// An active's agent that stands still for long enough to be taken over, from each moment of the time between two
/// renewals of its lease.
final class PausesAtRenewals {
    private static final long MS = Schedule.MILLISECOND;
    private static final long STEP = 4;
    private static final HostName H1 = new HostName("h1");

    private PausesAtRenewals() {}

    /// Frames that left late, if any did.
    static List<Violation> broken(Mutation planted) {
        List<Violation> broken = new ArrayList<>();
        long between = SimulationOptions.QUIET.timing().lease().renewEvery().toMillis();
        for (long offset = 0; offset < between; offset += STEP) {
            SimulationRun run = new SimulationRun(
                    1, SimulationOptions.QUIET.with(Level.COMPONENT, 1).with(planted));
            run.settle(10_000 * MS);
            run.pass(offset * MS);
            run.faults().pauseAgent(H1);
            run.pass(8_000 * MS);
            run.faults().wakeAgent(H1);
            run.pass(1_000 * MS);
            run.outcome().violations().stream()
                    .filter(it -> it.invariant().equals("OneRunner"))
                    .forEach(broken::add);
        }
        return broken;
    }
}
