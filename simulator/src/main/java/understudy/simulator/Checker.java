package understudy.simulator;

import java.util.Optional;

/// Judges one promise on all that is seen in a run.
interface Checker {
    /// What is broken by this, if anything.
    Optional<String> check(Observation seen);
}
