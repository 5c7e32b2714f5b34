package understudy.benchmarks.volume;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import understudy.benchmarks.Figures;
import understudy.benchmarks.MachineFacts;
import understudy.benchmarks.MarkdownTable;

/// What [VolumeBench] found: medians over its rounds.
///
/// @param programs   the versions of what was measured with and against
/// @param diskFolder the kind of file system on which images were that are flushed
/// @param seconds    of each measurement
/// @param resident   bytes in RAM of our own disks at the end, all processes together
record VolumeReport(
        MachineFacts machine,
        List<String> programs,
        String diskFolder,
        int rounds,
        int seconds,
        List<VolumeSample> samples,
        List<Goal> goals,
        Map<Contestant, Long> resident) {
    VolumeReport {
        programs = List.copyOf(programs);
        samples = List.copyOf(samples);
        goals = List.copyOf(goals);
        resident = Map.copyOf(resident);
    }

    /// The tables, with what was measured on.
    String markdown() {
        StringBuilder text = new StringBuilder(machine.markdown())
                .append("\nWith ")
                .append(String.join(", ", programs))
                .append(
                        ".\nMedians over %d rounds of %d s each, in turns; images on tmpfs, those that are flushed on %s."
                                .formatted(rounds, seconds, diskFolder))
                .append("\nRatios are medians of the rounds' own ratios. CPU is that of all the server's processes.\n");
        for (int copies = 1; copies <= 2; copies++) {
            if (hasCopies(copies)) {
                text.append(
                                copies == 1
                                        ? "\nOne copy:\n\n"
                                        : "\nTwo copies, the second over TCP to another process:\n\n")
                        .append(table(copies))
                        .append('\n');
            }
        }
        if (!goals.isEmpty()) {
            text.append("\nGoals:\n\n").append(goalTable()).append('\n');
        }
        resident.forEach((contestant, bytes) -> text.append("\nMemory in RAM at the end, %s: %d MiB.\n"
                .formatted(
                        contestant == Contestant.UNDERSTUDY ? "one copy" : "two copies, both processes", bytes >> 20)));
        return text.toString();
    }

    private boolean hasCopies(int copies) {
        return samples.stream().anyMatch(it -> it.contestant().copies() == copies);
    }

    private MarkdownTable table(int copies) {
        Scores scores = new Scores(samples);
        Contestant ours = copies == 1 ? Contestant.UNDERSTUDY : Contestant.UNDERSTUDY_MIRRORED;
        MarkdownTable table = new MarkdownTable(
                2, "work", "server", "rate", "unit", "p50 µs", "p99 µs", "CPU µs each", "ours is × this", "failed");
        for (Workload workload : Workload.values()) {
            for (Contestant contestant : Contestant.withCopies(copies)) {
                if (scores.has(contestant, workload)) {
                    OptionalDouble ratio = contestant == ours
                            ? OptionalDouble.empty()
                            : scores.ratio(ours, workload, List.of(contestant));
                    int failures = scores.failures(contestant, workload);
                    table.row(
                            workload.title(),
                            contestant.title(),
                            Figures.text(scores.median(contestant, workload, VolumeSample.Measured::rate), 0),
                            workload.unit(),
                            Figures.text(scores.median(contestant, workload, VolumeSample.Measured::p50Micros), 0),
                            Figures.text(scores.median(contestant, workload, VolumeSample.Measured::p99Micros), 0),
                            Figures.text(scores.median(contestant, workload, VolumeSample.Measured::cpuMicros), 1),
                            Figures.text(ratio, 2),
                            failures == 0 ? "" : failures + " of " + rounds);
                }
            }
        }
        return table;
    }

    private MarkdownTable goalTable() {
        MarkdownTable table = new MarkdownTable(3, "copies", "work", "goal", "measured", "met");
        for (Goal goal : goals) {
            table.row(
                    Integer.toString(goal.contestant().copies()),
                    goal.workload().title(),
                    goal.wanted(),
                    Figures.text(goal.measured(), 2),
                    goal.isMet() ? "✓" : "✗");
        }
        return table;
    }
}
