package understudy.volume.mirror;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/// Ends greetings that take too long, by closing the wire under them.
final class Handshake {
    static final Duration TIME = Duration.ofSeconds(2);

    private Handshake() {}

    /// A part of a greeting.
    interface Greeting<T> {
        T run() throws IOException;
    }

    static <T> T within(Duration time, Threads threads, MirrorWire wire, Greeting<T> greeting) throws IOException {
        AtomicBoolean isDone = new AtomicBoolean();
        Thread timer = threads.start("greeting", () -> {
            try {
                threads.sleep(time.toNanos());
                if (!isDone.get()) {
                    wire.close();
                }
            } catch (InterruptedException _) {
                // It was in time.
            }
        });
        try {
            return greeting.run();
        } finally {
            isDone.set(true);
            timer.interrupt();
        }
    }
}
