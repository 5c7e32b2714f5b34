package understudy.benchmarks;

import java.util.List;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import understudy.api.Checkpoints;
import understudy.benchmarks.PostgresBench.Sample;
import understudy.lab.DebianGuest;
import understudy.lab.probe.Pgbench;
import understudy.lab.probe.Pgbench.Script;

/// What [PostgresBench] found: medians over its rounds.
///
/// @param seconds of each measurement
record PostgresReport(MachineFacts machine, int rounds, int seconds, List<Sample> samples) {
    private static final double PAGE_MIB = 4096.0 / (1 << 20);

    PostgresReport {
        samples = List.copyOf(samples);
    }

    String markdown() {
        return machine.markdown()
                + "\nMedians over %d rounds of %d s each; PostgreSQL in a guest of %s, %d clients of pgbench, scale 1."
                        .formatted(rounds, seconds, DebianGuest.MEMORY, Pgbench.CONNECTIONS)
                + "\n\n" + table() + "\n";
    }

    private MarkdownTable table() {
        MarkdownTable table = new MarkdownTable(
                2,
                "guest",
                "pgbench",
                "transactions/s",
                "% of unprotected",
                "pause p50 ms",
                "paused %",
                "checkpoints/s",
                "pages MiB/s",
                "sent MiB/s",
                "pages : sent");
        for (Script script : Script.values()) {
            for (Setting setting : Setting.values()) {
                if (!of(setting, script).isEmpty()) {
                    row(table, setting, script);
                }
            }
        }
        return table;
    }

    private void row(MarkdownTable table, Setting setting, Script script) {
        OptionalDouble here = perSecond(setting, script);
        OptionalDouble bare = perSecond(Setting.UNPROTECTED, script);
        table.row(
                setting.toString(),
                title(script),
                Figures.text(here, 1),
                Figures.text(
                        here.isPresent() && bare.isPresent()
                                ? OptionalDouble.of(100 * here.getAsDouble() / bare.getAsDouble())
                                : OptionalDouble.empty(),
                        0),
                checkpoints(setting, script, Checkpoints::pauseP50Millis, 2),
                checkpoints(setting, script, it -> 100 * it.pausedShare(), 1),
                checkpoints(setting, script, Checkpoints::perSecond, 1),
                checkpoints(setting, script, PostgresReport::pagesMib, 2),
                checkpoints(setting, script, PostgresReport::sentMib, 2),
                checkpoints(setting, script, it -> pagesMib(it) / sentMib(it), 1));
    }

    /// What the guest wrote, had every page been sent as it is.
    private static double pagesMib(Checkpoints it) {
        return it.dirtyPagesPerSecond() * PAGE_MIB;
    }

    /// With devices' states, and what was written to disks.
    private static double sentMib(Checkpoints it) {
        return it.bytesPerCheckpoint() * it.perSecond() / (1 << 20);
    }

    private OptionalDouble perSecond(Setting setting, Script script) {
        return Figures.median(
                of(setting, script).stream().map(Sample::perSecond).toList());
    }

    private String checkpoints(Setting setting, Script script, ToDoubleFunction<Checkpoints> figure, int decimals) {
        List<Double> figures = of(setting, script).stream()
                .flatMap(sample -> sample.checkpoints().stream())
                .map(figure::applyAsDouble)
                .toList();
        return Figures.text(Figures.median(figures), decimals);
    }

    private List<Sample> of(Setting setting, Script script) {
        return samples.stream()
                .filter(sample -> sample.setting() == setting && sample.script() == script)
                .toList();
    }

    static String title(Script script) {
        return switch (script) {
            case READ_WRITE -> "read and write";
            case READ_ONLY -> "read only";
        };
    }
}
