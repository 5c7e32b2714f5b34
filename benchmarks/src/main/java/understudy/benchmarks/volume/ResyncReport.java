package understudy.benchmarks.volume;

import java.util.List;
import java.util.function.ToDoubleFunction;
import understudy.benchmarks.Figures;
import understudy.benchmarks.MachineFacts;
import understudy.benchmarks.MarkdownTable;

/// What [ResyncBench] found: medians over its rounds.
record ResyncReport(MachineFacts machine, String diskFolder, int rounds, int seconds, List<ResyncSample> samples) {
    ResyncReport {
        samples = List.copyOf(samples);
    }

    String markdown() {
        MarkdownTable table = new MarkdownTable(1, "what", "median");
        row(table, "disk, MB/s", ResyncSample::diskRate);
        row(table, "link, MB/s", ResyncSample::linkRate);
        row(table, "full resync, MB/s", ResyncSample::fullRate);
        row(table, "of the slower of disk and link, %", it -> 100 * it.fullRate() / it.limit());
        row(table, "resync of scattered blocks, MB/s", ResyncSample::partialRate);
        row(table, "of the slower of disk and link, %", it -> 100 * it.partialRate() / it.limit());
        row(table, "client's p50 in sync, µs", ResyncSample::quietP50Micros);
        row(table, "client's p50 during a full resync, µs", ResyncSample::busyP50Micros);
        row(table, "client's p99 in sync, µs", ResyncSample::quietP99Micros);
        row(table, "client's p99 during a full resync, µs", ResyncSample::busyP99Micros);
        row(table, "times longer p99", it -> it.busyP99Micros() / it.quietP99Micros());
        return """
                %s
                A volume of %s, on %s; the client writes 4 KiB at random at depth 1 for %d s. Medians over %d rounds.
                The resync lasted longer than the client's work in %d of them.

                %s
                """.formatted(
                        machine.markdown(),
                        ResyncBench.SIZE,
                        diskFolder,
                        seconds,
                        rounds,
                        samples.stream().filter(ResyncSample::coveredByResync).count(),
                        table);
    }

    private void row(MarkdownTable table, String what, ToDoubleFunction<ResyncSample> figure) {
        List<Double> values = samples.stream().map(figure::applyAsDouble).toList();
        table.row(what, Figures.text(Figures.median(values), 0));
    }
}
