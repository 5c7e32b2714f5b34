package understudy.qemu;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// When waiting ends, however many steps the wait has.
///
/// @param nanos on the clock of [System#nanoTime]
record Deadline(long nanos) {

    static Deadline after(Duration time) {
        return new Deadline(System.nanoTime() + time.toNanos());
    }

    boolean hasPassed() {
        return System.nanoTime() - nanos >= 0;
    }

    /// Lets some time pass between two looks at something that tells nobody when it changes.
    static void pause(Duration time) throws IOException {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting", e);
        }
    }

    /// Waits for a value.
    ///
    /// @param what for the message: `waiting for WHAT: ...`
    /// @throws IOException if it failed, or did not come in time
    <T> T await(String what, CompletableFuture<T> future) throws IOException {
        try {
            return future.get(Math.max(0, nanos - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IOException("waiting for " + what + ": " + cause.getMessage(), cause);
        } catch (TimeoutException e) {
            throw new IOException("waited too long for " + what, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for " + what, e);
        }
    }
}
