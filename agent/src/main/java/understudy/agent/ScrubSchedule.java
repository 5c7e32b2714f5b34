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

    /// What has just come up has other work; and what came to no end is tried again after this.
    static final Duration PATIENCE = Duration.ofHours(1);

    /// @param since when this VM came to be known to the agent
    /// @param last  the last scrub that is known of, also one that runs
    /// @param tried when one was last begun by this schedule
    boolean isDue(Instant since, Optional<Scrub> last, Optional<Instant> tried, Instant now) {
        Instant quiet = tried.filter(since::isBefore).orElse(since).plus(PATIENCE);
        return !every.isZero()
                && !now.isBefore(quiet)
                && last.map(it -> it.ended()
                                .filter(end -> !now.isBefore(end.plus(every)))
                                .isPresent())
                        .orElse(true);
    }
}
