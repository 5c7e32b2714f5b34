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
import understudy.lab.DiskFault;
import understudy.lab.Lab;
import understudy.lab.LabGuest;
import understudy.lab.LabVm;
import understudy.lab.Progress;
import understudy.lab.probe.DiskChurn;
import understudy.lab.probe.EchoClient;
import understudy.lab.probe.GuestShell;
import understudy.lab.probe.SilenceMeter;
import understudy.model.ByteSize;
import understudy.model.Level;

/// One demonstration, from nothing to nothing: the lab is made, and is gone at the end.
final class Demo {
    private static final Duration PATIENCE = Watch.PATIENCE;
    private static final Duration LAST_ANSWER = Duration.ofSeconds(10);
    private static final Duration LAST_REQUEST = Duration.ofSeconds(30);
    private static final ByteSize DISK = ByteSize.ofMebibytes(64);
    private static final String DEVICE = "/dev/vda";

    private final DemoFault fault;
    private final List<DemoFault> faults;
    private final DiskFault how;
    private final Level level;
    private final int seconds;
    private final Timeline timeline;
    private final Progress progress;

    /// @param fault one that level `system` shows, or all of them, one after the other
    /// @param how   a disk fails
    /// @param times how often it breaks
    Demo(DemoFault fault, DiskFault how, int times, int seconds, Timeline timeline, Progress progress) {
        this.fault = fault;
        this.level = Level.SYSTEM;
        this.faults = fault.shown(level, times);
        this.how = how;
        this.seconds = seconds;
        this.timeline = timeline;
        this.progress = progress;
    }

    Verdict run(LabGuest guest) throws IOException {
        return OwnLab.run(progress, (lab, api) -> show(lab, api, guest));
    }

    private Verdict show(Lab lab, ApiClient api, LabGuest guest) throws IOException {
        timeline.tell("hosts h1 and h2, witness w1 and a client are up, each on its own");
        LabVm vm =
                LabVm.create(api, guest, LabVm.Wish.usual("demo").withDisk(DISK).at(level));
        VmStatus running = vm.awaitRunning(PATIENCE, progress);
        timeline.tell("VM demo, a Debian kernel in 256 MiB with a disk of %s, boots on %s"
                .formatted(DISK, Watch.name(running.active())));
        VmStatus before = vm.awaitProtected(PATIENCE, progress);
        timeline.tell("VM demo is protected: active %s, standby %s (view %d)"
                .formatted(Watch.name(before.active()), Watch.name(before.standby()), before.view()));
        try (DiskChurn churn =
                        DiskChurn.start(shell(lab, vm), DEVICE, DiskChurn.USUAL_MIB, DiskChurn.REST_BESIDE_A_CLIENT);
                EchoClient client = connect(lab, vm);
                SilenceMeter meter = SilenceMeter.start(lab.clientNamespace(), vm.echo())) {
            timeline.tell("the guest writes to its disk, reads back and compares, and flushes, all the time");
            timeline.tell("the client opens one TCP connection and sends numbered echoes, one after the other");
            work(client, Duration.ofMillis(seconds * 1000L / 3));
            double usual = client.report().p50().toNanos() / 1e6;
            timeline.tell("%d echoes so far, round trip %.1f ms".formatted(client.answered(), usual));
            List<Verdict.Act> acts = new ArrayList<>();
            Watch watch = new Watch(api, vm, timeline, progress);
            VmStatus last = before;
            for (DemoFault next : faults) {
                last = watch.stillProtected(last);
                acts.add(act(lab, watch, next, last, client, meter));
                if (!acts.getLast().passed()) {
                    break;
                }
                last = vm.status();
            }
            EchoClient.Report heard = client.stop(LAST_ANSWER);
            return judge(heard, checked(lab, vm, churn.stop(LAST_REQUEST)), usual, acts);
        }
    }

    /// All that was written is read once more.
    private DiskChurn.Report checked(Lab lab, LabVm vm, DiskChurn.Report report) throws IOException {
        if (!report.isFlawless()) {
            return report;
        }
        try (GuestShell shell = shell(lab, vm)) {
            String wrong = DiskChurn.verify(shell, DEVICE, DiskChurn.USUAL_MIB, LAST_REQUEST);
            return wrong.isEmpty() ? report : report.with(wrong);
        }
    }

    private GuestShell shell(Lab lab, LabVm vm) throws IOException {
        return GuestShell.await(
                lab.clientNamespace(),
                vm.shell(),
                PATIENCE,
                () -> progress.waiting("waiting for the guest's services"));
    }

