package understudy.protocol;

import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import understudy.model.HostName;
import understudy.model.Moment;

/// Decides when the voters of the ledger change: when others have been better for a while. The agent that leads the
/// ledger looks.
///
/// @param since since when each has voted that should not, or has not voted that should; unmodifiable
/// @param asked when a change was last asked for
public record VoterWatch(SortedMap<HostName, Moment> since, Optional<Moment> asked) {
    /// For how long a voter must be a worse one: one that restarts keeps its vote, and no VM needs a solo grant yet.
    public static final Duration GRACE = Duration.ofSeconds(20);
    /// Who comes must have been there for this part of that.
    private static final int STEADY = 4;
    /// A step that was asked for is given this much time.
    private static final Duration AGAIN = Duration.ofSeconds(5);

    /// Of an agent that does not lead.
    public static final VoterWatch NOTHING = new VoterWatch(new TreeMap<>(), Optional.empty());

    public VoterWatch {
        since = Collections.unmodifiableSortedMap(new TreeMap<>(since));
    }

    /// What to do.
    ///
    /// @param watch from now on
    /// @param next  who is to vote; empty for no change
    public record Look(VoterWatch watch, Optional<SortedSet<HostName>> next) {}

    /// To be told again and again, by the leader.
    ///
    /// @param voters who votes now
    /// @param grace  for how long a voter must be a worse one, usually [#GRACE]
    public Look look(
            Collection<Electorate.Member> members, Set<HostName> voters, HostName leader, Duration grace, Moment now) {
        SortedSet<HostName> best = Electorate.wanted(members, voters);
        SortedMap<HostName, Moment> changing = new TreeMap<>();
        Stream.concat(best.stream(), voters.stream())
                .filter(name -> best.contains(name) != voters.contains(name))
                .forEach(name -> changing.put(name, since.getOrDefault(name, now)));
        boolean isRecent =
                asked.filter(at -> now.since(at).compareTo(AGAIN) < 0).isPresent();
        VoterWatch watch = new VoterWatch(changing, asked);
        Optional<SortedSet<HostName>> next = isRecent
                ? Optional.empty()
                : Electorate.step(members, voters, watch.due(members, voters, best, grace, now), leader);
        return new Look(next.isPresent() ? new VoterWatch(changing, Optional.of(now)) : watch, next);
    }

    /// As much of the best as is due: no voter goes before its time, nor without another that comes, unless there are
    /// too many.
    private Set<HostName> due(
            Collection<Electorate.Member> members,
            Set<HostName> voters,
            Set<HostName> best,
            Duration grace,
            Moment now) {
        int growth = best.size() - voters.size();
        List<HostName> comers =
                waited(grace.dividedBy(STEADY), now).filter(best::contains).toList();
        List<HostName> leavers = waited(grace, now)
                .filter(voters::contains)
                .sorted(Comparator.comparing(name -> isFit(members, name)))
                .toList();
        Set<HostName> due = new TreeSet<>(voters);
        comers.stream().limit(leavers.size() + Math.max(0, growth)).forEach(due::add);
        leavers.stream().limit(comers.size() + Math.max(0, -growth)).forEach(due::remove);
        return due;
    }

    private Stream<HostName> waited(Duration time, Moment now) {
        return since.entrySet().stream()
                .filter(each -> now.since(each.getValue()).compareTo(time) >= 0)
                .map(Map.Entry::getKey);
    }

    private static boolean isFit(Collection<Electorate.Member> members, HostName name) {
        return members.stream().anyMatch(member -> member.name().equals(name) && member.isFit());
    }
}
