package understudy.link;

import java.time.Duration;

/// A wait before trying again. An interrupt ends it early and stays set.
final class Pause {
    private Pause() {}

    static void of(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
