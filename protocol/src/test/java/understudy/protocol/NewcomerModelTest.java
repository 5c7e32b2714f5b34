package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.protocol.Newcomer.Copy;
import understudy.protocol.Newcomer.Word;

/// Agents that go away, come back and lose what they had, around a ledger that is Raft as far as it matters here: who
/// has a log that is no shorter than theirs gets the votes of those that vote, and what a majority has written is
/// decided. Nothing is ever decided beside an agent, there or away, that knows of more.
///
/// What is lost at a time is never so much that no majority of the voters has all.
class NewcomerModelTest {
    private static final int SEEDS = 1_000;
    private static final int SEEDS_OF_BUGS = 5_000;
    private static final int STEPS = 2_000;

    enum Bug {
        NONE,
        /// Who has no copy takes part by its old name, at once.
        JOIN_AT_ONCE,
        /// A new ledger begins when those are there that vote in it first.
        ASK_FIRST_VOTERS_ONLY,
        /// Who has no copy takes part as soon as it hears of a ledger, with those that vote there.
        JOIN_AS_TOLD
    }

    /// An entry of the log.
    ///
    /// @param voters from here on
    private record Entry(int number, SortedSet<HostName> voters) {}

    private static final class Agent {
        final HostName name;
        final Map<HostName, Word> words = new TreeMap<>();
        final Map<HostName, Life> lives = new TreeMap<>();
        final Set<UUID> welcome = new TreeSet<>();
        List<Entry> log = new ArrayList<>();
        SortedSet<HostName> begunWith = new TreeSet<>();
        Life life;
        Newcomer newcomer;
        boolean hasCopy;
        boolean isUp = true;

        Agent(HostName name, Life life, Newcomer newcomer) {
            this.name = name;
            this.life = life;
            this.newcomer = newcomer;
        }

        SortedSet<HostName> voters() {
            return log.isEmpty() ? begunWith : log.getLast().voters();
        }

        boolean knowsAllOf(Agent other) {
            return log.size() >= other.log.size()
                    && log.subList(0, other.log.size()).equals(other.log);
        }

        Copy copy() {
            return !hasCopy ? Copy.NONE : log.isEmpty() ? Copy.EMPTY : Copy.USED;
        }
    }

    /// On its way.
    private record Message(HostName to, HostName from, Life life, Word word) {}

    private static final class Cluster {
        final SplittableRandom random;
        final Bug bug;
        final SortedMap<HostName, Agent> agents = new TreeMap<>();
        final List<Message> messages = new ArrayList<>();
        final SortedSet<HostName> first;
        int decided;
        int lives;

        Cluster(long seed, Bug bug) {
            random = new SplittableRandom(seed);
            this.bug = bug;
            int size = random.nextInt(1, 8);
            SortedSet<HostName> names = new TreeSet<>();
            for (int i = 1; i <= size; i++) {
                names.add(new HostName("h" + i));
            }
            first = Electorate.first(names, _ -> false);
            for (HostName name : names) {
                Life life = nextLife();
                agents.put(name, new Agent(name, life, newcomer(name, life, names)));
            }
        }

        Life nextLife() {
            return new Life(new UUID(7, ++lives));
        }

        Newcomer newcomer(HostName name, Life life, Collection<HostName> names) {
            return new Newcomer(name, life, bug == Bug.ASK_FIRST_VOTERS_ONLY ? first : names, first);
        }

        Agent agent(HostName name) {
            return Objects.requireNonNull(agents.get(name));
        }

        Agent any() {
            return List.copyOf(agents.values()).get(random.nextInt(agents.size()));
        }

        Optional<String> step() {
            Agent one = any();
            switch (random.nextInt(100)) {
                case 0, 1, 2 -> goOrCome(one);
                case 3, 4 -> forget(one);
                case 5 -> agents.values().forEach(this::forget);
                case 6, 7, 8, 9 -> {
                    return decide(one, one.voters());
                }
                case 10, 11, 12, 13 -> {
                    return changeVoters(one);
                }
                case 14, 15 -> voteAlone(one);
                default -> {
                    tell(one);
                    begin(one);
                    lead(one);
                }
            }
            return Optional.empty();
        }

