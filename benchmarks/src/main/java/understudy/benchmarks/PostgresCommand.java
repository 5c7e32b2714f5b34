package understudy.benchmarks;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import understudy.lab.AgentOptions;
import understudy.lab.DebianBuild;
import understudy.lab.DebianGuest;
import understudy.lab.Installation;
import understudy.lab.Progress;

/// `understudy bench postgres`.
@Command(
        name = "postgres",
        description = {
            "What protection costs a server: PostgreSQL in Debian with eight clients of pgbench, which read and write,",
            "and which only read; for the same guest unprotected and at each policy. Also what its checkpoints send."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  understudy bench postgres",
            "  understudy bench postgres --guest unprotected,balanced --rounds 5 --json postgres.json"
        },
        mixinStandardHelpOptions = true)
final class PostgresCommand implements Callable<Integer> {
    @Option(names = "--rounds", defaultValue = "3", description = "1 to 100 (default: ${DEFAULT-VALUE}).")
    private int rounds = 3;

    @Option(
            names = "--seconds",
            defaultValue = "15",
            description = "How long each measurement takes, 6 to 600 (default: ${DEFAULT-VALUE}).")
    private int seconds = 15;

    @Option(
            names = "--guest",
            split = ",",
            paramLabel = "GUEST",
            description = "Which of ${COMPLETION-CANDIDATES} (default: all).")
    private List<Setting> settings = List.of(Setting.values());

    @Mixin
    private Results results = new Results();

    @Override
    public Integer call() throws Exception {
        Results.refuseUnless("--rounds", rounds, 1, 100);
        Results.refuseUnless("--seconds", seconds, CheckpointBench.SECONDS_MIN, 600);
        Progress progress = new Progress(System.err);
        DebianGuest guest = new DebianBuild(Installation.cacheFolder(), progress).guest();
        try (Bed bed = Bed.make(AgentOptions.NONE, progress)) {
            MachineFacts machine = MachineFacts.take(bed.api().hosts());
            List<PostgresBench.Sample> samples =
                    new PostgresBench(bed, guest, Duration.ofSeconds(seconds)).run(rounds, settings);
            PostgresReport report = new PostgresReport(machine, rounds, seconds, samples);
            results.write(report, report.markdown());
        }
        return 0;
    }
}
