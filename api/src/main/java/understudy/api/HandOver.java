package understudy.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import understudy.model.HostName;
import understudy.model.Problem;
import understudy.model.VmName;

/// Moves a host's VMs away before its power is switched off.
///
/// That cannot be the agent's own affair when it gets SIGTERM: an agent that is stopped or upgraded alone leaves its
/// VMs where they are, and it cannot tell that from a shutdown. So whoever shuts the host down says so first, and
/// then stops the agent.
public final class HandOver {
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

    /// Asks for a switchover of each VM that is active on `host`, one after the other. A VM that stays is no
    /// failure: it is in the report.
    ///
    /// @param progress hears of each before it is tried
    /// @throws Problem.Refused if no agent answers
    public static Report of(ApiClient api, HostName host, Consumer<String> progress) {
        List<VmName> moved = new ArrayList<>();
        List<Kept> kept = new ArrayList<>();
        for (VmStatus vm : api.vms()) {
            if (!vm.active().equals(Optional.of(host)) || vm.state() == VmState.STOPPED) {
                continue;
            }
            progress.accept("moving VM %s away from %s".formatted(vm.name(), host));
            try {
                api.switchover(vm.name());
                moved.add(vm.name());
            } catch (Problem.Refused refused) {
                kept.add(new Kept(vm.name(), refused.problem().message()));
            }
        }
        List<String> obstacles = api.hosts().stream()
                .filter(it -> it.name().equals(host))
                .flatMap(it -> it.obstacles().stream())
                .toList();
        return new Report(moved, kept, obstacles);
    }
}
