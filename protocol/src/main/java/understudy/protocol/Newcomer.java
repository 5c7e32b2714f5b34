package understudy.protocol;

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
import java.util.UUID;
import java.util.function.Predicate;
import understudy.model.HostName;
import understudy.model.Life;

/// How an agent comes to a copy of the ledger that has none: it is new, or the disk is that had it.
///
/// It cannot know whether it has voted before. If it has, and voted again as one that has seen nothing, what only it
/// and a voter that is lost decided would be forgotten (rule 10). So it takes no part before one of these is sure:
/// - Nobody has decided anything: all that may vote are there, and none has more than it. A new ledger begins.
/// - It has no vote, as was decided after others knew that it has nothing; who leads takes the vote that it may have
///   had ([#withoutForgetful]). It gets a copy, and a vote when it has all of it.
///
/// Of two voters the other one has all that was decided, and cannot have a vote taken: it votes alone then
/// ([#mayVoteAlone]). In all other cases voters must come back that know what was decided.
public final class Newcomer {
    /// What an agent has of the ledger.
    public enum Copy {
        /// It takes no part.
        NONE,
        /// It takes part, and nothing has ever reached it.
        EMPTY,
        USED
    }

    /// What an agent says of the ledger.
    ///
    /// @param newcomer its life, if it has none
    /// @param beside   whom it has heard to have more, if it has none: it begins no new ledger with them
    /// @param voters   who votes, as far as it knows; nobody while that is being changed
    /// @param welcome  lives of agents without a copy: they had no vote after it had heard so
    public record Word(
            Optional<UUID> newcomer, Copy copy, Set<HostName> beside, Set<HostName> voters, Set<UUID> welcome) {
        public Word {
            beside = Collections.unmodifiableSortedSet(new TreeSet<>(beside));
            voters = Collections.unmodifiableSortedSet(new TreeSet<>(voters));
            welcome = Collections.unmodifiableSortedSet(new TreeSet<>(welcome));
        }
    }

    /// What is known of an agent that does not say: one of an earlier version, which takes part.
    public static final Word UNSAID =
            new Word(Optional.empty(), Copy.USED, new TreeSet<>(), new TreeSet<>(), new TreeSet<>());

    private final HostName self;
    private final Life life;
    private final SortedSet<HostName> all;
    private final SortedSet<HostName> first;
    private boolean isLate;

    /// @param life  this one of its agent
    /// @param all   who may vote
    /// @param first those of them that vote in a new ledger: see [Electorate#first]
    public Newcomer(HostName self, Life life, Collection<HostName> all, Collection<HostName> first) {
        this.self = self;
        this.life = life;
        this.all = Collections.unmodifiableSortedSet(new TreeSet<>(all));
        this.first = Collections.unmodifiableSortedSet(new TreeSet<>(first));
    }

    /// Whether, and as what, to take part from now on.
    ///
    /// What is heard of others is what they had a moment ago; what they have got since was decided
    /// after this agent had lost what it had, and so without it.
    ///
    /// @param words of all other agents that are heard
    /// @return who votes, as far as it is to know: this agent may be one of them; empty if it is to wait
    public Optional<SortedSet<HostName>> begin(Map<HostName, Word> words) {
        SortedMap<HostName, Word> used = new TreeMap<>(words);
        used.values().removeIf(word -> word.copy() != Copy.USED);
        // Who has heard of a ledger begins no other one, be those silent now that have it.
        isLate = isLate || !used.isEmpty();
        if (!isLate) {
            boolean areAllThere = all.stream().allMatch(name -> name.equals(self) || words.containsKey(name));
            return first.contains(self) && areAllThere ? Optional.of(first) : Optional.empty();
        }
        return used.values().stream()
                .filter(this::welcomes)
                .map(word -> (SortedSet<HostName>) new TreeSet<>(word.voters()))
                .findFirst();
    }

    private boolean welcomes(Word word) {
        return word.welcome().contains(life.value())
                && !word.voters().isEmpty()
                && !word.voters().contains(self);
    }

    /// Whether one of two voters is to vote alone, since the other has nothing of what they have decided. While voters
    /// are being changed it must be one of them before and after.
    ///
    /// @param before those that voted, if that is being changed; else none
    /// @param voters those that vote, or will
    /// @param other  that has no copy
    public static boolean mayVoteAlone(HostName self, Set<HostName> before, Set<HostName> voters, HostName other) {
        Set<HostName> all = new TreeSet<>(voters);
        all.addAll(before);
        return all.equals(new TreeSet<>(List.of(self, other)))
                && voters.contains(self)
                && (before.isEmpty() || before.contains(self));
    }

    /// Who votes when one no longer does that has nothing of what it has voted for; one at a time, and only where the
    /// others are enough to decide it. Of two they are not: see [#mayVoteAlone].
    ///
    /// @param isForgetful whether that is known of one
    /// @param isThere     whether one is heard that has a copy
    public static Optional<SortedSet<HostName>> withoutForgetful(
            Set<HostName> voters, Predicate<HostName> isForgetful, Predicate<HostName> isThere) {
        if (voters.stream().filter(isThere).count() * 2 <= voters.size()) {
            return Optional.empty();
        }
        return voters.stream()
                .filter(isForgetful)
                .min(Comparator.naturalOrder())
                .map(one -> {
                    SortedSet<HostName> next = new TreeSet<>(voters);
                    next.remove(one);
                    return next;
                });
    }
}
