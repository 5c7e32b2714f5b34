package understudy.simulator;

import java.util.List;
import java.util.stream.Collectors;

/// How a run ended.
///
/// @param violations all promises that were broken at the first moment at which one was; empty if none
/// @param timeline   what happened, in order
public record Outcome(long seed, List<Violation> violations, List<TimelineEntry> timeline) {
    public Outcome {
        violations = List.copyOf(violations);
        timeline = List.copyOf(timeline);
    }

    public boolean isOk() {
        return violations.isEmpty();
    }

    /// `ok` or `violation`, as in the JSON output.
    public String verdict() {
        return isOk() ? "ok" : "violation";
    }

    /// For people: what was broken, how to see it again, and what led to it.
    public String report() {
        return violations.stream().map(Violation::toString).collect(Collectors.joining("\n"))
                + "\nrepeat with: understudy simulate --random --seeds 1 --seed " + seed + "\n"
                + timeline.stream().map(TimelineEntry::toString).collect(Collectors.joining("\n"));
    }
}
