package understudy.checkpoint;

import java.time.Duration;
import java.util.function.Consumer;
import understudy.qemu.QmpEvent;

/// How long the guest stood still, by QEMU's own time stamps on its events STOP and RESUME.
final class PauseClock implements Consumer<QmpEvent> {
    private volatile long stoppedMicros = -1;
    private volatile long pauseMicros;

    @Override
    public void accept(QmpEvent event) {
        if (event.isNamed("STOP")) {
            stoppedMicros = event.microseconds();
        } else if (event.isNamed("RESUME") && stoppedMicros >= 0) {
            pauseMicros = event.microseconds() - stoppedMicros;
        }
    }

    /// The last pause that has ended.
    Duration last() {
        return Duration.ofNanos(Math.max(0, pauseMicros) * 1_000);
    }
}
