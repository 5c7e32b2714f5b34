package understudy.api;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
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

    /// Every agent has told of what it runs by then.
    private static final Duration REPORTED = Duration.ofSeconds(1);

    private final ApiClient api;
    private final HostName host;
    private final Consumer<String> progress;
    private final Set<VmName> asked = new LinkedHashSet<>();
    private final List<VmName> arriving = new ArrayList<>();
    private final List<Kept> kept = new ArrayList<>();

    private HandOver(ApiClient api, HostName host, Consumer<String> progress) {
        this.api = api;
        this.host = host;
        this.progress = progress;
    }

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
    /// most; then those that have not are let stay. A VM that stays is no failure: it is in the report.
    ///
    /// @param progress hears every few seconds of those that are waited for
    /// @throws Problem.Refused if no agent answers
    public static Report of(ApiClient api, HostName host, Consumer<String> progress) {
        HandOver it = new HandOver(api, host, progress);
        it.runningThere().forEach(it::ask);
        List<VmStatus> left = it.awaitMoved();
        left.stream().filter(vm -> vm.movingTo().isPresent()).forEach(it::letStay);
        return it.report(left);
    }

    private void letStay(VmStatus vm) {
        try {
            api.stay(vm.name());
        } catch (Problem.Refused inMaintenance) {
            // Somebody else wants it away, too.
        }
    }

    /// Puts `host` into maintenance, and waits until its VMs have moved, for two minutes at most. Those that have
    /// not may do so later.
    ///
    /// @param progress hears every few seconds of those that are waited for
    /// @throws Problem.Refused if no agent answers, or if there is no such host
    public static Report maintain(ApiClient api, HostName host, Consumer<String> progress) {
        HandOver it = new HandOver(api, host, progress);
        api.vms().stream()
                .filter(vm -> vm.movingTo().equals(Optional.of(host)))
                .forEach(vm -> it.arriving.add(vm.name()));
        // Some are away as soon as it is recorded.
        it.runningThere().forEach(vm -> it.asked.add(vm.name()));
        api.maintain(host, true);
        it.runningThere().stream()
                .filter(vm -> vm.movingTo().isEmpty() && vm.wanted())
                .forEach(it::ask);
        return it.report(it.awaitMoved());
    }

    private List<VmStatus> runningThere() {
        return api.vms().stream()
                .filter(vm -> vm.active().equals(Optional.of(host)) && vm.state() != VmState.STOPPED)
                .toList();
    }

    private void ask(VmStatus vm) {
        try {
            api.switchover(vm.name(), Optional.of(host), Optional.empty());
            asked.add(vm.name());
        } catch (Problem.Refused refused) {
            asked.remove(vm.name());
            kept.add(new Kept(vm.name(), refused.problem().message()));
        }
    }

    private Report report(List<VmStatus> left) {
        left.forEach(vm -> kept.add(new Kept(vm.name(), whyItStays(vm))));
        List<VmName> names = left.stream().map(VmStatus::name).toList();
        List<String> obstacles = api.hosts().stream()
                .filter(it -> it.name().equals(host))
                .flatMap(it -> it.obstacles().stream())
                .toList();
        List<VmName> moved = asked.stream().filter(vm -> !names.contains(vm)).toList();
        return new Report(moved, kept, obstacles);
    }

    private static String whyItStays(VmStatus vm) {
        if (vm.movingTo().isEmpty()) {
            return vm.wanted() ? "somebody lets it stay" : "it is shutting down";
        }
        return vm.reason().isEmpty() ? "it has not moved in time" : "it has not moved: " + vm.reason();
    }

    /// @return those that are there yet
    private List<VmStatus> awaitMoved() {
        long begin = System.nanoTime();
        long told = begin - TELL_PERIOD.toNanos();
        while (true) {
            List<VmStatus> all = api.vms();
            all.stream()
                    .filter(vm -> vm.active().equals(Optional.of(host)) && arriving.remove(vm.name()))
                    .forEach(vm -> asked.add(vm.name()));
            List<VmStatus> left = all.stream()
                    .filter(vm -> asked.contains(vm.name()) && vm.active().equals(Optional.of(host)))
                    .toList();
            List<VmStatus> pending = all.stream()
                    .filter(vm ->
                            (left.contains(vm) && (vm.movingTo().isPresent() || !vm.wanted())) || isArriving(vm, begin))
                    .toList();
            long now = System.nanoTime();
            if (pending.isEmpty() || now - begin > PATIENCE.toNanos()) {
                return left;
            }
            if (now - told > TELL_PERIOD.toNanos()) {
                told = now;
                progress.accept(
                        "waiting for " + pending.stream().map(HandOver::how).collect(Collectors.joining(", ")));
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    /// Whether it may have been handed over to the host just when that was put into maintenance. What is told of it may
    /// be as old as a report.
    private boolean isArriving(VmStatus vm, long begin) {
        boolean isHandedOver = vm.state() == VmState.PAUSED || System.nanoTime() - begin < REPORTED.toNanos();
        return arriving.contains(vm.name()) && isHandedOver;
    }

    private static String how(VmStatus vm) {
        return vm.name()
                + vm.progress()
                        .map(share -> String.format(Locale.ROOT, " (%.0f %% copied)", 100 * share))
                        .orElse("");
    }
}
