package understudy.protocol;

import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import understudy.model.HostName;
import understudy.model.Moment;

/// Decides when the voters of the ledger change: when others have been better for a while. The agent that leads the
/// ledger looks.
///
/// @param wanted who would be better; empty if nobody
/// @param since  when that began
/// @param asked  when a change was last asked for
public record VoterWatch(Optional<SortedSet<HostName>> wanted, Optional<Moment> since, Optional<Moment> asked) {
    /// For how long others must be better: one that restarts keeps its vote, and no VM needs a solo grant yet.
    public static final Duration GRACE = Duration.ofSeconds(20);
    /// A step that was asked for is given this much time.
    private static final Duration AGAIN = Duration.ofSeconds(10);

    /// Of an agent that does not lead.
    public static final VoterWatch NOTHING = new VoterWatch(Optional.empty(), Optional.empty(), Optional.empty());

    /// What to do.
    ///
    /// @param watch from now on
    /// @param next  who is to vote; empty for no change
    public record Look(VoterWatch watch, Optional<SortedSet<HostName>> next) {}

    /// To be told again and again, by the leader.
    ///
    /// @param voters who votes now
    /// @param grace  for how long others must be better, usually [#GRACE]
    public Look look(
            Collection<Electorate.Member> members, Set<HostName> voters, HostName leader, Duration grace, Moment now) {
        SortedSet<HostName> best = Electorate.wanted(members, voters);
        if (best.equals(voters)) {
            return new Look(NOTHING, Optional.empty());
        }
        if (!wanted.equals(Optional.of(best))) {
            return new Look(new VoterWatch(Optional.of(best), Optional.of(now), asked), Optional.empty());
        }
        boolean isDue = since.filter(at -> now.since(at).compareTo(grace) >= 0).isPresent();
        boolean isRecent =
                asked.filter(at -> now.since(at).compareTo(AGAIN) < 0).isPresent();
        if (!isDue || isRecent) {
            return new Look(this, Optional.empty());
        }
        Optional<SortedSet<HostName>> next = Electorate.step(members, voters, best, leader);
        return new Look(new VoterWatch(wanted, since, next.isPresent() ? Optional.of(now) : asked), next);
    }
}
