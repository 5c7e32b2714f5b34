package understudy.simulator;

import java.util.Optional;
import java.util.function.BooleanSupplier;

/// One run: a cluster starts, faults happen, everything is repaired, and all must be well in time. One seed is
/// one run.
public final class SimulationRun {
    /// Far more than a run of the longest kind has, for each VM.
    private static final long STEPS_MAX = 5_000_000;

    private final long seed;
    private final Cluster cluster;
    private final Faults faults;
    private final RandomFaults randomFaults;
    private final long stepsMax;
    private long steps;

    SimulationRun(long seed, SimulationOptions options) {
        this.seed = seed;
        this.cluster = new Cluster(seed, options);
        this.faults = new Faults(cluster);
        this.randomFaults = new RandomFaults(cluster, faults);
        this.stepsMax = STEPS_MAX * Math.max(1, options.plan().vms().size());
        cluster.start();
    }

    /// Random faults, then healing. What the machines throw is a violation, too.
    public static Outcome run(long seed, SimulationOptions options) {
        SimulationRun run = new SimulationRun(seed, options);
        try {
            run.explore();
        } catch (RuntimeException e) {
            run.cluster.violations().add(new Violation(run.cluster.millis(), "NothingThrows", e.toString()));
        }
        return run.outcome();
    }

    private void explore() {
        SimulationOptions options = cluster.options();
        settle(options.healWithin().toNanos());
        randomFaults.begin(options.faultsFor().toNanos());
        pass(options.faultsFor().toNanos());
        faults.heal();
        settle(options.healWithin().toNanos());
    }

    Cluster cluster() {
        return cluster;
    }

    Faults faults() {
        return faults;
    }

    /// Lets time pass, at most until something is violated.
    void pass(long nanos) {
        until(nanos, () -> false);
    }

    /// Lets time pass until every VM has been well for a second; a violation, if that takes too long.
    void settle(long withinNanos) {
        long deadline = cluster.schedule().nowNanos() + withinNanos;
        boolean well = false;
        while (!well && cluster.violations().isEmpty() && cluster.schedule().nowNanos() < deadline) {
            until(
                    deadline - cluster.schedule().nowNanos(),
                    () -> cluster.missing().isEmpty());
            pass(Schedule.SECOND);
            well = cluster.missing().isEmpty();
        }
        Optional<String> missing = cluster.missing();
        if (cluster.violations().isEmpty() && !well && missing.isPresent()) {
            cluster.violations().add(new Violation(cluster.millis(), "EveryFaultHeals", missing.get()));
        }
    }

    /// Lets time pass until something is so; whether it was.
    boolean until(long nanos, BooleanSupplier condition) {
        long deadline = cluster.schedule().nowNanos() + nanos;
        while (cluster.violations().isEmpty() && cluster.schedule().nowNanos() < deadline) {
            if (condition.getAsBoolean()) {
                return true;
            }
            if (!cluster.schedule().step() || ++steps > stepsMax) {
                throw new IllegalStateException("seed " + seed + " ran dry or in circles after " + steps + " steps");
            }
        }
        return condition.getAsBoolean();
    }

    Outcome outcome() {
        return new Outcome(seed, repeat(), cluster.violations(), cluster.timeline(), cluster.end());
    }

    private String repeat() {
        return "understudy simulate --random --seeds 1 --seed " + seed
                + cluster.options().plan().flags();
    }
}
