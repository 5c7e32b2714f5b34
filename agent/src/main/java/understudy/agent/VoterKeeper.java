package understudy.agent;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.ledger.Ledger;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.Moment;
import understudy.protocol.Electorate;
import understudy.protocol.Electorate.Member;
import understudy.protocol.LedgerState;
import understudy.protocol.VoterWatch;

/// Has votes move to those that are there, while this agent leads the ledger.
///
/// Threads: the clock's.
final class VoterKeeper {
    private static final Logger LOG = LoggerFactory.getLogger(VoterKeeper.class);
    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration JOIN_AGAIN = Duration.ofSeconds(10);

    private final AgentConfig config;
    private final Ledger ledger;
    private final Predicate<HostName> isThere;
    private final Consumer<String> moved;
    private VoterWatch watch = VoterWatch.NOTHING;
    private Optional<Moment> lookedAt = Optional.empty();
    private Optional<Moment> joinedAt = Optional.empty();
    private Optional<SortedSet<HostName>> known = Optional.empty();

    /// @param isThere whether an agent is heard, this one too
    /// @param moved   told, for people, that votes moved
    VoterKeeper(AgentConfig config, Ledger ledger, Predicate<HostName> isThere, Consumer<String> moved) {
        this.config = config;
        this.ledger = ledger;
        this.isThere = isThere;
        this.moved = moved;
    }

    /// Who votes in a new ledger: the same for all agents, that know nothing yet but each other's names.
    static SortedSet<HostName> first(AgentConfig config) {
        return Electorate.wanted(
                config.voters().stream()
                        .map(name -> new Member(name, config.isWitness(name), Optional.empty(), true))
                        .toList(),
                Set.of());
    }

    void tick(Moment now) {
        if (lookedAt.filter(at -> now.since(at).compareTo(LOOK) < 0).isPresent()) {
            return;
        }
        lookedAt = Optional.of(now);
        if (!ledger.leader().equals(Optional.of(config.name()))) {
            watch = VoterWatch.NOTHING;
            known = Optional.empty();
            return;
        }
        SortedSet<HostName> voters = ledger.voters();
        known.filter(it -> !it.equals(voters))
                .ifPresent(before ->
                        moved.accept("%s vote in the ledger now; %s did".formatted(listed(voters), listed(before))));
        known = Optional.of(voters);
        List<Member> members = members(ledger.seen());
        Electorate.leader(members, voters, Electorate.wanted(members, voters), config.name())
                .ifPresent(ledger::prefer);
        VoterWatch.Look look = watch.look(members, voters, config.name(), VoterWatch.GRACE, now);
        watch = look.watch();
        look.next().or(() -> joined(voters, now)).ifPresent(next -> change(voters, next));
    }

    /// Where somebody is new, the same voters again.
    private Optional<SortedSet<HostName>> joined(SortedSet<HostName> voters, Moment now) {
        boolean isRecent =
                joinedAt.filter(at -> now.since(at).compareTo(JOIN_AGAIN) < 0).isPresent();
        if (isRecent || ledger.isComplete()) {
            return Optional.empty();
        }
        joinedAt = Optional.of(now);
        return Optional.of(voters);
    }

    private void change(Set<HostName> voters, Set<HostName> next) {
        LOG.info("{}: {} are to vote in the ledger, instead of {}", config.name(), next, voters);
        var _ = ledger.changeVoters(voters, next).whenComplete((_, failure) -> {
            if (failure != null) {
                LOG.warn("{}: votes did not move, for now: {}", config.name(), DriverDesk.reason(failure));
            }
        });
    }

    /// A host that is in maintenance may be switched off at any time.
    private List<Member> members(LedgerState state) {
        return config.voters().stream()
                .map(name -> new Member(
                        name,
                        config.isWitness(name),
                        state.host(name).flatMap(HostRecord::site),
                        isThere.test(name) && !state.maintained().contains(name)))
                .toList();
    }

    private static String listed(Set<HostName> names) {
        List<String> words = names.stream().map(HostName::toString).toList();
        int last = words.size() - 1;
        return last == 0 ? words.getFirst() : String.join(", ", words.subList(0, last)) + " and " + words.get(last);
    }
}
