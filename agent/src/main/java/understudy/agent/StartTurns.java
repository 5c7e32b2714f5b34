package understudy.agent;

import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import understudy.model.Moment;
import understudy.model.VmId;
import understudy.model.VmRecord;
import understudy.protocol.StartOrder;

/// Holds VMs back while it is not their turn to start: looks a few times a second at what [StartOrder] says.
///
/// Threads: any may ask; those that look do so one at a time.
final class StartTurns {
    private static final Duration LOOK = Duration.ofMillis(200);

    private Optional<StartOrder> order = Optional.empty();
    private Optional<Moment> looked = Optional.empty();
    private volatile Set<VmId> held = Set.of();

    /// @param running as their hosts say
    synchronized void look(Collection<VmRecord> vms, Set<VmId> running, Moment now) {
        looked = Optional.of(now);
        StartOrder next = order.orElseGet(() -> StartOrder.from(now)).seen(running, now);
        order = Optional.of(next);
        held = next.held(vms, now);
    }

    /// Whether another look is due; not before the first.
    synchronized boolean isDue(Moment now) {
        return looked.filter(at -> now.since(at).compareTo(LOOK) >= 0).isPresent();
    }

    boolean isHeld(VmId vm) {
        return held.contains(vm);
    }
}