        void goOrCome(Agent one) {
            one.isUp = !one.isUp;
            if (one.isUp) {
                one.life = nextLife();
                one.newcomer = newcomer(one.name, one.life, agents.keySet());
            }
            one.words.clear();
            one.lives.clear();
            one.welcome.clear();
            messages.removeIf(it -> it.to().equals(one.name));
        }

        /// Its disk is replaced, if the others have all.
        void forget(Agent one) {
            Agent wisest = agents.values().stream()
                    .max((a, b) -> Integer.compare(a.log.size(), b.log.size()))
                    .orElseThrow();
            SortedSet<HostName> voters = wisest.voters();
            long left = voters.stream()
                    .map(this::agent)
                    .filter(it -> !it.equals(one) && it.log.equals(wisest.log))
                    .count();
            boolean isEnough = left * 2 > voters.size() || (voters.size() == 2 && left == 1);
            if (one.isUp && one.hasCopy && (isEnough || wisest.log.isEmpty())) {
                goOrCome(one);
                one.hasCopy = false;
                one.log = new ArrayList<>();
                goOrCome(one);
            }
        }

        /// Sends what it has to say to somebody, and lets somebody hear what was sent before.
        void tell(Agent one) {
            Set<HostName> beside = new TreeSet<>();
            one.words.forEach((name, word) -> {
                if (word.copy() == Copy.USED && !one.hasCopy) {
                    beside.add(name);
                }
            });
            Optional<UUID> newcomer = one.hasCopy ? Optional.empty() : Optional.of(one.life.value());
            SortedSet<HostName> voters = one.hasCopy ? one.voters() : new TreeSet<>();
            Word word = new Word(newcomer, one.copy(), beside, voters, one.welcome);
            if (one.isUp) {
                messages.add(new Message(any().name, one.name, one.life, word));
            }
            if (!messages.isEmpty() && random.nextInt(4) > 0) {
                hear(messages.removeFirst());
            }
        }

        void hear(Message message) {
            Agent to = agent(message.to());
            Agent from = agent(message.from());
            // A connection is one of two lives.
            if (to.isUp && !to.equals(from) && from.life.equals(message.life())) {
                to.lives.put(from.name, message.life());
                to.words.put(from.name, message.word());
            }
        }

        void begin(Agent one) {
            if (!one.isUp || one.hasCopy) {
                return;
            }
            Map<HostName, Word> there = new TreeMap<>(one.words);
            there.keySet().removeIf(_ -> random.nextInt(10) == 0);
            voters(one, there).ifPresent(it -> {
                one.hasCopy = true;
                one.begunWith = it;
            });
        }

        Optional<SortedSet<HostName>> voters(Agent one, Map<HostName, Word> there) {
            return switch (bug) {
                case JOIN_AT_ONCE -> Optional.of(first);
                case JOIN_AS_TOLD ->
                    there.values().stream()
                            .filter(word -> word.copy() == Copy.USED)
                            .map(word -> (SortedSet<HostName>) new TreeSet<>(word.voters()))
                            .findFirst()
                            .or(() -> one.newcomer.begin(there));
                case NONE, ASK_FIRST_VOTERS_ONLY -> one.newcomer.begin(there);
            };
        }

        /// Those that write what it says now.
        Set<HostName> reached(Agent one) {
            Set<HostName> names = new TreeSet<>();
            for (Agent other : agents.values()) {
                boolean isThere = other.isUp && (other.equals(one) || random.nextInt(8) > 0);
                if (isThere && other.hasCopy && other.log.size() <= one.log.size()) {
                    names.add(other.name);
                }
            }
            return names;
        }

        /// Who does not vote, as far as it knows, does not.
        boolean isElected(Agent one, Set<HostName> reached) {
            Set<HostName> votes = new TreeSet<>(reached);
            votes.removeIf(name -> !agent(name).voters().contains(name));
            return one.isUp && one.hasCopy && one.voters().contains(one.name) && isMajority(votes, one.voters());
        }

        boolean isMajority(Set<HostName> some, Set<HostName> voters) {
            return voters.stream().filter(some::contains).count() * 2 > voters.size();
        }

