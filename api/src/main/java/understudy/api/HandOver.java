package understudy.api;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import understudy.model.HostName;
import understudy.model.Problem;
import understudy.model.VmName;

/// Moves a host's VMs away before its power is switched off.
///
/// That cannot be the agent's own affair when it gets SIGTERM: an agent that is stopped or upgraded alone leaves its
/// VMs where they are, and it cannot tell that from a shutdown. So whoever shuts the host down says so first, and
/// then stops the agent.
public final class HandOver {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration TELL_PERIOD = Duration.ofSeconds(2);
    private static final Duration POLL = Duration.ofMillis(100);

    private HandOver() {}

    /// @param moved whose VMs run on another host now
    /// @param kept  those that were not moved, each with the reason; they end with the host
    /// @param obstacles why the host should not be switched off even now ([HostStatus])
    public record Report(List<VmName> moved, List<Kept> kept, List<String> obstacles) {
        public static final Report NOTHING = new Report(List.of(), List.of(), List.of());

        public Report {
            moved = List.copyOf(moved);
            kept = List.copyOf(kept);
            obstacles = List.copyOf(obstacles);
        }
    }

    /// A VM that stays.
    public record Kept(VmName vm, String reason) {}

    /// Asks for a switchover of each VM that is active on `host`, and waits until they have moved, for two minutes at
    /// most. A VM that stays is no failure: it is in the report, and may move yet.
    ///
    /// @param progress hears of each that is asked for, and every few seconds of those that are waited for
    /// @throws Problem.Refused if no agent answers
    public static Report of(ApiClient api, HostName host, Consumer<String> progress) {
        List<VmName> asked = new ArrayList<>();
        List<Kept> kept = new ArrayList<>();
        for (VmStatus vm : api.vms()) {
            if (!vm.active().equals(Optional.of(host)) || vm.state() == VmState.STOPPED) {
                continue;
            }
            progress.accept("moving VM %s away from %s".formatted(vm.name(), host));
            try {
                api.switchover(vm.name());
                asked.add(vm.name());
            } catch (Problem.Refused refused) {
                kept.add(new Kept(vm.name(), refused.problem().message()));
            }
        }
        List<VmStatus> left = awaitMoved(api, host, asked, progress);
        left.forEach(vm -> kept.add(new Kept(
                vm.name(), vm.reason().isEmpty() ? "it has not moved in time" : "it has not moved: " + vm.reason())));
        List<VmName> staying = left.stream().map(VmStatus::name).toList();
        List<String> obstacles = api.hosts().stream()
                .filter(it -> it.name().equals(host))
                .flatMap(it -> it.obstacles().stream())
                .toList();
        List<VmName> moved = asked.stream().filter(vm -> !staying.contains(vm)).toList();
        return new Report(moved, kept, obstacles);
    }

    /// Those that are there yet.
    private static List<VmStatus> awaitMoved(
            ApiClient api, HostName host, List<VmName> asked, Consumer<String> progress) {
        long begin = System.nanoTime();
        long told = begin;
        while (true) {
            List<VmStatus> left = api.vms().stream()
                    .filter(vm -> asked.contains(vm.name()) && vm.active().equals(Optional.of(host)))
                    .toList();
            long now = System.nanoTime();
            if (left.isEmpty() || now - begin > PATIENCE.toNanos()) {
                return left;
            }
            if (now - told > TELL_PERIOD.toNanos()) {
                told = now;
                progress.accept(
                        "waiting for " + left.stream().map(HandOver::how).collect(Collectors.joining(", ")));
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    private static String how(VmStatus vm) {
        return vm.name()
                + vm.progress()
                        .map(share -> String.format(Locale.ROOT, " (%.0f %% copied)", 100 * share))
                        .orElse("");
    }
}
