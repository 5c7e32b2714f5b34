package understudy.agent;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import understudy.api.Scrub;

/// When a disk is scrubbed without anybody's asking: a block that nobody reads rots unseen, until it is the only
/// copy. Pure.
///
/// @param every from the end of one scrub of a disk to the next; zero if nobody wants any
public record ScrubSchedule(Duration every) {

    public static final ScrubSchedule DEFAULT = new ScrubSchedule(Duration.ofDays(7));

    /// What has just come up has other work; and what came to no end is tried again after this.
    private static final Duration PATIENCE = Duration.ofHours(1);

    public ScrubSchedule {
        if (every.isNegative()) {
            throw new IllegalArgumentException(every.toDays() + "; 0 or more");
        }
    }

    /// @param last  the last scrub of both replicas that came to its end, if any host knows of one
    /// @param quiet for how long the disk has had both replicas in sync here, without such a scrub being tried
    /// @param now   by the clock on the wall; what it says to be later than now counts for nothing
    boolean isDue(Optional<Scrub> last, Duration quiet, Instant now) {
        boolean isFresh = last.flatMap(Scrub::ended)
                .filter(end -> !end.isAfter(now) && now.isBefore(end.plus(every)))
                .isPresent();
        return !every.isZero() && quiet.compareTo(PATIENCE) >= 0 && !isFresh;
    }
}
