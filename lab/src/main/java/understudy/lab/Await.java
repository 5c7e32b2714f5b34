package understudy.lab;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import understudy.model.Problem;

/// Waiting for the outside world: polling with a limit.
final class Await {
    private static final Duration INTERVAL = Duration.ofMillis(10);

    private Await() {}

    /// @param what for the message: "… did not come in time"
    /// @throws Problem.Refused when the limit is reached
    static void until(String what, Duration limit, BooleanSupplier condition) {
        if (!holds(limit, condition)) {
            throw Problem.of(
                            "lab-time-out",
                            "Waited %d s in vain for %s".formatted(limit.toSeconds(), what),
                            "`understudy lab down`, then try again; is the machine overloaded?")
                    .refused();
        }
    }

    /// Whether the condition came to hold within the limit.
    static boolean holds(Duration limit, BooleanSupplier condition) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            try {
                Thread.sleep(INTERVAL);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }
}
