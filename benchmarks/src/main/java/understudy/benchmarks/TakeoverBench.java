package understudy.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import understudy.api.ApiClient;
import understudy.api.Event;
import understudy.api.VmStatus;
import understudy.benchmarks.Takeover.Stages;
import understudy.lab.Lab;
import understudy.lab.LabVm;
import understudy.lab.Progress;
import understudy.lab.probe.EchoClient;
import understudy.lab.probe.SilenceMeter;
import understudy.lab.probe.SilenceMeter.Silence;
import understudy.model.HostName;
import understudy.model.Problem;

/// Strikes the host that runs a guest, again and again, and measures what the guest's client sees of it. One TCP
/// connection lasts through all faults; the guest is protected again before the next.
///
/// A fault after which something is not as it should be is reported with the agents' last words, and the
/// measurement goes on with a new lab.
final class TakeoverBench {
    /// Before a fault: the load is on, and figures of the last fault are over.
    private static final Duration SETTLE = Duration.ofSeconds(2);

    /// After a takeover: late consequences still count for it.
    private static final Duration AFTERMATH = Duration.ofSeconds(1);

    private static final Duration TAKEOVER_MAX = Duration.ofSeconds(30);
    private static final Duration LAST_ANSWER = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final int FAILURES_MAX = 3;
    private static final int EVENTS_AT_ONCE = 1000;
    private static final int LAST_WORDS = 30;

    private final Progress progress;
    private final List<Takeover> takeovers = new ArrayList<>();
    private final List<EchoClient.Report> clients = new ArrayList<>();

    TakeoverBench(Progress progress) {
        this.progress = progress;
    }

    /// One after the other, as they were done.
    List<Takeover> takeovers() {
        return List.copyOf(takeovers);
    }

    /// One for each TCP connection that was needed: one, if nothing failed.
    List<EchoClient.Report> clients() {
        return List.copyOf(clients);
    }

    /// Strikes `faults` times in each way. Every fault moves the guest to the other host, so the ways change their
    /// order
    /// each time: else each would strike one host only.
    ///
    /// @return what it was measured on
    MachineFacts run(int faults, List<Kind> kinds) throws IOException {
        List<Kind> due = new ArrayList<>();
        for (int i = 0; i < faults; i++) {
            due.addAll(i % 2 == 0 ? kinds : kinds.reversed());
        }
        Optional<MachineFacts> machine = Optional.empty();
        while (!due.isEmpty() && failures() < FAILURES_MAX) {
            try (Bed bed = Bed.make(progress)) {
                machine = Optional.of(machine.orElse(MachineFacts.take(bed.api().hosts())));
                runUntilFailure(bed, due);
            }
        }
        return machine.orElseThrow(() -> new IOException("nothing was measured"));
    }

    long failures() {
        return takeovers.stream().filter(Takeover::hasFailed).count();
    }

    private void runUntilFailure(Bed bed, List<Kind> due) throws IOException {
        LabVm vm = bed.create(LabVm.Wish.usual("bench"));
        vm.awaitProtected(Bed.PATIENCE, progress);
        try (EchoClient client = bed.connect(vm)) {
            strikeUntilFailure(bed, vm, client, due);
            clients.add(client.stop(LAST_ANSWER));
        }
    }

    private void strikeUntilFailure(Bed bed, LabVm vm, EchoClient client, List<Kind> due) throws IOException {
        try (SilenceMeter meter = SilenceMeter.start(bed.lab().clientNamespace(), vm.echo())) {
            boolean failed = false;
            while (!due.isEmpty() && !failed) {
                Kind kind = due.removeFirst();
                Takeover takeover = new Fault(bed, vm, client, meter, kind).run();
                takeovers.add(takeover);
                failed = takeover.hasFailed();
                progress.step(TakeoverReport.line(takeover));
                takeover.evidence().forEach(progress::step);
            }
        }
    }

    private int numberOf(Kind kind) {
        return 1 + (int) takeovers.stream().filter(it -> it.kind() == kind).count();
    }

    /// One fault, from a protected guest to a protected guest.
    private final class Fault {
        private final Bed bed;
        private final LabVm vm;
        private final EchoClient client;
        private final SilenceMeter meter;
        private final Kind kind;

        Fault(Bed bed, LabVm vm, EchoClient client, SilenceMeter meter, Kind kind) {
            this.bed = bed;
            this.vm = vm;
            this.client = client;
            this.meter = meter;
            this.kind = kind;
        }

