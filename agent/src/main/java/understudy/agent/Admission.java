package understudy.agent;

import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.ledger.JoiningLedger;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.protocol.Newcomer;
import understudy.protocol.Newcomer.Copy;
import understudy.protocol.Newcomer.Word;

/// Has this agent come to a copy of the ledger if it has none, and knows what others have of it.
///
/// Threads: any, but [#tick] on one at a time; what it begins runs on a thread of its own.
final class Admission {
    private static final Logger LOG = LoggerFactory.getLogger(Admission.class);

    private final HostName self;
    private final Life life;
    private final JoiningLedger ledger;
    private final Newcomer newcomer;
    private final Predicate<HostName> isThere;
    private final Consumer<String> happened;
    private final Consumer<String> giveUp;
    private final Map<HostName, Word> words = new ConcurrentHashMap<>();
    private final AtomicBoolean beginning = new AtomicBoolean();
    private Word told = new Word(Optional.empty(), Copy.EMPTY, new TreeSet<>(), new TreeSet<>(), new TreeSet<>());

    /// Lives that have no vote, as was decided after this agent heard that they have no copy.
    private final Map<UUID, HostName> welcome = new ConcurrentHashMap<>();

    /// @param all      who may vote
    /// @param first    who votes in a new ledger
    /// @param isThere  whether another agent is heard
    /// @param happened told, for people, what becomes of copies
    /// @param giveUp   told why, if only another process can go on
    Admission(
            HostName self,
            Life life,
            JoiningLedger ledger,
            Collection<HostName> all,
            SortedSet<HostName> first,
            Predicate<HostName> isThere,
            Consumer<String> happened,
            Consumer<String> giveUp) {
        this.self = self;
        this.life = life;
        this.ledger = ledger;
        this.newcomer = new Newcomer(self, life, all, first);
        this.isThere = isThere;
        this.happened = happened;
        this.giveUp = giveUp;
    }

    /// What another agent says that it has. One of an earlier version says nothing, and takes part.
    void told(HostName peer, Optional<Word> word) {
        words.put(peer, word.orElse(Newcomer.UNSAID));
    }

    /// Another life of it has begun: it may have lost what it had.
    void isNew(HostName peer) {
        words.remove(peer);
    }

    /// What this agent has to say.
    Word word() {
        Copy copy = ledger.copy();
        boolean hasNone = copy == Copy.NONE;
        // One that is about to begin by itself leaves it to nobody.
        Set<HostName> beside = new TreeSet<>(hasNone && !beginning.get() ? words.keySet() : Set.of());
        beside.removeIf(name -> words.getOrDefault(name, Newcomer.UNSAID).copy() != Copy.USED);
        return new Word(
                hasNone ? Optional.of(life.value()) : Optional.empty(),
                copy,
                beside,
                ledger.settledVoters(),
                welcome.keySet());
    }

    /// Whether others wait for what this agent has to say, since it is new. Of one that takes part they do not.
    boolean isNews() {
        if (told.copy() == Copy.USED) {
            return false;
        }
        Word before = told;
        told = word();
        return !told.equals(before);
    }

    /// Whether an agent is heard that has no copy.
    boolean hasNone(HostName name) {
        return none(name).isPresent();
    }

    /// Whether an agent takes part, and has something of what was decided, as far as is known.
    boolean hasCopy(HostName name) {
        Copy copy = name.equals(self)
                ? ledger.copy()
                : words.getOrDefault(name, Newcomer.UNSAID).copy();
        return copy == Copy.USED;
    }

    /// Whether an agent is heard that has no copy, and leaves it to this one to let it in.
    boolean isForgetful(HostName name) {
        return none(name).filter(word -> word.beside().contains(self)).isPresent();
    }

    private Optional<Word> none(HostName name) {
        return Optional.ofNullable(words.get(name))
                .filter(word -> word.copy() == Copy.NONE)
                .filter(_ -> isThere.test(name));
    }

    /// To be called often by the agent that leads the ledger: has those let in that have no copy, and no vote.
    ///
    /// @param voters who votes
    void letIn(Set<HostName> voters) {
        welcome.entrySet()
                .removeIf(each -> !none(each.getValue()).flatMap(Word::newcomer).equals(Optional.of(each.getKey())));
        for (HostName name : words.keySet()) {
            if (isForgetful(name) && !voters.contains(name)) {
                none(name)
                        .flatMap(Word::newcomer)
                        .filter(it -> !welcome.containsKey(it))
                        .ifPresent(it -> letIn(name, it));
            }
        }
    }

    private void letIn(HostName name, UUID newcomer) {
        var _ = ledger.readVoters().whenComplete((voters, failure) -> {
            if (failure == null && !voters.contains(name)) {
                welcome.put(newcomer, name);
            }
        });
    }

    /// This agent does not lead the ledger.
    void letNobodyIn() {
        welcome.clear();
    }

    /// To be called often.
    void tick() {
        if (ledger.copy() != Copy.NONE) {
            voteAlone();
            return;
        }
        if (beginning.get()) {
            return;
        }
        SortedMap<HostName, Word> there = new TreeMap<>(words);
        there.keySet().removeIf(isThere.negate());
        Optional<SortedSet<HostName>> voters = newcomer.begin(there);
        if (voters.isPresent() && beginning.compareAndSet(false, true)) {
            boolean isNew = there.values().stream().noneMatch(word -> word.copy() == Copy.USED);
            Thread.ofVirtual().name(self + "-ledger-begin").start(() -> begin(voters.get(), isNew));
        }
    }

    /// Also if this agent believes that it leads: nothing can be decided without the other one's vote.
    private void voteAlone() {
        for (HostName other : words.keySet()) {
            if (isForgetful(other) && ledger.voteAlone(other)) {
                happened.accept("%s has lost its copy of the ledger; %s votes alone until it has one again"
                        .formatted(other, self));
            }
        }
    }

    private void begin(SortedSet<HostName> voters, boolean isNew) {
        try {
            LOG.info("{}: takes part in {} ledger; {} vote", self, isNew ? "a new" : "the", voters);
            ledger.begin(voters);
            if (!isNew) {
                happened.accept("%s had no copy of the ledger, and gets one".formatted(self));
            }
        } catch (IOException | RuntimeException e) {
            giveUp.accept("it cannot take part in the ledger: " + DriverDesk.reason(e));
        }
    }
}
