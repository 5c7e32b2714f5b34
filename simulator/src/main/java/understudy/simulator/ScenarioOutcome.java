package understudy.simulator;

import java.util.List;
import java.util.stream.Collectors;
import understudy.simulator.scenario.Scenario;

/// How a scenario ended.
///
/// @param virtualMillis how long it was, in virtual time
/// @param failures      expectations that did not come true, and commands that were refused, or were not
public record ScenarioOutcome(Scenario scenario, Outcome outcome, long virtualMillis, List<Failure> failures) {
    private static final long LOOK_BACK_MS = 5_000;
    private static final int LINES_MAX = 60;

    /// Something that is not as the scenario says.
    ///
    /// @param ms   virtual time since the start
    /// @param line of the file
    public record Failure(long ms, int line, String text) {}

    public ScenarioOutcome {
        failures = List.copyOf(failures);
    }

    public boolean isOk() {
        return outcome.isOk() && failures.isEmpty();
    }

    /// `ok` or `violation`, as in the JSON output.
    public String verdict() {
        return isOk() ? "ok" : "violation";
    }

    /// For people: what failed, what led to it, and how to see it again. Empty if all is well.
    public String report() {
        if (isOk()) {
            return "";
        }
        StringBuilder report = new StringBuilder();
        failures.forEach(it ->
                report.append("  %s:%d: at %d ms: %s%n".formatted(scenario.file(), it.line(), it.ms(), it.text())));
        outcome.violations().forEach(it -> report.append("  ").append(it).append('\n'));
        report.append("  what led to it:\n").append(around());
        return report.append("  repeat with: ").append(outcome.repeat()).toString();
    }

    private String around() {
        List<TimelineEntry> all = outcome.timeline();
        long end = all.isEmpty() ? 0 : all.getLast().ms();
        List<TimelineEntry> last =
                all.stream().filter(it -> it.ms() >= end - LOOK_BACK_MS).toList();
        return lines(last.subList(Math.max(0, last.size() - LINES_MAX), last.size()));
    }

    /// The whole timeline, for people.
    public String timeline() {
        return lines(outcome.timeline());
    }

    private static String lines(List<TimelineEntry> entries) {
        return entries.stream().map(it -> it + "\n").collect(Collectors.joining());
    }
}
