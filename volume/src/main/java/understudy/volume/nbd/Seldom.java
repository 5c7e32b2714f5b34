package understudy.volume.nbd;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/// Says of something that may happen often when it is to be told: the first time, and then once in a while with how
/// often it has happened since. One thread at a time.
final class Seldom {
    private final long pauseNanos;
    private final LongSupplier clock;
    private boolean isTold;
    private long toldAt;
    private long untold;

    /// @param clock in nanoseconds, as [System#nanoTime]
    Seldom(Duration pause, LongSupplier clock) {
        pauseNanos = pause.toNanos();
        this.clock = clock;
    }

    /// It happened.
    ///
    /// @return if it is to be told now, how often it was not since the last time
    OptionalLong tell() {
        long now = clock.getAsLong();
        if (isTold && now - toldAt < pauseNanos) {
            untold++;
            return OptionalLong.empty();
        }
        long before = untold;
        isTold = true;
        toldAt = now;
        untold = 0;
        return OptionalLong.of(before);
    }
}
