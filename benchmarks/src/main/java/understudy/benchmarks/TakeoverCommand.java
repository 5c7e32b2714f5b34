package understudy.benchmarks;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import understudy.lab.Progress;

/// `understudy bench takeover`.
@Command(
        name = "takeover",
        description = {
            "How long a guest and its client wait when the host that runs it loses its power, and when its agent and",
            "its QEMU are killed; protected again in between. Exit code 0 only if no echo was lost or wrong."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  understudy bench takeover",
            "  understudy bench takeover --faults 100 --kind power-loss --json takeover.json"
        },
        mixinStandardHelpOptions = true)
final class TakeoverCommand implements Callable<Integer> {
    @Option(
            names = "--faults",
            defaultValue = "20",
            description = "How many of each kind, 1 to 10000 (default: ${DEFAULT-VALUE}).")
    private int faults = 20;

    @Option(
            names = "--kind",
            split = ",",
            paramLabel = "KIND",
            description = "Which of ${COMPLETION-CANDIDATES} (default: both, in turns).")
    private List<Kind> kinds = List.of(Kind.values());

    @Mixin
    private Results results = new Results();

    @Override
    public Integer call() throws Exception {
        Results.refuseUnless("--faults", faults, 1, 10_000);
        TakeoverBench bench = new TakeoverBench(new Progress(System.err));
        MachineFacts machine = bench.run(faults, kinds);
        boolean complete = bench.takeovers().size() == faults * kinds.size();
        TakeoverReport report = TakeoverReport.of(machine, complete, bench.clients(), bench.takeovers());
        results.write(report, report.markdown());
        return report.passed() ? 0 : 1;
    }
}
