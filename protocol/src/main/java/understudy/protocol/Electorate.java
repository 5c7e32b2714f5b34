package understudy.protocol;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import understudy.model.HostName;
import understudy.model.HostRecord;

/// Who votes in the ledger: three of the cluster's hosts and witnesses, or five where there are so many. More would
/// make every decision slower and few outages shorter; a cluster of two has two.
///
/// Best those vote that are there; one of them a witness, which no VM's host takes with it; and, where there are two or
/// more,
/// as few as can be of any one site. Who votes goes on doing so where nothing of that speaks against it.
public final class Electorate {
    /// The most that vote.
    public static final int VOTERS_MAX = 5;

    private static final int LEAST = 3;

    /// One that could vote.
    ///
    /// @param site  where it stands; empty if nobody has said: at a place of its own then
    /// @param isFit whether it is there, and nobody is about to switch it off
    public record Member(HostName name, boolean isWitness, Optional<String> site, boolean isFit) {
        /// @param chosen others
        private long siblings(Collection<Member> chosen) {
            return site.isEmpty()
                    ? 0
                    : chosen.stream().filter(it -> it.site.equals(site)).count();
        }
    }

    private Electorate() {}

    /// Who votes in a new cluster, of which nothing is known yet but who belongs to it.
    ///
    /// @param isWitness whether one is a witness
    public static SortedSet<HostName> first(Collection<HostName> names, Predicate<HostName> isWitness) {
        return wanted(
                names.stream()
                        .map(name -> new Member(name, isWitness.test(name), Optional.empty(), true))
                        .toList(),
                new TreeSet<>());
    }

    /// Those that could vote, as of now. A host that is in maintenance may be switched off at any time, so it is not
    /// fit; but a voter that is lost is worse. One that votes and is not named any more is not fit, either.
    ///
    /// @param names     who belongs to the cluster
    /// @param isWitness whether one is a witness
    /// @param isThere   whether one is heard
    public static List<Member> members(
            LedgerState state,
            Collection<HostName> names,
            Set<HostName> voters,
            Predicate<HostName> isWitness,
            Predicate<HostName> isThere) {
        boolean isAnyLost = !voters.stream().allMatch(isThere);
        Predicate<HostName> isFit =
                name -> isThere.test(name) && (isAnyLost || !state.maintained().contains(name));
        return Stream.concat(names.stream(), voters.stream())
                .distinct()
                .map(name -> new Member(
                        name,
                        isWitness.test(name),
                        state.host(name).flatMap(HostRecord::site),
                        names.contains(name) && isFit.test(name)))
                .toList();
    }

    /// Who should vote. A function of what it is given: whoever asks, and in whatever order the members are.
    ///
    /// @param members all of them, at least one
    /// @param voters  who votes now; none in a new cluster
    public static SortedSet<HostName> wanted(Collection<Member> members, Set<HostName> voters) {
        List<Member> left = new ArrayList<>(members);
        List<Member> chosen = new ArrayList<>();
        int size = size(members, voters);
        boolean hasSites =
                members.stream().flatMap(it -> it.site.stream()).distinct().count() > 1;
        while (chosen.size() < size) {
            Member next = left.stream()
                    .min(order(hasSites ? chosen : List.of(), hasWitness(chosen), voters))
                    .orElseThrow();
            left.remove(next);
            chosen.add(next);
        }
        SortedSet<HostName> names = new TreeSet<>();
        chosen.forEach(member -> names.add(member.name()));
        return names;
    }

    /// Those that are lost count while they vote: to have fewer voters is no gain, unless the next loss would be one
    /// too many.
    private static int size(Collection<Member> members, Set<HostName> voters) {
        long fit = members.stream().filter(Member::isFit).count();
        long all = members.stream()
                .filter(it -> it.isFit() || voters.contains(it.name()))
                .count();
        int most = odd(all);
        boolean isNextOneTooMany = (fit - 1) * 2 <= most;
        return isNextOneTooMany && fit >= LEAST ? odd(fit) : most;
    }

    private static int odd(long count) {
        return (int) (count <= 2 ? count : Math.min(count - 1 + count % 2, VOTERS_MAX));
    }

    private static boolean hasWitness(List<Member> chosen) {
        return chosen.stream().anyMatch(Member::isWitness);
    }

    /// @param siblings of whose sites others are better
    private static Comparator<Member> order(List<Member> siblings, boolean hasWitness, Set<HostName> voters) {
        return Comparator.comparing((Member it) -> !it.isFit())
                // Nobody who is not there takes a vote.
                .thenComparing(it -> !it.isFit() && !voters.contains(it.name()))
                .thenComparing(it -> hasWitness || !it.isWitness())
                .thenComparingLong(it -> it.siblings(siblings))
                .thenComparing(it -> !voters.contains(it.name()))
                .thenComparing(Member::isWitness)
                .thenComparing(Member::name);
    }

    /// The next step from one set of voters to another.
    ///
    /// At each step most of the next ones vote already, so that the ledger does not wait for newcomers to learn
    /// all of it; save where one is joined by another. The leader, who decides it, stays. And nobody who is well
    /// loses its vote while one that keeps it is not: were the leader lost in the middle of that, those that are
    /// left might be no majority of the old voters, nor of the new ones.
    ///
    /// @param leader of the ledger
    /// @return empty if there is none, or the only one would take the leader's vote
    static Optional<SortedSet<HostName>> step(
            Collection<Member> members, Set<HostName> voters, Set<HostName> wanted, HostName leader) {
        List<HostName> comers =
                wanted.stream().filter(it -> !voters.contains(it)).sorted().toList();
        List<Member> unwanted = members.stream()
                .filter(it -> voters.contains(it.name()) && !wanted.contains(it.name()))
                .filter(it -> !it.name().equals(leader))
                .sorted(Comparator.comparing(Member::isFit).thenComparing(Member::name))
                .toList();
        boolean isAnyoneUnwell = members.stream()
                .anyMatch(it -> voters.contains(it.name()) && wanted.contains(it.name()) && !it.isFit());
        List<HostName> leavers = unwanted.stream()
                .filter(it -> !it.isFit() || !isAnyoneUnwell)
                .map(Member::name)
                .toList();
        Set<HostName> next = new TreeSet<>(voters);
        boolean isRoomForOneOnly = voters.size() <= 2;
        if (!comers.isEmpty() && !leavers.isEmpty() && !isRoomForOneOnly) {
            next.add(comers.getFirst());
            next.remove(leavers.getFirst());
        } else if (!comers.isEmpty() && (isRoomForOneOnly || wanted.size() > voters.size())) {
            int room = isRoomForOneOnly ? 1 : wanted.size() - voters.size();
            comers.stream().limit(room).forEach(next::add);
        } else if (wanted.size() < voters.size()) {
            leavers.stream().limit(voters.size() - wanted.size()).forEach(next::remove);
        }
        return next.equals(voters) ? Optional.empty() : Optional.of(new TreeSet<>(next));
    }

    /// Who should lead: a witness, whose loss is no host's, if one is fit and votes; else the one that leads.
    ///
    /// @param wanted who should vote
    public static Optional<HostName> leader(
            Collection<Member> members, Set<HostName> voters, Set<HostName> wanted, HostName present) {
        Comparator<Member> order = Comparator.comparing((Member it) -> !it.isWitness())
                .thenComparing(it -> !it.name().equals(present))
                .thenComparing(Member::name);
        return members.stream()
                .filter(it -> it.isFit() && voters.contains(it.name()) && wanted.contains(it.name()))
                .min(order)
                .map(Member::name);
    }
}
