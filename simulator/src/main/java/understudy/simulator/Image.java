package understudy.simulator;

import java.util.Optional;
import understudy.model.Replica;
import understudy.simulator.Branch.Point;

/// A waiting QEMU and the memory of the active's guest, as far as this life of the agent holds it.
final class Image {
    private final Replica standby;
    private Optional<Point> held = Optional.empty();

    Image(Replica standby) {
        this.standby = standby;
    }

    Replica standby() {
        return standby;
    }

    /// The end of the last whole epoch; empty before the first.
    Optional<Point> held() {
        return held;
    }

    void hold(Point end) {
        held = Optional.of(end);
    }
}
