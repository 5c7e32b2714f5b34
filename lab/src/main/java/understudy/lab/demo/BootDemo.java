package understudy.lab.demo;

import java.io.IOException;
import java.time.Duration;
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
import understudy.lab.probe.DurableRecords;
import understudy.lab.probe.GuestShell;
import understudy.model.ByteSize;
import understudy.model.Level;
import understudy.model.Problem;

/// The demonstration of guests that are booted on the other host: one makes numbered records durable, one after the
/// other, until it loses its host or its disk; and then all of them are on the other one.
final class BootDemo {
    private static final Duration PATIENCE = Watch.PATIENCE;
    private static final Duration WORK = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final ByteSize DISK = ByteSize.ofMebibytes(64);
    private static final String DEVICE = "/dev/vda";

    private final DemoFault fault;
    private final List<DemoFault> faults;
    private final DiskFault how;
    private final Level level;
    private final int seconds;
    private final Timeline timeline;
    private final Progress progress;

    /// @param fault one that the level answers so, or all of them, one after the other
    /// @param how   a disk fails
    BootDemo(DemoFault fault, DiskFault how, Level level, int seconds, Timeline timeline, Progress progress) {
        this.fault = fault;
        this.faults = (fault == DemoFault.ALL ? DemoFault.each() : List.of(fault))
                .stream()
                        .filter(each -> each.promiseAt(level) instanceof DemoFault.Promise.BootsElsewhere)
                        .toList();
        this.how = how;
        this.level = level;
        this.seconds = seconds;
        this.timeline = timeline;
        this.progress = progress;
    }

    BootVerdict run(LabGuest guest) throws IOException {
        return OwnLab.run(progress, (lab, api) -> show(lab, api, guest));
    }

    private BootVerdict show(Lab lab, ApiClient api, LabGuest guest) throws IOException {
        timeline.tell("hosts h1 and h2, witness w1 and a client are up, each on its own; h1 and h2 have a disk each");
        LabVm vm =
                LabVm.create(api, guest, LabVm.Wish.usual("demo").withDisk(DISK).at(level));
        VmStatus running = vm.awaitProtected(PATIENCE, progress);
        timeline.tell("VM demo, of level %s, boots on %s; its disk of %s is mirrored to %s (view %d)"
                .formatted(level, Watch.name(running.active()), DISK, Watch.name(running.standby()), running.view()));
        List<BootVerdict.Boot> boots = new ArrayList<>();
        DurableRecords records = DurableRecords.start(shell(lab, vm, PATIENCE), DEVICE, 1);
        try {
            timeline.tell("the guest writes records 1, 2, 3, ... to its disk, and tells of each once it is durable");
            work(records);
            for (DemoFault next : faults) {
                boots.add(boot(lab, new Watch(api, vm, timeline, progress), next, records));
                if (!boots.getLast().passed()) {
                    break;
                }
                records.close();
                records = DurableRecords.start(
                        shell(lab, vm, PATIENCE), DEVICE, boots.getLast().told() + 1);
                work(records);
            }
        } finally {
            records.close();
        }
        return judge(records.told(), boots);
    }

    private BootVerdict.Boot boot(Lab lab, Watch watch, DemoFault next, DurableRecords records) throws IOException {
        LabVm vm = watch.vm();
        VmStatus before = vm.status();
        String victim = Watch.name(before.active());
        Breakage breakage = Breakage.of(next, how, lab, victim);
        timeline.tell("%d records so far".formatted(records.told()));
        timeline.tell(breakage.announcement());
        long began = System.nanoTime();
        breakage.strike().run();
        Optional<Long> kernel = kernel(lab, vm, victim, began);
        // What the guest had sent has arrived meanwhile, or never will.
        long told = records.told();
        String trouble = kernel.isEmpty() ? "" : verified(lab, vm, told);
        Optional<Long> again = Optional.empty();
        if (kernel.isPresent() && trouble.isEmpty()) {
            pause(Duration.ofMillis(seconds * 1000L / 4));
            breakage.mend().run();
            timeline.tell(breakage.mended());
            again = watch.protectedAgain(began);
        }
        return new BootVerdict.Boot(next, victim, kernel, told, trouble, again);
    }

