package understudy.protocol;

import java.time.Duration;
import java.util.Optional;
import understudy.model.Moment;

/// What a host tried of late with a guest.
///
/// @param failures    boots and copies that failed in a row
/// @param copiedUnder the view on top of which a copy was begun last, in this life; 0 for none
/// @param slow        how often a standby was done without because it was too slow, since the last time that was long
/// ago
/// @param slowAt      the last time
record Attempts(int failures, long copiedUnder, int slow, Optional<Moment> slowAt) {
    static final Attempts NONE = new Attempts(0, 0, 0, Optional.empty());

    /// How long no copy begins after the first time; twice as long each time.
    private static final Duration REST = Duration.ofSeconds(30);

    private static final Duration REST_MAX = Duration.ofMinutes(10);
    /// A standby that kept up for so long was not the same trouble.
    private static final Duration FORGOTTEN = Duration.ofHours(1);

    Attempts failed() {
        return new Attempts(failures + 1, copiedUnder, slow, slowAt);
    }

    Attempts withoutFailures() {
        return new Attempts(0, copiedUnder, slow, slowAt);
    }

    Attempts copying(long view) {
        return new Attempts(failures, view, slow, slowAt);
    }

    Attempts slowed(Moment now) {
        boolean isOld =
                slowAt.filter(at -> now.since(at).compareTo(FORGOTTEN) >= 0).isPresent();
        return new Attempts(failures, copiedUnder, isOld ? 1 : slow + 1, Optional.of(now));
    }

    /// Whether a copy may begin: a standby that was too slow is left alone for a while, since each copy burdens the
    /// guest.
    boolean mayCopy(Moment now) {
        return slowAt.filter(at -> now.since(at).compareTo(rest()) < 0).isEmpty();
    }

    private Duration rest() {
        Duration rest = REST.multipliedBy(1L << Math.min(slow - 1, 16));
        return rest.compareTo(REST_MAX) < 0 ? rest : REST_MAX;
    }
}
