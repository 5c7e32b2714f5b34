package understudy.lab.demo;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import understudy.api.ApiClient;
import understudy.api.VmStatus;
import understudy.lab.DebianGuest;
import understudy.lab.DiskFault;
import understudy.lab.Lab;
import understudy.lab.LabVm;
import understudy.lab.Progress;
import understudy.lab.probe.Pgbench;
import understudy.lab.probe.PostgresClient;
import understudy.model.Level;

/// The demonstration of a server that others wrote: PostgreSQL in Debian, with eight clients at work on it; and at the
/// end every transaction that they were told of is looked for.
final class PostgresDemo {
    private static final Duration LAST_TRANSACTIONS = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(50);

    private final DemoFault fault;
    private final List<DemoFault> faults;
    private final DiskFault how;
    private final int seconds;
    private final Timeline timeline;
    private final Progress progress;

    /// @param fault one that level `system` shows, or all of them, one after the other
    /// @param how   a disk fails
    /// @param times how often it breaks
    PostgresDemo(DemoFault fault, DiskFault how, int times, int seconds, Timeline timeline, Progress progress) {
        this.fault = fault;
        this.faults = fault.shown(Level.SYSTEM, times);
        this.how = how;
        this.seconds = seconds;
        this.timeline = timeline;
        this.progress = progress;
    }

    /// A fault that has been.
    ///
    /// @param began  when it struck
    /// @param ended  when all was well again, or when nobody waited any more
    private record Struck(
            DemoFault fault,
            String host,
            Instant began,
            Optional<Long> takeoverMillis,
            Optional<Long> protectedAgainMillis,
            Instant ended) {
        boolean mayMove() {
            return fault.promiseAt(Level.SYSTEM) instanceof DemoFault.Promise.GoesOn;
        }

        PostgresVerdict.Loss seenBy(Pgbench.Report clients) {
            return new PostgresVerdict.Loss(
                    fault,
                    host,
                    mayMove(),
                    takeoverMillis,
                    clients.longestWait(began, ended).toMillis(),
                    protectedAgainMillis);
        }
    }

    PostgresVerdict run(DebianGuest guest) throws IOException {
        return OwnLab.run(progress, (lab, api) -> show(lab, api, guest));
    }

    private PostgresVerdict show(Lab lab, ApiClient api, DebianGuest guest) throws IOException {
        timeline.tell("hosts h1 and h2, witness w1 and a client are up, each on its own");
        LabVm vm = LabVm.create(api, guest, LabVm.Wish.usual("demo").at(Level.SYSTEM));
        VmStatus running = vm.awaitRunning(Watch.PATIENCE, progress);
        timeline.tell("VM demo, Debian with PostgreSQL in %s, boots from its disk on %s"
                .formatted(DebianGuest.MEMORY, Watch.name(running.active())));
        Watch watch = new Watch(api, vm, timeline, progress);
        PostgresClient client = new PostgresClient(lab.clientNamespace(), guest);
        client.await(Watch.PATIENCE, () -> progress.waiting("waiting for the server"));
        timeline.tell(client.query("select split_part(version(), ' on ', 1)").getFirst() + " answers");
        client.prepare();
        String boot = client.bootId();
        VmStatus before = vm.awaitProtected(Watch.PATIENCE, progress);
        timeline.tell("VM demo is protected: active %s, standby %s (view %d)"
                .formatted(Watch.name(before.active()), Watch.name(before.standby()), before.view()));
        List<Struck> struck = new ArrayList<>();
        Pgbench.Report report;
        try (Pgbench pgbench = Pgbench.start(client, Pgbench.Script.READ_WRITE)) {
            timeline.tell("pgbench opens %d connections, and has one transaction after the other on each"
                    .formatted(Pgbench.CONNECTIONS));
            work(pgbench);
            timeline.tell("%.0f transactions a second".formatted(pgbench.rate()));
            for (DemoFault next : faults) {
                before = watch.stillProtected(before);
                struck.add(strike(lab, watch, next, Watch.name(before.active()), pgbench));
                if (struck.getLast().protectedAgainMillis().isEmpty() || !pgbench.isAtWork()) {
                    break;
                }
                before = vm.status();
            }
            report = pgbench.stop(LAST_TRANSACTIONS);
        }
        timeline.tell("%d transactions were committed, as the clients were told".formatted(report.committed()));
        progress.step("the server counts, adds up, and checks its tables and keys");
        String audit = report.isFlawless() ? client.audit(report.committed()) : "";
        return judge(report, audit, report.isFlawless() && !client.bootId().equals(boot), struck);
    }

