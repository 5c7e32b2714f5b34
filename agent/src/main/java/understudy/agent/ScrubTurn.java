package understudy.agent;

import java.time.Duration;
import java.util.Optional;
import understudy.model.Moment;

/// Whose turn it is, on one host, to be scrubbed unasked: one disk at a time. A scrub that makes no progress, because
/// a disk hangs or somebody paused it, loses its turn.
///
/// Threads: any.
final class ScrubTurn {
    private static final Duration STANDSTILL = Duration.ofMinutes(10);

    private Optional<Turn> turn = Optional.empty();

    private record Turn(Object scrub, Moment moved) {}

    /// @return whether it may begin
    synchronized boolean take(Object scrub, Moment now) {
        boolean isFree =
                turn.filter(it -> now.since(it.moved).compareTo(STANDSTILL) < 0).isEmpty();
        if (isFree) {
            turn = Optional.of(new Turn(scrub, now));
        }
        return isFree;
    }

    /// It makes progress.
    synchronized void moved(Object scrub, Moment now) {
        if (isOf(scrub)) {
            turn = Optional.of(new Turn(scrub, now));
        }
    }

    synchronized void end(Object scrub) {
        if (isOf(scrub)) {
            turn = Optional.empty();
        }
    }

    private boolean isOf(Object scrub) {
        return turn.filter(it -> it.scrub.equals(scrub)).isPresent();
    }
}
