package understudy.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import understudy.api.Checkpoints;

/// What [CheckpointBench] found: medians over its rounds.
///
/// @param seconds of each measurement
record CheckpointReport(MachineFacts machine, int rounds, int seconds, List<Sample> samples) {
    CheckpointReport {
        samples = List.copyOf(samples);
    }

    /// The table, with what it was measured on.
    String markdown() {
        return machine.markdown()
                + "\nMedians over %d rounds of %d s each; one guest of 256 MiB at a time, its client on the same machine."
                        .formatted(rounds, seconds)
                + "\n\n" + table() + "\n";
    }

    private MarkdownTable table() {
        MarkdownTable table = new MarkdownTable(
                2,
                "guest",
                "work",
                "round trip p50 ms",
                "p99 ms",
                "added p50 ms",
                "added p99 ms",
                "pause p50 ms",
                "p99 ms",
                "paused %",
                "checkpoints/s",
                "pages each",
                "KiB each",
                "commit p50 ms",
                "CPU-loop slowdown %",
                "dirtied MiB/s",
                "disk requests/s");
        for (Work work : Work.values()) {
            for (Setting setting : Setting.values()) {
                List<Sample> here = of(setting, work);
                if (!here.isEmpty()) {
                    table.row(row(setting, work, here));
                }
            }
        }
        return table;
    }

    private String[] row(Setting setting, Work work, List<Sample> here) {
        List<Sample> bare = of(Setting.UNPROTECTED, work);
        List<String> cells = new ArrayList<>();
        cells.add(setting.toString());
        cells.add(work.title());
        cells.add(cell(here, Sample::echoP50Millis, 1, 2));
        cells.add(cell(here, Sample::echoP99Millis, 1, 2));
        cells.add(Figures.text(added(setting, here, bare, Sample::echoP50Millis), 2));
        cells.add(Figures.text(added(setting, here, bare, Sample::echoP99Millis), 2));
        cells.add(cell(here, of(Checkpoints::pauseP50Millis), 1, 2));
        cells.add(cell(here, of(Checkpoints::pauseP99Millis), 1, 2));
        cells.add(cell(here, of(Checkpoints::pausedShare), 100, 1));
        cells.add(cell(here, of(Checkpoints::perSecond), 1, 1));
        cells.add(cell(here, of(Checkpoints::pagesPerCheckpoint), 1, 0));
        cells.add(cell(here, of(it -> (double) it.bytesPerCheckpoint()), 1 / 1024.0, 0));
        cells.add(cell(here, of(Checkpoints::gateWaitP50Millis), 1, 2));
        cells.add(cell(here, sample -> sample.loopSlowdown().map(times -> times - 1), 100, 1));
        cells.add(cell(here, Sample::dirtiedMibPerSecond, 1, 1));
        cells.add(cell(here, Sample::diskRequestsPerSecond, 1, 0));
        return cells.toArray(String[]::new);
    }

    private static String cell(
            List<Sample> samples, Function<Sample, Optional<Double>> figure, double scale, int decimals) {
        OptionalDouble median = median(samples, figure);
        return Figures.text(median.isPresent() ? OptionalDouble.of(median.getAsDouble() * scale) : median, decimals);
    }

    private static OptionalDouble added(
            Setting setting, List<Sample> here, List<Sample> bare, Function<Sample, Optional<Double>> figure) {
        OptionalDouble with = median(here, figure);
        OptionalDouble without = median(bare, figure);
        return setting.isProtected() && with.isPresent() && without.isPresent()
                ? OptionalDouble.of(with.getAsDouble() - without.getAsDouble())
                : OptionalDouble.empty();
    }

    private static Function<Sample, Optional<Double>> of(Function<Checkpoints, Double> figure) {
        return sample -> sample.checkpoints().map(figure);
    }

    private static OptionalDouble median(List<Sample> samples, Function<Sample, Optional<Double>> figure) {
        return Figures.median(
                samples.stream().map(figure).flatMap(Optional::stream).toList());
    }

    private List<Sample> of(Setting setting, Work work) {
        return samples.stream()
                .filter(sample -> sample.setting() == setting && sample.work() == work)
                .toList();
    }

    /// One sample in short, for those who watch.
    static String line(Sample sample) {
        List<String> facts = new ArrayList<>();
        sample.echoP50Millis().ifPresent(ms -> facts.add(format("round trip %.2f ms", ms)));
        sample.diskRequestsPerSecond().ifPresent(requests -> facts.add(format("%.0f disk requests/s", requests)));
        sample.loopSlowdown().ifPresent(times -> facts.add(format("%.3f times slower", times)));
        sample.checkpoints().ifPresent(it -> {
            facts.add(format("pause %.2f ms", it.pauseP50Millis()));
            facts.add(format("%.0f checkpoints/s", it.perSecond()));
            facts.add(format("%.0f pages", it.pagesPerCheckpoint()));
            facts.add(format("paused %.0f %%", 100 * it.pausedShare()));
        });
        return String.join(", ", facts);
    }

    private static String format(String pattern, double value) {
        return String.format(Locale.ROOT, pattern, value);
    }
}
