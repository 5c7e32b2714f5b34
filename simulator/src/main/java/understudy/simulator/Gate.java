package understudy.simulator;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import understudy.simulator.Branch.Point;

/// The output gate of a guest, as the real port has it. A frame is the point at which the guest made it.
final class Gate {
    /// Frames that wait; more are dropped, as a network may.
    private static final int HELD_MAX = 4_096;

    enum Mode {
        SHUT,
        OPEN,
        GATED
    }

    private record Held(long epoch, Point frame) {}

    private final Consumer<Point> world;
    private final BooleanSupplier mayLeave;
    private final Deque<Held> held = new ArrayDeque<>();
    private Mode mode = Mode.SHUT;
    private long epoch = 1;

    /// @param mayLeave looked at with each frame of an open gate
    Gate(Consumer<Point> world, BooleanSupplier mayLeave) {
        this.world = world;
        this.mayLeave = mayLeave;
    }

    Mode mode() {
        return mode;
    }

    /// Whether the frame has to wait for its epoch.
    boolean offer(Point frame) {
        switch (mode) {
            case SHUT -> {}
            case OPEN -> {
                hold(frame);
                retry();
            }
            case GATED -> hold(frame);
        }
        return mode == Mode.GATED;
    }

    private void hold(Point frame) {
        if (held.size() < HELD_MAX) {
            held.add(new Held(epoch, frame));
        }
    }

    /// Lets out what an open gate had to hold, if it may leave now.
    void retry() {
        while (mode == Mode.OPEN && !held.isEmpty() && mayLeave.getAsBoolean()) {
            world.accept(held.removeFirst().frame());
        }
    }

    /// Called while the guest stands still: all that it made so far belongs to `captured`, the rest to the next.
    void seal(long captured) {
        if (mode == Mode.OPEN) {
            held.clear();
        }
        mode = Mode.GATED;
        epoch = captured + 1;
    }

    void release(long committed) {
        while (!held.isEmpty() && held.getFirst().epoch() <= committed) {
            world.accept(held.removeFirst().frame());
        }
    }

    void open() {
        mode = Mode.OPEN;
        retry();
    }

    void shut() {
        mode = Mode.SHUT;
        held.clear();
    }
}
