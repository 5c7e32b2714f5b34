package understudy.simulator;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import understudy.model.Replica;
import understudy.simulator.Branch.Point;

/// A waiting QEMU and the memory of the active's guest, as far as this life of the agent holds it.
final class Image {
    private final Replica standby;
    private final Deque<KeptRequest> kept = new ArrayDeque<>();
    private Optional<Epoch> last = Optional.empty();
    private long segments;

    Image(Replica standby) {
        this.standby = standby;
    }

    Replica standby() {
        return standby;
    }

    /// The end of the last whole epoch; empty before the first.
    Optional<Point> held() {
        return last.map(Epoch::end);
    }

    Optional<Epoch> last() {
        return last;
    }

    /// What the guest was told is written, and is not known to be on the disks.
    List<KeptRequest> kept() {
        return List.copyOf(kept);
    }

    void hold(Epoch epoch) {
        last = Optional.of(epoch);
        kept.addAll(epoch.kept());
    }

    /// So many segments are on the disks, counted from the beginning.
    void applied(long number) {
        while (segments < number && !kept.isEmpty()) {
            segments += kept.removeFirst().isFlush() ? 1 : 0;
        }
    }
}
