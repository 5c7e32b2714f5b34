package understudy.simulator;

import java.util.List;
import java.util.stream.Collectors;

/// How a run ended.
///
/// @param repeat     the command that runs it again
/// @param violations all promises that were broken at the first moment at which one was; empty if none
/// @param timeline   what happened, in order
/// @param end        where each VM is when the run ends
public record Outcome(
        long seed, String repeat, List<Violation> violations, List<TimelineEntry> timeline, List<VmEnd> end) {

    /// Where a VM is.
    ///
    /// @param state   `running` or `stopped`
    /// @param active  a host's name, or empty
    /// @param standby a host's name, or empty
    public record VmEnd(String vm, String state, String active, String standby) {}

    public Outcome {
        violations = List.copyOf(violations);
        timeline = List.copyOf(timeline);
        end = List.copyOf(end);
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
                + "\nrepeat with: " + repeat + "\n"
                + timeline.stream().map(TimelineEntry::toString).collect(Collectors.joining("\n"));
    }
}