    private Verdict.Act act(
            Lab lab, Watch watch, DemoFault next, VmStatus before, EchoClient client, SilenceMeter meter) {
        String victim = Watch.name(before.active());
        boolean mayMove = next.promiseAt(level) instanceof DemoFault.Promise.GoesOn;
        Breakage breakage = Breakage.of(next, how, lab, victim);
        client.resetTimes();
        meter.reset();
        Instant broken = Instant.now();
        long began = System.nanoTime();
        timeline.tell(breakage.announcement());
        breakage.strike().run();
        long answered = client.answered();
        Optional<Long> takeover = mayMove ? watch.takeover(broken) : Optional.empty();
        work(client, Duration.ofMillis(seconds * 1000L / 3));
        timeline.tell("%d echoes answered since, the longest wait was %.0f ms"
                .formatted(
                        client.answered() - answered, client.report().longest().toNanos() / 1e6));
        if (!breakage.mended().isEmpty()) {
            breakage.mend().run();
            timeline.tell(breakage.mended());
        }
        Optional<Long> again = watch.protectedAgain(began);
        long whole = seconds * 2_000_000_000L / 3 - (System.nanoTime() - began);
        work(client, Duration.ofNanos(Math.max(0, whole)));
        Verdict.Act act = new Verdict.Act(
                next,
                victim,
                mayMove,
                !watch.active().equals(before.active()),
                client.answered() - answered,
                client.report().failure().isEmpty(),
                client.report().longest().toNanos() / 1e6,
                meter.longest().toNanos() / 1e6,
                takeover,
                again);
        if (faults.size() > 1) {
            timeline.tell(
                    act.passed()
                            ? "%s: as promised".formatted(next.word())
                            : "%s: NOT AS PROMISED: %s".formatted(next.word(), act.complaint()));
        }
        return act;
    }

    private Verdict judge(EchoClient.Report report, DiskChurn.Report disk, double usualMillis, List<Verdict.Act> acts) {
        List<LeftOut> leftOut = fault == DemoFault.ALL ? LeftOut.at(level) : List.of();
        Verdict verdict =
                Verdict.of(fault, faults.size(), report, disk, usualMillis, acts, leftOut, timeline.entries());
        System.out.printf("%nWhat the client saw:%n");
        System.out.printf(
                "  echoes        %d sent, %d answered, %d lost, %d wrong%n",
                verdict.sent(), verdict.answered(), verdict.lost(), verdict.wrong());
        System.out.printf(
                "  connection    %s%n",
                report.failure().isEmpty() ? "the same one from first to last" : "BROKEN: " + report.failure());
        System.out.printf(
                "  longest wait  %.0f ms (round trip before: %.1f ms)%n", verdict.longestWaitMillis(), usualMillis);
        System.out.printf("  guest silent  %.0f ms at the longest%n", verdict.silentMillis());
        System.out.printf(
                "  its disk      %d writes, %d reads compared, %d flushes, %s%n%n",
                disk.writes(),
                disk.reads(),
                disk.flushes(),
                disk.isFlawless() ? "nothing lost or wrong" : "WRONG: " + disk.trouble());
        if (fault == DemoFault.ALL) {
            table(acts);
            leftOut.forEach(LeftOut::print);
            System.out.println();
        }
        System.out.println(verdict.passed() ? praise() : "FAILED: this is not what level system promises.");
        return verdict;
    }

    private static void table(List<Verdict.Act> acts) {
        System.out.println("  fault          verdict  longest wait  takeover  protected again");
        for (Verdict.Act act : acts) {
            System.out.printf(
                    "  %-13s  %-7s  %9.0f ms  %8s  %s%n",
                    act.fault().word(),
                    act.passed() ? "passed" : "FAILED",
                    act.longestWaitMillis(),
                    act.takeoverMillis().map(ms -> ms + " ms").orElse("-"),
                    act.protectedAgainMillis()
                            .map(ms -> "after %.1f s".formatted(ms / 1e3))
                            .orElse("NEVER"));
        }
    }

    private String praise() {
        if (fault == DemoFault.ALL) {
            return "PASSED: one fault after the other, and the client lost nothing but time.";
        }
        return fault.promiseAt(level) instanceof DemoFault.Promise.GoesOn
                ? "PASSED: the guest went on, and its client noticed nothing but a short wait."
                : "PASSED: the guest stayed where it was, and its client lost nothing but time.";
    }

    private EchoClient connect(Lab lab, LabVm vm) throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                return EchoClient.start(lab.clientNamespace(), vm.echo(), Duration.ZERO);
            } catch (IOException guestStillBoots) {
                if (System.nanoTime() > end) {
                    throw guestStillBoots;
                }
                progress.waiting("waiting for the guest's services");
                LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
            }
        }
    }

    private void work(EchoClient client, Duration time) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            progress.waiting(client.answered() + " echoes answered");
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        }
    }
}
