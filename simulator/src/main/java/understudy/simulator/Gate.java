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
    private long released;

    /// @param mayLeave looked at with each frame
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

    /// Lets out what it had to hold and need not any more, if it may leave now.
    void retry() {
        while (!held.isEmpty() && isDue(held.getFirst()) && mayLeave.getAsBoolean()) {
            world.accept(held.removeFirst().frame());
        }
    }

    private boolean isDue(Held frame) {
        return mode == Mode.OPEN || (mode == Mode.GATED && frame.epoch() <= released);
    }

    /// What the guest makes from now on waits for its epochs, the first of which runs.
    void gate() {
        if (mode == Mode.OPEN) {
            held.clear();
            released = 0;
        }
        mode = Mode.GATED;
        epoch = 1;
    }

    /// Called while the guest stands still: all that it made so far belongs to `captured`, the rest to the next.
    void seal(long captured) {
        epoch = captured + 1;
    }

    void release(long committed) {
        released = committed;
        retry();
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
