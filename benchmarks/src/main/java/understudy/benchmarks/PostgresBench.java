package understudy.benchmarks;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import understudy.api.Checkpoints;
import understudy.lab.DebianGuest;
import understudy.lab.LabVm;
import understudy.lab.Progress;
import understudy.lab.probe.Pgbench;
import understudy.lab.probe.Pgbench.Script;
import understudy.lab.probe.PostgresClient;

/// Measures how many transactions PostgreSQL in Debian has for eight clients of `pgbench`: the same guest in every
/// [Setting], one at a time and each time from the same disk, in rounds that take turns. The clients' clock counts.
final class PostgresBench {
    private static final Duration BOOT = Duration.ofMinutes(3);
    private static final Duration WARM_UP = Duration.ofSeconds(3);
    private static final Duration LAST_TRANSACTIONS = Duration.ofSeconds(30);
    private static final Duration GONE = Duration.ofSeconds(30);

    private final Bed bed;
    private final DebianGuest guest;
    private final Duration time;
    private final Progress progress;

    /// One measurement.
    ///
    /// @param checkpoints as the agent counts them, if the guest was protected
    record Sample(Setting setting, Script script, int round, double perSecond, Optional<Checkpoints> checkpoints) {}

    /// @param time for each measurement
    PostgresBench(Bed bed, DebianGuest guest, Duration time) {
        this.bed = bed;
        this.guest = guest;
        this.time = time;
        this.progress = bed.progress();
    }

    List<Sample> run(int rounds, List<Setting> settings) throws IOException {
        List<Sample> samples = new ArrayList<>();
        List<Setting> order = new ArrayList<>(settings);
        for (int round = 1; round <= rounds; round++) {
            for (Setting setting : order) {
                progress.step("round %d of %d: %s".formatted(round, rounds, setting));
                samples.addAll(measure(setting, round));
            }
            Collections.rotate(order, 1);
        }
        return samples;
    }

    private List<Sample> measure(Setting setting, int round) throws IOException {
        LabVm vm = LabVm.create(bed.api(), guest, setting.wish("bench"));
        PostgresClient client = new PostgresClient(bed.lab().clientNamespace(), guest);
        client.await(BOOT, () -> progress.waiting("waiting for the server"));
        client.prepare();
        if (setting.isProtected()) {
            vm.awaitProtected(Bed.PATIENCE, progress);
        }
        List<Sample> samples = new ArrayList<>();
        for (Script script : Script.values()) {
            Sample sample = measure(vm, client, setting, script, round);
            progress.step("  %s, %s: %.1f transactions/s"
                    .formatted(setting, PostgresReport.title(script), sample.perSecond()));
            samples.add(sample);
        }
        vm.delete(GONE, progress);
        return samples;
    }

    private Sample measure(LabVm vm, PostgresClient client, Setting setting, Script script, int round)
            throws IOException {
        try (Pgbench pgbench = Pgbench.start(client, script)) {
            bed.pass(WARM_UP, "warming up");
            Instant from = Instant.now();
            bed.pass(time, "measuring");
            Instant to = Instant.now();
            Optional<Checkpoints> checkpoints =
                    setting.isProtected() ? vm.status().checkpoints() : Optional.empty();
            Pgbench.Report report = pgbench.stop(LAST_TRANSACTIONS);
            if (!report.isFlawless()) {
                throw new IOException("%s: %s".formatted(setting, report.trouble()));
            }
            double seconds = Duration.between(from, to).toNanos() / 1e9;
            return new Sample(setting, script, round, report.committed(from, to) / seconds, checkpoints);
        }
    }
}
