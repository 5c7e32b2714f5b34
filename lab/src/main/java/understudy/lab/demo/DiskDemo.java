package understudy.lab.demo;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import understudy.api.ApiClient;
import understudy.api.Event;
import understudy.api.VmStatus;
import understudy.api.VolumeStatus;
import understudy.lab.DiskFault;
import understudy.lab.DiskRepair;
import understudy.lab.Lab;
import understudy.lab.LabGuest;
import understudy.lab.LabVm;
import understudy.lab.Progress;
import understudy.lab.probe.DiskChurn;
import understudy.lab.probe.GuestShell;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Problem;

/// The demonstration of disks: a guest writes and reads back all the time, and under it one disk after the other
/// breaks, is repaired, and catches up.
final class DiskDemo {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration NOTICE = Duration.ofSeconds(30);
    private static final Duration WORK = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final ByteSize DISK = ByteSize.ofMebibytes(64);
    private static final String DEVICE = "/dev/vda";
    /// Enough of them that the guest soon reads one.
    private static final int FLIPPED_BLOCKS = 128;
    /// What a guest has done when it is said to have gone on.
    private static final long REQUESTS = 100;

    private final DemoFault fault;
    private final Level level;
    private final List<DiskFault> ways;
    private final int seconds;
    private final Timeline timeline;
    private final Progress progress;
    private final List<DiskVerdict.Strike> strikes = new ArrayList<>();

    /// What breaks when.
    private record Plan(String host, boolean isActive, DiskFault how, DiskRepair repair) {}

    /// @param fault   disk, agent, or all, which is the agent and then the disks
    /// @param ways    how disks break, in order
    /// @param seconds how long each stays broken, together
    DiskDemo(DemoFault fault, List<DiskFault> ways, Level level, int seconds, Timeline timeline, Progress progress) {
        this.fault = fault;
        this.level = level;
        boolean isShown = DemoFault.DISK.promiseAt(level) instanceof DemoFault.Promise.DisksGoOn;
        this.ways = fault == DemoFault.AGENT || !isShown ? List.of() : List.copyOf(ways);
        this.seconds = seconds;
        this.timeline = timeline;
        this.progress = progress;
    }

    DiskVerdict run(LabGuest guest) throws IOException {
        return OwnLab.run(progress, (lab, api) -> show(lab, api, guest));
    }

    private DiskVerdict show(Lab lab, ApiClient api, LabGuest guest) throws IOException {
        timeline.tell("hosts h1 and h2, witness w1 and a client are up, each on its own; h1 and h2 have a disk each");
        LabVm vm =
                LabVm.create(api, guest, LabVm.Wish.usual("demo").withDisk(DISK).at(level));
        VmStatus running = vm.awaitProtected(PATIENCE, progress);
        String active = running.active().map(HostName::value).orElseThrow();
        String other = active.equals("h1") ? "h2" : "h1";
        timeline.tell("VM demo, a Debian kernel with a disk of %s, boots on %s; its disk is mirrored to %s (view %d)"
                .formatted(DISK, active, other, running.view()));
        try (DiskChurn churn = DiskChurn.start(shell(lab, vm), DEVICE, DiskChurn.USUAL_MIB)) {
            timeline.tell("the guest writes, reads back and compares, punches holes and flushes, without end");
            boolean goesOn = churn.goesOn(4 * REQUESTS, WORK, () -> working(churn));
            timeline.tell("%s so far, a request took %s at the longest"
                    .formatted(done(churn.report()), millis(churn.longest())));
            if (goesOn && fault != DemoFault.DISK) {
                strikes.add(killAgent(lab, vm, churn, active));
                goesOn = strikes.getLast().isSurvived();
            }
            List<Plan> plans = goesOn ? plans(active, other) : List.<Plan>of();
            for (Plan plan : plans) {
                strikes.add(strike(lab, api, vm, churn, plan));
                if (!strikes.getLast().isSurvived()) {
                    break;
                }
            }
            DiskChurn.Report report = churn.stop(WORK);
            return judge(checked(lab, vm, report));
        }
    }

    /// Each way on the host that runs the guest, then on the other. Bits flip last, as those that nobody has read
    /// yet are still there when the next disk breaks, and a disk of each host at a time is one too many; and on
    /// the other host nobody reads them.
    private List<Plan> plans(String active, String other) {
        List<DiskFault> repaired =
                ways.stream().filter(how -> how != DiskFault.CORRUPT).toList();
        List<Plan> plans = new ArrayList<>();
        repaired.forEach(how -> plans.add(new Plan(active, true, how, repair(how, true))));
        repaired.forEach(how -> plans.add(new Plan(other, false, how, repair(how, false))));
        if (ways.contains(DiskFault.CORRUPT)) {
            plans.add(new Plan(active, true, DiskFault.CORRUPT, DiskRepair.BACK));
        }
        return plans;
    }

    /// Both ways for both hosts.
    private static DiskRepair repair(DiskFault how, boolean isActive) {
        boolean isSame = how == DiskFault.HANG || (how == DiskFault.ERROR) == isActive;
        return isSame ? DiskRepair.BACK : DiskRepair.REPLACED;
    }