    private Struck strike(Lab lab, Watch watch, DemoFault next, String victim, Pgbench pgbench) {
        boolean mayMove = next.promiseAt(Level.SYSTEM) instanceof DemoFault.Promise.GoesOn;
        Breakage breakage = Breakage.of(next, how, lab, victim);
        Instant broken = Instant.now();
        long began = System.nanoTime();
        timeline.tell(breakage.announcement());
        breakage.strike().run();
        Optional<Long> takeover = mayMove ? watch.takeover(broken) : Optional.empty();
        work(pgbench);
        timeline.tell("%.0f transactions a second".formatted(pgbench.rate()));
        if (!breakage.mended().isEmpty()) {
            breakage.mend().run();
            timeline.tell(breakage.mended());
        }
        Optional<Long> again = watch.protectedAgain(began);
        work(pgbench);
        return new Struck(next, victim, broken, takeover, again, Instant.now());
    }

    private void work(Pgbench pgbench) {
        long end = System.nanoTime() + seconds * 1_000_000_000L / 3;
        while (System.nanoTime() < end && pgbench.isAtWork()) {
            progress.waiting("%.0f transactions a second".formatted(pgbench.rate()));
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    private PostgresVerdict judge(Pgbench.Report report, String audit, boolean rebooted, List<Struck> struck) {
        List<LeftOut> leftOut = fault == DemoFault.ALL ? LeftOut.at(Level.SYSTEM) : List.of();
        PostgresVerdict verdict = PostgresVerdict.of(
                fault,
                faults.size(),
                Pgbench.CONNECTIONS,
                report.committed(),
                report.trouble(),
                audit,
                rebooted,
                struck.stream().map(each -> each.seenBy(report)).toList(),
                leftOut,
                timeline.entries());
        System.out.printf("%nWhat the clients saw:%n");
        System.out.printf(
                "  connections   %s%n",
                report.trouble().isEmpty()
                        ? "the same %d from first to last".formatted(verdict.connections())
                        : "BROKEN: " + report.trouble());
        System.out.printf(
                "  transactions  %d committed%s%n", report.committed(), report.isFlawless() ? ", no error" : "");
        System.out.printf(
                "  audit         %s%n%n",
                audit.isEmpty() && report.isFlawless()
                        ? "each of them is there, and no other; balances add up; tables and keys are sound"
                        : "FAILED: " + audit);
        System.out.println("  fault          lost host  takeover  longest wait for a commit  protected again");
        for (PostgresVerdict.Loss loss : verdict.losses()) {
            System.out.printf(
                    "  %-13s  %-9s  %8s  %22d ms  %s%n",
                    loss.fault().word(),
                    loss.host(),
                    loss.takeoverMillis().map(ms -> ms + " ms").orElse(loss.mayMove() ? "NEVER" : "-"),
                    loss.longestWaitMillis(),
                    loss.protectedAgainMillis()
                            .map(ms -> "after %.1f s".formatted(ms / 1e3))
                            .orElse("NEVER"));
        }
        leftOut.forEach(LeftOut::print);
        System.out.println();
        System.out.println(
                verdict.passed()
                        ? "PASSED: the server went on, and its clients noticed nothing but a short wait."
                        : "FAILED: this is not what level system promises.");
        return verdict;
    }
}