        Takeover run() {
            VmStatus before = vm.awaitProtected(Bed.PATIENCE, progress);
            String victim = name(before.active());
            String survivor = name(before.standby());
            try (ApiClient api = bed.api(survivor)) {
                bed.pass(SETTLE, "%s %d: settling".formatted(kind.title(), numberOf(kind)));
                long seen = lastEvent(api);
                meter.reset();
                client.resetTimes();
                long struck = System.nanoTime();
                kind.strike(bed.lab(), victim);
                return awaited(api, victim, seen, struck);
            } catch (Problem.Refused | IOException e) {
                return Takeover.failed(kind, numberOf(kind), victim, String.valueOf(e.getMessage()), lastWords());
            }
        }

        private Takeover awaited(ApiClient api, String victim, long seen, long struck) throws IOException {
            await("the takeover", () -> find(api, seen, "resumed").isPresent());
            long resumed = client.answered();
            await("an answer to the client", () -> client.answered() > resumed + 1 || isBroken());
            bed.pass(AFTERMATH, "looking at the aftermath");
            Silence silence = meter.longestSilence();
            double wait = millis(client.report().longest());
            Optional<Stages> stages = stages(api, seen, silence);
            meter.reset();
            kind.mend(bed.lab(), victim);
            long mended = kind == Kind.POWER_LOSS ? System.nanoTime() : struck;
            vm.awaitProtected(Bed.PATIENCE, progress);
            double again = (System.nanoTime() - mended) / 1e6;
            double copySilent = millis(meter.longest());
            EchoClient.Report report = client.report();
            String failure = isBroken() || report.wrong() > 0
                    ? "the client: %d wrong answers; connection: %s".formatted(report.wrong(), report.failure())
                    : "";
            return new Takeover(
                    kind,
                    numberOf(kind),
                    victim,
                    millis(silence.length()),
                    wait,
                    stages,
                    Optional.of(again),
                    Optional.of(copySilent),
                    failure,
                    failure.isEmpty() ? List.of() : lastWords());
        }

        private boolean isBroken() {
            return !client.report().failure().isEmpty();
        }

        private void await(String what, BooleanSupplier condition) throws IOException {
            long end = System.nanoTime() + TAKEOVER_MAX.toNanos();
            while (!condition.getAsBoolean()) {
                if (System.nanoTime() > end) {
                    throw new IOException("waited %d s in vain for %s".formatted(TAKEOVER_MAX.toSeconds(), what));
                }
                progress.waiting("waiting for " + what);
                LockSupport.parkNanos(POLL.toNanos());
            }
        }

        private Optional<Stages> stages(ApiClient api, long seen, Silence silence) {
            Optional<Instant> claimed = find(api, seen, "takeover");
            Optional<Instant> granted = find(api, seen, "resuming");
            Optional<Instant> resumed = find(api, seen, "resumed");
            if (claimed.isEmpty() || granted.isEmpty() || resumed.isEmpty()) {
                return Optional.empty();
            }
            return Optional.of(new Stages(
                    between(silence.began(), claimed.get()),
                    between(claimed.get(), granted.get()),
                    between(granted.get(), resumed.get()),
                    between(resumed.get(), silence.ended())));
        }

        /// When the first event of this kind after `seen` was, that is about the VM.
        private Optional<Instant> find(ApiClient api, long seen, String what) {
            return api.events(seen, EVENTS_AT_ONCE).stream()
                    .filter(event -> event.kind().equals(what) && event.vm().equals(Optional.of(vm.name())))
                    .map(Event::time)
                    .findFirst();
        }

        private List<String> lastWords() {
            List<String> words = new ArrayList<>();
            for (String node : List.of("h1", "h2", "w1")) {
                words.add("--- the log of " + node);
                words.addAll(endOfLog(bed.lab(), node));
            }
            return words;
        }
    }

    private static List<String> endOfLog(Lab lab, String node) {
        Path now = lab.agentLog(node);
        List<String> lines = new ArrayList<>();
        for (Path log : List.of(now.resolveSibling(now.getFileName() + ".1"), now)) {
            try {
                List<String> all = Files.exists(log) ? Files.readAllLines(log) : List.of();
                lines.addAll(all.subList(Math.max(0, all.size() - LAST_WORDS), all.size()));
            } catch (IOException e) {
                lines.add(log + ": " + e.getMessage());
            }
        }
        return lines;
    }

    private static long lastEvent(ApiClient api) {
        long last = 0;
        List<Event> some = api.events(last, EVENTS_AT_ONCE);
        while (!some.isEmpty()) {
            last = some.getLast().sequence();
            some = api.events(last, EVENTS_AT_ONCE);
        }
        return last;
    }

    private static double between(Instant from, Instant to) {
        return millis(Duration.between(from, to));
    }

    private static double millis(Duration time) {
        return time.toNanos() / 1e6;
    }

    private static String name(Optional<HostName> host) {
        return host.map(HostName::value).orElse("nobody");
    }
}