    private DiskVerdict.Strike strike(Lab lab, ApiClient api, LabVm vm, DiskChurn churn, Plan plan) {
        churn.forget();
        timeline.tell(announcement(plan));
        Instant broken = Instant.now();
        long began = System.nanoTime();
        Optional<Long> noticed = Optional.empty();
        if (plan.how == DiskFault.CORRUPT) {
            lab.corruptDisk(plan.host, FLIPPED_BLOCKS, System.nanoTime());
        } else {
            lab.breakDisk(plan.host, plan.how);
            noticed = noticed(vm, churn, plan, began);
            firstWords(api, vm, broken);
        }
        boolean wentOn = worksOn(churn, Duration.ofMillis(seconds * 1000L / (2L * ways.size())));
        timeline.tell(
                wentOn
                        ? "the guest noticed nothing: %s; the longest wait was %s"
                                .formatted(done(churn.report()), millis(churn.longest()))
                        : "THE GUEST DOES NOT GO ON: " + trouble(churn));
        long repaired = System.nanoTime();
        if (plan.how != DiskFault.CORRUPT) {
            lab.repairDisk(plan.host, plan.repair);
            timeline.tell("the disk of %s %s"
                    .formatted(
                            plan.host, plan.repair == DiskRepair.BACK ? "works again" : "is replaced by an empty one"));
        }
        Optional<Long> inSync = wentOn ? inSync(vm, churn, repaired) : Optional.empty();
        wentOn = wentOn && churn.goesOn(REQUESTS, WORK, () -> working(churn));
        return new DiskVerdict.Strike(
                plan.host,
                plan.isActive,
                Optional.of(plan.how),
                plan.how == DiskFault.CORRUPT ? Optional.empty() : Optional.of(plan.repair.word()),
                noticed,
                longest(churn).toNanos() / 1e6,
                wentOn,
                inSync);
    }

    /// The guest's disks wait for the next life of the agent, and go on.
    private DiskVerdict.Strike killAgent(Lab lab, LabVm vm, DiskChurn churn, String active) {
        churn.forget();
        timeline.tell("THE AGENT OF %s, where the guest runs, WAS KILLED".formatted(active));
        long began = System.nanoTime();
        lab.breakAgent(active, false);
        boolean wentOn = worksOn(churn, Duration.ofMillis(seconds * 1000L / 4));
        timeline.tell(
                wentOn
                        ? "its next life has picked the guest up: %s; the longest wait was %s"
                                .formatted(done(churn.report()), millis(churn.longest()))
                        : "THE GUEST DOES NOT GO ON: " + trouble(churn));
        Optional<Long> inSync = wentOn ? inSync(vm, churn, began) : Optional.empty();
        return new DiskVerdict.Strike(
                active,
                true,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                longest(churn).toNanos() / 1e6,
                wentOn,
                inSync);
    }

    private static String announcement(Plan plan) {
        String what = plan.how == DiskFault.CORRUPT
                ? "LIES: A BIT IS FLIPPED IN EACH OF %d BLOCKS".formatted(FLIPPED_BLOCKS)
                : Breakage.words(plan.how);
        return "THE DISK OF %s, %s, %s"
                .formatted(plan.host, plan.isActive ? "where the guest runs" : "the guest's mirror", what);
    }

    /// Until the view counts the replica out.
    private Optional<Long> noticed(LabVm vm, DiskChurn churn, Plan plan, long began) {
        HostName host = new HostName(plan.host);
        Optional<VolumeStatus> without = seen(
                vm,
                NOTICE,
                churn,
                false,
                volume -> volume.replicas().stream()
                        .noneMatch(replica -> replica.host().equals(host) && replica.inSync()));
        if (without.isEmpty()) {
            timeline.tell("nobody noticed within %d s".formatted(NOTICE.toSeconds()));
            return Optional.empty();
        }
        long millis = (System.nanoTime() - began) / 1_000_000;
        timeline.tell("%d ms after that %s is counted out; the guest reads and writes on the disk of %s"
                .formatted(
                        millis,
                        plan.host,
                        without.get().replicas().stream()
                                .filter(replica -> replica.inSync())
                                .map(replica -> replica.host().value())
                                .findFirst()
                                .orElse("nobody")));
        return Optional.of(millis);
    }

    private void firstWords(ApiClient api, LabVm vm, Instant since) {
        events(api).stream()
                .filter(e -> !e.time().isBefore(since) && e.vm().equals(Optional.of(vm.name())))
                .filter(e -> e.severity() != Event.Severity.INFO)
                .findFirst()
                .ifPresent(e -> timeline.tell("%s says: %s".formatted(e.host(), e.text())));
    }

    private static List<Event> events(ApiClient api) {
        try {
            return api.events(0, 1000);
        } catch (Problem.Refused notNow) {
            return List.of();
        }
    }

