package understudy.benchmarks;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import understudy.api.Checkpoints;
import understudy.lab.LabVm;
import understudy.lab.Progress;
import understudy.lab.probe.DiskChurn;
import understudy.lab.probe.EchoClient;
import understudy.lab.probe.GuestShell;
import understudy.model.Problem;

/// Measures what protection costs: the same guest in every [Setting], one at a time, in rounds that take turns,
/// so that a machine whose speed changes meanwhile wrongs none of them.
///
/// All times are taken outside the guest, whose own clock stands still in pauses. Pauses are QEMU's own,
/// between its events STOP and RESUME.
final class CheckpointBench {
    /// The window of the agent's figures is five seconds, and they are up to half a second old.
    static final int SECONDS_MIN = 6;

    private static final Duration WARM_UP = Duration.ofSeconds(2);
    private static final Duration LAST_ANSWER = Duration.ofSeconds(10);
    private static final Duration ANSWER = Duration.ofSeconds(30);
    private static final Duration LAST_REQUEST = Duration.ofSeconds(30);
    private static final Duration GONE = Duration.ofSeconds(30);
    private static final Duration TURN = Duration.ofMillis(500);
    private static final int ATTEMPTS = 3;
    private static final int FIRST_ADDRESS = 10;
    private static final int ADDRESSES = 240;

    private final Bed bed;
    private final Duration time;
    private final List<Work> works;
    private final Progress progress;
    private int guests;

    /// @param time for each measurement
    CheckpointBench(Bed bed, Duration time, List<Work> works) {
        this.bed = bed;
        this.time = time;
        this.works = List.copyOf(works);
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
        LabVm vm = bed.create(setting.wish("bench").at(freshAddress()));
        vm.awaitRunning(Bed.PATIENCE, progress);
        if (setting.isProtected()) {
            vm.awaitProtected(Bed.PATIENCE, progress);
        }
        List<Sample> samples = new ArrayList<>();
        for (Work work : works) {
            Sample sample = undisturbed(vm, setting, work, round);
            progress.step("  %s, %s: %s".formatted(setting, work, CheckpointReport.line(sample)));
            samples.add(sample);
        }
        vm.delete(GONE, progress);
        return samples;
    }

    /// Every guest has a network card of its own, and for a while its client would look for it by the last one's.
    private String freshAddress() {
        return "10.77.0." + (FIRST_ADDRESS + guests++ % ADDRESSES);
    }