    /// Waits for the guest on the other host, and asks it for how long it has been up.
    private Optional<Long> kernel(Lab lab, LabVm vm, String victim, long began) throws IOException {
        VmStatus taken;
        try {
            taken = vm.await(
                    "to run on the other host",
                    PATIENCE,
                    progress,
                    now -> now.active()
                            .filter(host -> !host.value().equals(victim))
                            .isPresent());
        } catch (Problem.Refused e) {
            timeline.tell(e.problem().message());
            return Optional.empty();
        }
        timeline.tell("%s took over after %.1f s (view %d), and boots the VM"
                .formatted(Watch.name(taken.active()), (System.nanoTime() - began) / 1e9, taken.view()));
        try (GuestShell shell = shell(lab, vm, PATIENCE)) {
            double up = Double.parseDouble(
                    shell.run("cut -d' ' -f1 /proc/uptime", WORK).getFirst());
            long millis = (System.nanoTime() - began) / 1_000_000 - (long) (up * 1000);
            timeline.tell(
                    "the guest's kernel began %.1f s after the fault; its services answer".formatted(millis / 1e3));
            return Optional.of(millis);
        }
    }

    private String verified(Lab lab, LabVm vm, long told) throws IOException {
        try (GuestShell shell = shell(lab, vm, PATIENCE)) {
            String wrong = DurableRecords.verify(shell, DEVICE, told, WORK);
            timeline.tell(
                    wrong.isEmpty()
                            ? "all %d records that were told to be durable are there".formatted(told)
                            : "RECORDS ARE LOST: " + wrong);
            return wrong;
        }
    }

    private void work(DurableRecords records) throws IOException {
        long end = System.nanoTime() + seconds * 1_000_000_000L / 2;
        while (System.nanoTime() < end) {
            if (!records.end().isEmpty()) {
                throw new IOException("the guest writes no more: " + records.end());
            }
            progress.waiting(records.told() + " records are durable");
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    private void pause(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            progress.waiting("the VM runs without a mirror");
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    private GuestShell shell(Lab lab, LabVm vm, Duration patience) throws IOException {
        return GuestShell.await(
                lab.clientNamespace(),
                vm.shell(),
                patience,
                () -> progress.waiting("waiting for the guest's services"));
    }

    private BootVerdict judge(long records, List<BootVerdict.Boot> boots) {
        List<LeftOut> leftOut = fault == DemoFault.ALL ? LeftOut.at(level) : List.of();
        BootVerdict verdict = BootVerdict.of(fault, level, faults.size(), records, boots, leftOut, timeline.entries());
        System.out.printf("%nWhat became of the guest:%n");
        System.out.println("  fault        lost host  kernel began  records kept  protected again");
        for (BootVerdict.Boot boot : boots) {
            System.out.printf(
                    "  %-11s  %-9s  %12s  %12s  %s%n",
                    boot.fault().word(),
                    boot.host(),
                    seconds(boot.kernelMillis(), "after %.1f s"),
                    boot.trouble().isEmpty() && boot.kernelMillis().isPresent() ? "all " + boot.told() : "NOT ALL",
                    seconds(boot.protectedAgainMillis(), "after %.1f s"));
            if (!boot.passed()) {
                System.out.printf("               %s%n", boot.complaint());
            }
        }
        leftOut.forEach(LeftOut::print);
        System.out.println();
        System.out.println(
                verdict.passed()
                        ? "PASSED: the VM started again on the other host, with every record that was durable."
                        : "FAILED: this is not what level %s promises.".formatted(level));
        return verdict;
    }

    private static String seconds(Optional<Long> millis, String format) {
        return millis.map(ms -> format.formatted(ms / 1e3)).orElse("NEVER");
    }
}