    private boolean worksOn(DiskChurn churn, Duration time) {
        long end = System.nanoTime() + time.toNanos();
        boolean goesOn = true;
        while (goesOn && System.nanoTime() < end) {
            goesOn = churn.goesOn(REQUESTS, WORK, () -> working(churn));
        }
        return goesOn;
    }

    private Optional<Long> inSync(LabVm vm, DiskChurn churn, long repaired) {
        Optional<VolumeStatus> whole = seen(
                vm, PATIENCE, churn, true, volume -> volume.replicas().stream().allMatch(replica -> replica.inSync()));
        if (whole.isEmpty()) {
            timeline.tell("NOT IN SYNC AGAIN within %d s".formatted(PATIENCE.toSeconds()));
            return Optional.empty();
        }
        long millis = (System.nanoTime() - repaired) / 1_000_000;
        timeline.tell("both disks have everything%s (view %d)"
                .formatted(
                        millis < 100 ? "" : " again, %.1f s later".formatted(millis / 1e3),
                        vm.status().view()));
        return Optional.of(millis);
    }

    /// The volume, once it is so.
    ///
    /// @param tells of a copy's progress meanwhile
    private Optional<VolumeStatus> seen(
            LabVm vm, Duration patience, DiskChurn churn, boolean tells, Predicate<VolumeStatus> condition) {
        int told = 0;
        long end = System.nanoTime() + patience.toNanos();
        while (System.nanoTime() < end) {
            Optional<VolumeStatus> volume = volume(vm);
            if (volume.filter(condition).isPresent()) {
                return volume;
            }
            int percent = (int) (100 * volume.flatMap(VolumeStatus::progress).orElse(0.0));
            if (tells && percent >= told + 20 && percent < 100) {
                told = percent;
                timeline.tell("  what it lacks is being copied: %d %%".formatted(percent));
            }
            working(churn);
            LockSupport.parkNanos(POLL.toNanos());
        }
        return Optional.empty();
    }

    private static Optional<VolumeStatus> volume(LabVm vm) {
        try {
            return Optional.of(vm.status().disks().getFirst());
        } catch (Problem.Refused notNow) {
            return Optional.empty();
        }
    }

    private void working(DiskChurn churn) {
        progress.waiting(
                churn.silence().toSeconds() > 0
                        ? "the guest waits since %d s".formatted(churn.silence().toSeconds())
                        : done(churn.report()));
    }

    /// What is under way counts as well.
    private static Duration longest(DiskChurn churn) {
        Duration silence = churn.silence();
        return silence.toSeconds() > 0 && silence.compareTo(churn.longest()) > 0 ? silence : churn.longest();
    }

    private static String trouble(DiskChurn churn) {
        String trouble = churn.report().trouble();
        return trouble.isEmpty()
                ? "a request has waited for %d s".formatted(churn.silence().toSeconds())
                : trouble;
    }

    /// All that was written is read once more.
    private DiskChurn.Report checked(Lab lab, LabVm vm, DiskChurn.Report report) throws IOException {
        if (!report.isFlawless()) {
            return report;
        }
        try (GuestShell shell = shell(lab, vm)) {
            String wrong = DiskChurn.verify(shell, DEVICE, DiskChurn.USUAL_MIB, WORK);
            timeline.tell(wrong.isEmpty() ? "the guest has read all of it once more" : wrong);
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

    private DiskVerdict judge(DiskChurn.Report report) {
        DiskVerdict verdict = DiskVerdict.of(fault, report, strikes, timeline.entries());
        System.out.printf("%nWhat the guest saw:%n");
        System.out.printf("  requests      %s%n", done(report));
        System.out.printf("  errors        %d%n", verdict.errors());
        System.out.printf("  wrong blocks  %d%n", verdict.wrong());
        System.out.printf("  longest wait  %s%n", millis(report.longest()));
        if (!report.trouble().isEmpty()) {
            System.out.printf("  it says       %s%n", report.trouble());
        }
        System.out.printf("%nWhat broke:%n");
        for (DiskVerdict.Strike it : strikes) {
            System.out.printf(
                    "  %-7s of %s (%s): out after %s, longest wait %.0f ms, in sync %s%n",
                    it.what(),
                    it.host(),
                    it.how().isEmpty() ? "agent" : it.isActive() ? "active" : "mirror",
                    it.noticedMillis().map(ms -> ms + " ms").orElse("-"),
                    it.longestWaitMillis(),
                    it.inSyncMillis().map("%d ms later"::formatted).orElse("NEVER"));
        }
        System.out.println();
        System.out.println(
                verdict.passed()
                        ? "PASSED: it broke, and the guest noticed nothing but a short wait."
                        : "FAILED: this is not what level %s promises (and no wait of more than %.0f s)."
                                .formatted(level, DiskVerdict.LONGEST_WAIT_MILLIS / 1e3));
        return verdict;
    }

    private static String done(DiskChurn.Report report) {
        return "%d writes, %d reads compared, %d holes, %d flushes"
                .formatted(report.writes(), report.reads(), report.holes(), report.flushes());
    }

    private static String millis(Duration time) {
        return "%.0f ms".formatted(time.toNanos() / 1e6);
    }
}
