package understudy.simulator;

import java.util.List;
import java.util.Optional;

/// Judges one promise on all that is seen in a run.
interface Checker {
    /// What is broken by this, if anything.
    Optional<String> check(Observation seen);

    /// What is broken by what does not happen any more; asked every few milliseconds.
    default List<String> look() {
        return List.of();
    }
}