    /// A sample during which the guest was protected all the time: on a machine with other work to do, a host may be
    /// silent for so long that it is taken for lost, and what is measured then is the new copy.
    private Sample undisturbed(LabVm vm, Setting setting, Work work, int round) throws IOException {
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            long view = settledView(vm, setting);
            Sample sample = work == Work.LOOP ? loop(vm, setting, round) : echo(vm, setting, work, round);
            if (settledView(vm, setting) == view) {
                return sample;
            }
            progress.step("  %s, %s: protection was lost meanwhile; once more".formatted(setting, work));
        }
        throw Problem.of(
                        "disturbed",
                        "The guest lost its protection in each of %d measurements.".formatted(ATTEMPTS),
                        "Measure on a machine that has nothing else to do; see the agents' logs.")
                .refused();
    }

    private long settledView(LabVm vm, Setting setting) {
        return setting.isProtected()
                ? vm.awaitProtected(Bed.PATIENCE, progress).view()
                : vm.awaitRunning(Bed.PATIENCE, progress).view();
    }

    private Sample echo(LabVm vm, Setting setting, Work work, int round) throws IOException {
        return work == Work.DISK
                ? echoBesideDisk(vm, setting, round)
                : echo(vm, setting, work, round, Optional.empty());
    }

    private Sample echoBesideDisk(LabVm vm, Setting setting, int round) throws IOException {
        try (DiskChurn churn =
                DiskChurn.start(bed.shell(vm), "/dev/vda", DiskChurn.USUAL_MIB, DiskChurn.REST_BESIDE_A_CLIENT)) {
            Sample sample = echo(vm, setting, Work.DISK, round, Optional.of(churn));
            DiskChurn.Report report = churn.stop(LAST_REQUEST);
            if (!report.isFlawless()) {
                throw new IOException("%s: the guest's disk: %s".formatted(setting, report.trouble()));
            }
            return sample;
        }
    }

    /// @param churn what uses the guest's disk, if it is used
    private Sample echo(LabVm vm, Setting setting, Work work, int round, Optional<DiskChurn> churn) throws IOException {
        try (GuestShell shell = bed.shell(vm)) {
            if (work.dirtyMibPerSecond() > 0) {
                int rate = work.dirtyMibPerSecond();
                shell.run("load dirty " + rate + " >/tmp/dirtied 2>&1 & load=$!", ANSWER);
            }
            try (EchoClient client = bed.connect(vm)) {
                bed.pass(WARM_UP, "warming up");
                long before = client.answered();
                long requestsBefore = requests(churn);
                client.resetTimes();
                long began = System.nanoTime();
                bed.pass(time, "measuring");
                double seconds = (System.nanoTime() - began) / 1e9;
                EchoClient.Report report = client.report();
                Optional<Checkpoints> checkpoints = checkpoints(vm, setting);
                double echoes = (report.answered() - before) / seconds;
                double requests = (requests(churn) - requestsBefore) / seconds;
                check(client.stop(LAST_ANSWER), setting, work);
                return new Sample(
                        setting,
                        work,
                        round,
                        Optional.of(report.p50().toNanos() / 1e6),
                        Optional.of(report.p99().toNanos() / 1e6),
                        Optional.of(echoes),
                        Optional.empty(),
                        work.dirtyMibPerSecond() > 0 ? Optional.of(dirtied(shell)) : Optional.empty(),
                        churn.map(_ -> requests),
                        checkpoints);
            }
        }
    }

    private static long requests(Optional<DiskChurn> churn) {
        return churn.map(it -> it.report().requests()).orElse(0L);
    }

    /// Figures of a guest that lost or garbled an echo are worth nothing.
    private static void check(EchoClient.Report report, Setting setting, Work work) throws IOException {
        if (!report.isFlawless()) {
            throw new IOException("%s, %s: %d echoes lost, %d wrong; %s"
                    .formatted(setting, work, report.lost(), report.wrong(), report.failure()));
        }
    }

    /// Ends the load, and reads what it said last: `dirtied 31.9 MiB/s`.
    private static double dirtied(GuestShell shell) throws IOException {
        List<String> said = shell.run("kill $load; wait $load; tail -n 1 /tmp/dirtied", ANSWER);
        for (String line : said) {
            String[] words = line.split(" ", -1);
            if (words.length == 3 && words[0].equals("dirtied")) {
                return Double.parseDouble(words[1]);
            }
        }
        throw new IOException("the guest's load said: " + String.join("; ", said));
    }

    /// Beside a second guest, unprotected, that turns the same loop: each in turn for a moment, so that a machine
    /// whose speed changes from second to second wrongs neither.
    private Sample loop(LabVm vm, Setting setting, int round) throws IOException {
        LabVm ruler = bed.create(Setting.UNPROTECTED.wish("ruler").at(freshAddress()));
        ruler.awaitRunning(Bed.PATIENCE, progress);
        List<Double> slowdowns = new ArrayList<>();
        try (Spinner measured = Spinner.in(bed, vm);
                Spinner bare = Spinner.in(bed, ruler)) {
            measured.spin(WARM_UP);
            bare.spin(WARM_UP);
            for (int pair = 0; pair < Math.ceilDiv(time.toNanos(), 2 * TURN.toNanos()); pair++) {
                boolean isFirst = pair % 2 == 0;
                double before = isFirst ? measured.spin(TURN) : 0;
                double without = bare.spin(TURN);
                double with = isFirst ? before : measured.spin(TURN);
                slowdowns.add(without / with);
            }
        }
        Optional<Checkpoints> checkpoints = checkpoints(vm, setting);
        ruler.delete(GONE, progress);
        return new Sample(
                setting,
                Work.LOOP,
                round,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(Figures.median(slowdowns).orElseThrow()),
                Optional.empty(),
                Optional.empty(),
                checkpoints);
    }

    private static Optional<Checkpoints> checkpoints(LabVm vm, Setting setting) {
        return setting.isProtected() ? vm.status().checkpoints() : Optional.empty();
    }
}
