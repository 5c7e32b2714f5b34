package understudy.simulator.scenario;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import understudy.simulator.ClusterPlan;

/// A cluster, what happens to it, and what must come of it.
///
/// @param name  what it is about, for people
/// @param file  where it was read
/// @param steps in their order
/// @param end   what must be so after the last step
public record Scenario(String name, String file, ClusterPlan plan, List<Step> steps, List<Expected> end) {
    public Scenario {
        steps = List.copyOf(steps);
        end = List.copyOf(end);
    }

    /// An expectation and where it is written.
    ///
    /// @param text as it is written
    public record Expected(int line, String text, Expectation expectation) {}

    /// One step.
    ///
    /// @param line  where it is written
    /// @param at    not before this virtual time
    /// @param after how long after the step before it
    public record Step(int line, Optional<Duration> at, Duration after, What what) {}

    /// What is done in a step.
    public sealed interface What {

        /// All at the same moment.
        ///
        /// @param refused whether the cluster must refuse them
        record Do(List<Command> commands, boolean refused) implements What {
            public Do {
                commands = List.copyOf(commands);
            }
        }

        /// All of them must be so at one moment within `within`, or all the time for `throughout`; one of the two
        /// is zero.
        record Expect(List<Expected> all, Duration within, Duration throughout) implements What {
            public Expect {
                all = List.copyOf(all);
            }
        }

        record Wait() implements What {}
    }
}
