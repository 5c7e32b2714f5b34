package understudy.benchmarks;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import understudy.lab.AgentOptions;
import understudy.lab.Progress;

/// `understudy bench checkpoint`.
@Command(
        name = "checkpoint",
        description = {
            "What protection costs: pauses, round trips, time that the guest stands still, CPU time, traffic;",
            "for the same guest unprotected and at each policy, also while it writes much memory."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  understudy bench checkpoint",
            "  understudy bench checkpoint --rounds 5 --json checkpoint.json --output checkpoint.md"
        },
        mixinStandardHelpOptions = true)
final class CheckpointCommand implements Callable<Integer> {
    @Option(names = "--rounds", defaultValue = "3", description = "1 to 100 (default: ${DEFAULT-VALUE}).")
    private int rounds = 3;

    @Option(
            names = "--seconds",
            defaultValue = "8",
            description = "How long each measurement takes, 6 to 600 (default: ${DEFAULT-VALUE}).")
    private int seconds = 8;

    @Option(
            names = "--guest",
            split = ",",
            paramLabel = "GUEST",
            description = "Which of ${COMPLETION-CANDIDATES} (default: all).")
    private List<Setting> settings = List.of(Setting.values());

    @Option(
            names = "--work",
            split = ",",
            paramLabel = "WORK",
            description = "Which of ${COMPLETION-CANDIDATES} (default: all).")
    private List<Work> works = List.of(Work.values());

    @Option(
            names = "--packing",
            paramLabel = "MODE",
            description = {
                "Whether checkpoints are packed before they are sent: auto, always, never",
                "(default: ${DEFAULT-VALUE})."
            })
    private String packing = "auto";

    @Mixin
    private Results results = new Results();

    @Override
    public Integer call() throws Exception {
        Results.refuseUnless("--rounds", rounds, 1, 100);
        Results.refuseUnless("--seconds", seconds, CheckpointBench.SECONDS_MIN, 600);
        Progress progress = new Progress(System.err);
        try (Bed bed = Bed.make(AgentOptions.NONE.withPackCheckpoints(packing), progress)) {
            MachineFacts machine = MachineFacts.take(bed.api().hosts());
            List<Sample> samples = new CheckpointBench(bed, Duration.ofSeconds(seconds), works).run(rounds, settings);
            CheckpointReport report = new CheckpointReport(machine, rounds, seconds, samples);
            results.write(report, report.markdown());
        }
        return 0;
    }
}