        Optional<String> decide(Agent one, SortedSet<HostName> next) {
            Set<HostName> reached = reached(one);
            boolean isEnough = isMajority(reached, one.voters()) && isMajority(reached, next);
            if (!isElected(one, reached) || !isEnough) {
                return Optional.empty();
            }
            for (Agent other : agents.values()) {
                if (!one.knowsAllOf(other)) {
                    return Optional.of(
                            "%s decides with %s, and %s knows of more".formatted(one.name, reached, other.name));
                }
            }
            List<Entry> log = new ArrayList<>(one.log);
            log.add(new Entry(++decided, next));
            SortedSet<HostName> needed = new TreeSet<>(one.voters());
            needed.addAll(next);
            // Whom nobody waits for may be late, but has not a part only.
            reached.removeIf(name -> !needed.contains(name) && random.nextBoolean());
            reached.forEach(name -> agent(name).log = new ArrayList<>(log));
            return Optional.empty();
        }

        boolean isForgetful(Agent one, HostName other) {
            return Optional.ofNullable(one.words.get(other))
                    .filter(word -> word.copy() == Copy.NONE && word.beside().contains(one.name))
                    .isPresent();
        }

        /// Lets in who has no copy and no vote, as it reads through a majority.
        void lead(Agent one) {
            if (!isElected(one, reached(one))) {
                return;
            }
            one.words.forEach((name, word) -> {
                if (isForgetful(one, name) && !one.voters().contains(name)) {
                    word.newcomer().ifPresent(one.welcome::add);
                }
            });
        }

        Optional<String> changeVoters(Agent one) {
            SortedSet<HostName> voters = one.voters();
            Optional<SortedSet<HostName>> without = Newcomer.withoutForgetful(
                    voters,
                    name -> isForgetful(one, name),
                    name -> name.equals(one.name)
                            || Optional.ofNullable(one.words.get(name))
                                    .filter(word -> word.copy() == Copy.USED)
                                    .isPresent());
            if (without.isPresent()) {
                return decide(one, without.get());
            }
            List<HostName> comers = one.words.entrySet().stream()
                    .filter(it -> it.getValue().copy() == Copy.USED && !voters.contains(it.getKey()))
                    .map(Map.Entry::getKey)
                    .toList();
            SortedSet<HostName> next = new TreeSet<>(voters);
            if (!comers.isEmpty()) {
                next.add(comers.get(random.nextInt(comers.size())));
            }
            if (next.size() > 3 || (next.size() > 2 && random.nextInt(4) == 0)) {
                Optional<HostName> leaver = next.stream()
                        .filter(name -> !name.equals(one.name))
                        .skip(random.nextInt(next.size() - 1))
                        .findFirst();
                leaver.ifPresent(name -> {
                    boolean _ = next.remove(name);
                });
            }
            return decide(one, next);
        }

        void voteAlone(Agent one) {
            boolean may = agents.keySet().stream()
                    .anyMatch(other ->
                            isForgetful(one, other) && Newcomer.mayVoteAlone(one.name, Set.of(), one.voters(), other));
            if (one.isUp && one.hasCopy && may) {
                one.log.add(new Entry(++decided, new TreeSet<>(Set.of(one.name))));
            }
        }
    }

    private Optional<String> broken(long seed, Bug bug) {
        Cluster cluster = new Cluster(seed, bug);
        for (int i = 0; i < STEPS; i++) {
            Optional<String> wrong = cluster.step();
            if (wrong.isPresent()) {
                return wrong.map(it -> "seed %d, step %d: %s".formatted(seed, cluster.decided, it));
            }
        }
        return Optional.empty();
    }

    @Test
    void nothingIsDecidedBesideSomebodyWhoKnowsOfMore() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            assertThat(broken(seed, Bug.NONE)).isEmpty();
        }
    }

    @Test
    void ledgersBeginAndGoOn() {
        int decided = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            Cluster cluster = new Cluster(seed, Bug.NONE);
            for (int i = 0; i < STEPS; i++) {
                Optional<String> _ = cluster.step();
            }
            decided += cluster.decided;
        }
        assertThat(decided).as("decisions").isGreaterThan(10 * SEEDS);
    }

    @ParameterizedTest
    @EnumSource(value = Bug.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aPlantedBugIsSeen(Bug bug) {
        boolean isSeen = false;
        for (long seed = 1; seed <= SEEDS_OF_BUGS && !isSeen; seed++) {
            isSeen = broken(seed, bug).isPresent();
        }
        assertThat(isSeen).as("a decision beside somebody who knows of more").isTrue();
    }
}
