package understudy.simulator;

import java.time.Duration;
import java.util.List;
import understudy.model.Level;
import understudy.protocol.LeaseTiming;
import understudy.protocol.PairWatch;
import understudy.protocol.ViewMachine.Timing;
import understudy.protocol.VoterWatch;

/// What a run is like, its seed apart.
///
/// @param plan          hosts, witnesses and VMs
/// @param faultsFor     how long faults go on; zero for none
/// @param healWithin    how long after the last fault every VM must be back at its level
/// @param timing        the waits of the view machine
/// @param slowProposals share of proposals that land late, in [0, 1]
/// @param lostMessages  share of proposals, and of answers to them, that are lost, in [0, 1]
/// @param pairAfter     for how long a host is away before another takes its place
/// @param voteAfter     for how long others must be better voters before they vote
/// @param mutation      a planted bug
public record SimulationOptions(
        ClusterPlan plan,
        Duration faultsFor,
        Duration healWithin,
        Timing timing,
        double slowProposals,
        double lostMessages,
        Duration pairAfter,
        Duration voteAfter,
        Mutation mutation) {

    /// Waits that are shorter than in production in the same order, so that a run sees more of what comes after
    /// them.
    private static final Timing SHORT = new Timing(
            Duration.ofMillis(50),
            Duration.ofMillis(300),
            Duration.ofSeconds(1),
            Duration.ofSeconds(3),
            Duration.ofMillis(300),
            Duration.ofSeconds(5),
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            Duration.ofMillis(700),
            new LeaseTiming(Duration.ofMillis(1_200)));

    /// Everything that can go wrong does, to a pair and a witness. The bound is the longest wait between two
    /// attempts (5 s), the wait of a host without an image (3 s), the start of a stopped VM (1 s), and as much
    /// again for what fails once more.
    public static final SimulationOptions RANDOM = new SimulationOptions(
            ClusterPlan.of(2, 1, 0),
            Duration.ofSeconds(12),
            Duration.ofSeconds(20),
            SHORT,
            0.05,
            0.05,
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            Mutation.NONE);

    /// Nothing goes wrong but what a script asks for; production's waits.
    public static final SimulationOptions QUIET = new SimulationOptions(
            ClusterPlan.of(2, 1, 0),
            Duration.ZERO,
            Duration.ofSeconds(45),
            Timing.DEFAULT,
            0,
            0,
            PairWatch.PATIENCE,
            VoterWatch.GRACE,
            Mutation.NONE);

    public SimulationOptions {
        if (faultsFor.isNegative() || !healWithin.isPositive()) {
            throw new IllegalArgumentException("faults for %s, healed within %s".formatted(faultsFor, healWithin));
        }
    }

    public SimulationOptions with(ClusterPlan other) {
        return new SimulationOptions(
                other, faultsFor, healWithin, timing, slowProposals, lostMessages, pairAfter, voteAfter, mutation);
    }

    /// A pair and a witness with one VM, which has disks.
    public SimulationOptions withDisks(int number) {
        return with(ClusterPlan.of(2, 1, number));
    }

    /// A pair and a witness with one VM.
    public SimulationOptions with(Level level, int disks) {
        return with(ClusterPlan.of(2, 1, disks, level));
    }

    /// The same without a witness: the loss of any host leaves no majority.
    public SimulationOptions withoutWitness() {
        return with(new ClusterPlan(plan.hosts(), List.of(), plan.vms()));
    }

    public SimulationOptions with(Mutation planted) {
        return new SimulationOptions(
                plan, faultsFor, healWithin, timing, slowProposals, lostMessages, pairAfter, voteAfter, planted);
    }
}
