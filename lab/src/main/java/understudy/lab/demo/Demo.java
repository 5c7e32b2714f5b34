package understudy.lab.demo;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import understudy.api.ApiClient;
import understudy.api.Event;
import understudy.api.VmStatus;
import understudy.lab.Lab;
import understudy.lab.LabGuest;
import understudy.lab.LabVm;
import understudy.lab.Progress;
import understudy.lab.probe.EchoClient;
import understudy.lab.probe.SilenceMeter;
import understudy.model.HostName;
import understudy.model.Problem;

/// One demonstration, from nothing to nothing: the lab is made, and is gone at the end.
final class Demo {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration LAST_ANSWER = Duration.ofSeconds(10);

    private final String fault;
    private final int seconds;
    private final Timeline timeline;
    private final Progress progress;

    Demo(String fault, int seconds, Timeline timeline, Progress progress) {
        this.fault = fault;
        this.seconds = seconds;
        this.timeline = timeline;
        this.progress = progress;
    }

    Verdict run(LabGuest guest) throws IOException {
        return OwnLab.run(progress, (lab, api) -> show(lab, api, guest));
    }

    private Verdict show(Lab lab, ApiClient api, LabGuest guest) throws IOException {
        timeline.tell("hosts h1 and h2, witness w1 and a client are up, each on its own");
        LabVm vm = LabVm.create(api, guest, LabVm.Wish.usual("demo"));
        VmStatus running = vm.awaitRunning(PATIENCE, progress);
        timeline.tell("VM demo, a Debian kernel in 256 MiB, boots on %s".formatted(name(running.active())));
        VmStatus before = vm.awaitProtected(PATIENCE, progress);
        timeline.tell("VM demo is protected: active %s, standby %s (view %d)"
                .formatted(name(before.active()), name(before.standby()), before.view()));
        try (EchoClient client = connect(lab, vm);
                SilenceMeter meter = SilenceMeter.start(lab.clientNamespace(), vm.echo())) {
            timeline.tell("the client opens one TCP connection and sends numbered echoes, one after the other");
            work(client, Duration.ofMillis(seconds * 1000L / 3));
            double usual = client.report().p50().toNanos() / 1e6;
            timeline.tell("%d echoes so far, round trip %.1f ms".formatted(client.answered(), usual));
            return breakAndWatch(lab, api, vm, stillProtected(vm, before), client, meter, usual);
        }
    }

    /// What is promised is promised of a protected VM, and on a machine with too much to do one may have lost its
    /// standby while its client was looking on.
    private VmStatus stillProtected(LabVm vm, VmStatus before) {
        VmStatus now = vm.awaitProtected(PATIENCE, progress);
        if (now.view() != before.view()) {
            timeline.tell(
                    "VM demo was without a standby for a while; it is protected again: active %s, standby %s (view %d)"
                            .formatted(name(now.active()), name(now.standby()), now.view()));
        }
        return now;
    }

    private Verdict breakAndWatch(
            Lab lab,
            ApiClient api,
            LabVm vm,
            VmStatus before,
            EchoClient client,
            SilenceMeter meter,
            double usualMillis) {
        String victim = name(before.active());
        client.resetTimes();
        meter.reset();
        Instant broken = Instant.now();
        long began = System.nanoTime();
        strike(lab, victim);
        Optional<Long> takeover = takeover(api, vm, broken, began);
        work(client, Duration.ofMillis(seconds * 1000L / 3));
        if (fault.equals("host")) {
            lab.repairHost(victim);
            timeline.tell("%s has power again".formatted(victim));
        }
        Optional<Long> protectedAgain = protectedAgain(vm, began);
        work(client, Duration.ofNanos(Math.max(0, seconds * 2_000_000_000L / 3 - (System.nanoTime() - began))));
        double silent = meter.longest().toNanos() / 1e6;
        EchoClient.Report report = client.stop(LAST_ANSWER);
        return judge(report, usualMillis, takeover, silent, protectedAgain);
    }

    private void strike(Lab lab, String victim) {
        if (fault.equals("host")) {
            lab.breakHost(victim);
            timeline.tell("HOST %s LOST ITS POWER".formatted(victim));
        } else {
            lab.breakAgent(victim, false);
            timeline.tell("THE AGENT OF %s WAS KILLED".formatted(victim));
        }
    }

    /// Waits for the word that the guest goes on, on another host or (an agent alone) on its own.
    private Optional<Long> takeover(ApiClient api, LabVm vm, Instant broken, long began) {
        long end = began + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            Optional<Event> resumed = events(api).stream()
                    .filter(e -> !e.time().isBefore(broken) && e.vm().equals(Optional.of(vm.name())))
                    .filter(e -> e.kind().equals("resumed") || e.kind().equals("adopted"))
                    .findFirst();
            if (resumed.isPresent()) {
                long millis = Duration.between(broken, resumed.get().time()).toMillis();
                timeline.tell("%s took over %d ms after that (view %d)"
                        .formatted(resumed.get().host(), millis, vm.status().view()));
                return Optional.of(millis);
            }
            progress.waiting("waiting for the takeover");
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
        timeline.tell("nobody took over within %d s".formatted(PATIENCE.toSeconds()));
        return Optional.empty();
    }

    private static List<Event> events(ApiClient api) {
        try {
            return api.events(0, 1000);
        } catch (Problem.Refused notNow) {
            return List.of();
        }
    }

    private Optional<Long> protectedAgain(LabVm vm, long began) {
        try {
            VmStatus again = vm.awaitProtected(PATIENCE, progress);
            long millis = (System.nanoTime() - began) / 1_000_000;
            timeline.tell("VM demo is protected again: active %s, standby %s (view %d)"
                    .formatted(name(again.active()), name(again.standby()), again.view()));
            return Optional.of(millis);
        } catch (Problem.Refused e) {
            timeline.tell("%s".formatted(e.problem().message()));
            return Optional.empty();
        }
    }

    private Verdict judge(
            EchoClient.Report report,
            double usualMillis,
            Optional<Long> takeover,
            double silentMillis,
            Optional<Long> protectedAgain) {
        Verdict verdict =
                Verdict.of(fault, report, usualMillis, takeover, silentMillis, protectedAgain, timeline.entries());
        System.out.printf("%nWhat the client saw:%n");
        System.out.printf(
                "  echoes        %d sent, %d answered, %d lost, %d wrong%n",
                verdict.sent(), verdict.answered(), verdict.lost(), verdict.wrong());
        System.out.printf(
                "  connection    %s%n",
                report.failure().isEmpty() ? "the same one from first to last" : "BROKEN: " + report.failure());
        System.out.printf(
                "  longest wait  %.0f ms (round trip before: %.1f ms)%n", verdict.longestWaitMillis(), usualMillis);
        System.out.printf("  guest silent  %.0f ms at the longest%n%n", silentMillis);
        System.out.println(
                verdict.passed()
                        ? "PASSED: the guest went on, and its client noticed nothing but a short wait."
                        : "FAILED: this is not what level system promises.");
        return verdict;
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

    private static String name(Optional<HostName> host) {
        return host.map(HostName::value).orElse("nobody");
    }
}
