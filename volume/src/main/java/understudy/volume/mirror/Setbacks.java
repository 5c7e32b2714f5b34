package understudy.volume.mirror;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// How long to wait before a replica that was lost is tried again: at first a little, and twice as long each time
/// it does not hold for a while. A disk that is full opens at once, and fails at the next write.
///
/// Used by one thread.
final class Setbacks {
    private static final int DOUBLINGS_MAX = 5;
    private static final long HELD_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Threads threads;
    private final long first;
    private int doublings;
    private long began;

    Setbacks(Duration first, Threads threads) {
        this.threads = threads;
        this.first = first.toNanos();
    }

    /// It is there.
    void begins() {
        began = threads.now();
    }

    /// It is lost.
    ///
    /// @return how many nanoseconds to wait
    long ends() {
        boolean hasHeld = began == 0 || threads.now() - began > HELD_NANOS;
        doublings = hasHeld ? 0 : Math.min(doublings + 1, DOUBLINGS_MAX);
        return first << doublings;
    }
}
