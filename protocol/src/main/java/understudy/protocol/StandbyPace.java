package understudy.protocol;

import java.time.Duration;
import java.util.Optional;
import understudy.model.Moment;

/// Decides whether a standby is too slow to be worth its price.
///
/// The intuition: a guest's output waits until its standby has the epoch, so a standby that is slow, or far, makes a
/// slow
/// server of a good one. The guest is better off without: its disks stay mirrored, and its clients are answered.
///
/// Awkward case: one epoch may be late for many reasons, a large write or a busy host. So a standby is too slow only
/// when
/// for a while not one epoch was quick.
///
/// @param limit    an epoch that takes longer, from the guest's running on to its confirmation, is slow
/// @param patience how long all of them may be slow
public record StandbyPace(Duration limit, Duration patience) {
    /// Half a second, for ten: by then a client has given a connection up, or soon will.
    public static final StandbyPace DEFAULT = new StandbyPace(Duration.ofMillis(500), Duration.ofSeconds(10));

    public StandbyPace {
        if (!limit.isPositive() || !patience.isPositive()) {
            throw new IllegalArgumentException("a limit of %s and a patience of %s".formatted(limit, patience));
        }
    }

    /// @param slowSince when the first of the epochs was confirmed that were all slow; empty while the last was not
    public record State(Optional<Moment> slowSince) {
        public static final State INITIAL = new State(Optional.empty());
    }

    /// An epoch was confirmed.
    public State confirmed(State state, Duration waited, Moment now) {
        if (waited.compareTo(limit) <= 0) {
            return State.INITIAL;
        }
        return state.slowSince.isPresent() ? state : new State(Optional.of(now));
    }

    public boolean isTooSlow(State state, Moment now) {
        return state.slowSince
                .filter(since -> now.since(since).compareTo(patience) >= 0)
                .isPresent();
    }

    /// For people.
    public String told() {
        return "every checkpoint of the last %d s took longer than %d ms"
                .formatted(patience.toSeconds(), limit.toMillis());
    }
}
