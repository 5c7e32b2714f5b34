package understudy.benchmarks;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import understudy.benchmarks.Takeover.Stages;
import understudy.lab.probe.EchoClient;

/// What [TakeoverBench] found.
///
/// @param lost  echoes without an answer, over all connections
/// @param wrong answers that were not the echo that was due
record TakeoverReport(
        MachineFacts machine,
        boolean passed,
        long echoes,
        long lost,
        long wrong,
        int connections,
        List<Takeover> takeovers) {
    TakeoverReport {
        takeovers = List.copyOf(takeovers);
    }

    /// @param complete whether all faults were struck that were asked for
    static TakeoverReport of(
            MachineFacts machine, boolean complete, List<EchoClient.Report> clients, List<Takeover> takeovers) {
        long lost = clients.stream().mapToLong(EchoClient.Report::lost).sum();
        long wrong = clients.stream().mapToLong(EchoClient.Report::wrong).sum();
        boolean flawless = clients.stream().allMatch(EchoClient.Report::isFlawless);
        return new TakeoverReport(
                machine,
                complete && flawless && takeovers.stream().noneMatch(Takeover::hasFailed),
                clients.stream().mapToLong(EchoClient.Report::answered).sum(),
                lost,
                wrong,
                clients.size(),
                takeovers);
    }

    String markdown() {
        long failed = takeovers.stream().filter(Takeover::hasFailed).count();
        return """
                %s
                A guest of 256 MiB at the default policy; one TCP connection of back-to-back echoes through all faults.
                %d echoes answered, %d lost, %d wrong, on %d connection%s; %d of %d faults failed.

                %s

                Where the silence went (medians):

                %s
                """.formatted(
                        machine.markdown(),
                        echoes,
                        lost,
                        wrong,
                        connections,
                        connections == 1 ? "" : "s",
                        failed,
                        takeovers.size(),
                        waits(),
                        stages());
    }

    private MarkdownTable waits() {
        MarkdownTable table = new MarkdownTable(2, "fault", "what", "times", "p50 ms", "p99 ms", "longest ms");
        for (Kind kind : Kind.values()) {
            List<Takeover> good = good(kind);
            if (!good.isEmpty()) {
                waits(table, kind, "guest silent", good.stream().map(Takeover::silentMillis));
                waits(table, kind, "client's longest wait", good.stream().map(Takeover::longestWaitMillis));
                waits(table, kind, after(kind), present(good, Takeover::protectedAfterMillis));
                waits(table, kind, "guest silent in the new copy", present(good, Takeover::copySilentMillis));
            }
        }
        return table;
    }

    private static String after(Kind kind) {
        return switch (kind) {
            case POWER_LOSS -> "protected again after power-on";
            case SIGKILL -> "protected again after the fault";
        };
    }

    private static void waits(MarkdownTable table, Kind kind, String what, Stream<Double> figures) {
        Collection<Double> values = figures.toList();
        table.row(
                kind.title(),
                what,
                Integer.toString(values.size()),
                Figures.text(Figures.median(values), 0),
                Figures.text(Figures.percentile(values, 99), 0),
                Figures.text(Figures.percentile(values, 100), 0));
    }

    private MarkdownTable stages() {
        MarkdownTable table =
                new MarkdownTable(1, "fault", "detected ms", "ledger ms", "resumed ms", "first answer ms");
        for (Kind kind : Kind.values()) {
            List<Stages> stages = present(good(kind), Takeover::stages).toList();
            if (!stages.isEmpty()) {
                table.row(
                        kind.title(),
                        median(stages, Stages::detectMillis),
                        median(stages, Stages::ledgerMillis),
                        median(stages, Stages::resumeMillis),
                        median(stages, Stages::announceMillis));
            }
        }
        return table;
    }

    private static String median(List<Stages> stages, Function<Stages, Double> figure) {
        return Figures.text(Figures.median(stages.stream().map(figure).toList()), 0);
    }

    private List<Takeover> good(Kind kind) {
        return takeovers.stream()
                .filter(it -> it.kind() == kind && !it.hasFailed())
                .toList();
    }

    private static <T> Stream<T> present(List<Takeover> from, Function<Takeover, Optional<T>> figure) {
        return from.stream().map(figure).flatMap(Optional::stream);
    }

    /// One fault in short, for those who watch.
    static String line(Takeover it) {
        String head = "%s %d on %s: ".formatted(it.kind().title(), it.number(), it.victim());
        if (it.hasFailed()) {
            return head + "FAILED: " + it.failure();
        }
        String stages = it.stages()
                .map(s -> String.format(
                        Locale.ROOT,
                        " (detected %.0f, ledger %.0f, resumed %.0f, first answer %.0f)",
                        s.detectMillis(),
                        s.ledgerMillis(),
                        s.resumeMillis(),
                        s.announceMillis()))
                .orElse("");
        return head
                + String.format(
                        Locale.ROOT,
                        "guest silent %.0f ms%s, client waited %.0f ms, protected again after %.1f s, silent %.0f ms then",
                        it.silentMillis(),
                        stages,
                        it.longestWaitMillis(),
                        it.protectedAfterMillis().orElse(0.0) / 1e3,
                        it.copySilentMillis().orElse(0.0));
    }
}
