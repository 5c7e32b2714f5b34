package understudy.link;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// Bounds blocking I/O on channels, which know no time-outs, by closing them: the blocked thread then gets an
/// `AsynchronousCloseException`.
final class Deadlines implements AutoCloseable {
    private final ScheduledThreadPoolExecutor timer;

    Deadlines(String threadName) {
        timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name(threadName).factory());
        timer.setRemoveOnCancelPolicy(true);
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /// Closes the channel unless the deadline is closed (called off) first.
    Deadline on(Closeable channel, Duration time) {
        Future<?> closing = timer.schedule(() -> quietly(channel), time.toNanos(), TimeUnit.NANOSECONDS);
        return () -> closing.cancel(false);
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }

    static void quietly(Closeable channel) {
        try {
            channel.close();
        } catch (IOException alreadyBroken) {
            // it is closed all the same
        }
    }
}
