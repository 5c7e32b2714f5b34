package understudy.volume.mirror;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/// How fast a copier may go: not faster than its limit, in small shares of the time while clients want
/// something, and not at all while it is paused. Set by any thread.
final class Pace {
    private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long REST_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long DEBT_NANOS_MAX = TimeUnit.SECONDS.toNanos(1);

    /// While clients are busy, so many parts of the time are left to them for each one of the copier's.
    private static final int CLIENTS_SHARE = 3;

    private final Traffic traffic;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long bytesPerSecond = Long.MAX_VALUE;
    private boolean isPaused;

    Pace(Traffic traffic) {
        this.traffic = traffic;
    }

    void limit(long newBytesPerSecond) {
        change(() -> bytesPerSecond = Math.max(1, newBytesPerSecond));
    }

    void pause(boolean is) {
        change(() -> isPaused = is);
    }

    private void change(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Whether no client has wanted anything for a while.
    boolean isQuiet() {
        return traffic.isQuietFor(QUIET_NANOS);
    }

    boolean isPaused() {
        lock.lock();
        try {
            return isPaused;
        } finally {
            lock.unlock();
        }
    }

    /// Rests after a piece of work, in short sleeps.
    ///
    /// @param bytes     how much was moved
    /// @param nanos     how long it took
    /// @param isStopped whether to stop
    /// @return false if it is to stop
    boolean rest(long bytes, long nanos, BooleanSupplier isStopped) {
        lock.lock();
        try {
            long atLimit = bytesPerSecond == Long.MAX_VALUE
                    ? 0
                    : (long) Math.min((double) DEBT_NANOS_MAX, (double) bytes * 1e9 / (double) bytesPerSecond) - nanos;
            long forClients = isQuiet() ? 0 : Math.min(REST_NANOS_MAX, CLIENTS_SHARE * nanos);
            long left = Math.max(atLimit, forClients);
            while (!isStopped.getAsBoolean() && (isPaused || left > 0)) {
                long turn = isPaused ? QUIET_NANOS : Math.min(QUIET_NANOS, left);
                long began = traffic.threads().now();
                Threads.Wait<Boolean> wait = most -> changed.await(most, TimeUnit.NANOSECONDS);
                traffic.threads().await(wait, turn, false);
                left -= traffic.threads().now() - began;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
        return !isStopped.getAsBoolean();
    }
}
