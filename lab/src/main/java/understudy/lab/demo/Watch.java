package understudy.lab.demo;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import understudy.api.ApiClient;
import understudy.api.Event;
import understudy.api.VmStatus;
import understudy.lab.LabVm;
import understudy.lab.Progress;
import understudy.model.HostName;
import understudy.model.Problem;

/// Waits for what is to become of a demonstration's VM, and tells it.
record Watch(ApiClient api, LabVm vm, Timeline timeline, Progress progress) {
    static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration POLL = Duration.ofMillis(20);

    static String name(Optional<HostName> host) {
        return host.map(HostName::value).orElse("nobody");
    }

    /// What is promised is promised of a protected VM, and on a machine with too much to do one may have lost its
    /// standby while its client was looking on.
    VmStatus stillProtected(VmStatus before) {
        VmStatus now = vm.awaitProtected(PATIENCE, progress);
        if (now.view() != before.view()) {
            timeline.tell(
                    "VM demo was without a standby for a while; it is protected again: active %s, standby %s (view %d)"
                            .formatted(name(now.active()), name(now.standby()), now.view()));
        }
        return now;
    }

    /// Waits for the word that the guest goes on, on another host or (an agent alone) on its own.
    ///
    /// @return milliseconds after the fault; empty if that did not come
    Optional<Long> takeover(Instant broken) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            Optional<Event> resumed = events().stream()
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
            LockSupport.parkNanos(POLL.toNanos());
        }
        timeline.tell("nobody took over within %d s".formatted(PATIENCE.toSeconds()));
        return Optional.empty();
    }

    private List<Event> events() {
        try {
            return api.events(0, 1000);
        } catch (Problem.Refused notNow) {
            return List.of();
        }
    }

    /// @param began when the fault struck, of the monotonic clock
    /// @return milliseconds after that; empty if that did not come
    Optional<Long> protectedAgain(long began) {
        try {
            VmStatus again = vm.awaitProtected(PATIENCE, progress);
            long millis = (System.nanoTime() - began) / 1_000_000;
            timeline.tell("VM demo is protected again: active %s, standby %s (view %d)"
                    .formatted(name(again.active()), name(again.standby()), again.view()));
            return Optional.of(millis);
        } catch (Problem.Refused e) {
            timeline.tell(e.problem().message());
            return Optional.empty();
        }
    }

    Optional<HostName> active() {
        try {
            return vm.status().active();
        } catch (Problem.Refused notNow) {
            return Optional.empty();
        }
    }
}
