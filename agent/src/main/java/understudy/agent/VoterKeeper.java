package understudy.agent;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.ledger.Ledger;
import understudy.model.HostName;
import understudy.model.Moment;
import understudy.protocol.Electorate;
import understudy.protocol.Electorate.Member;
import understudy.protocol.Newcomer;
import understudy.protocol.VoterWatch;

/// Has votes move to those that are there, while this agent leads the ledger.
///
/// Threads: the clock's.
final class VoterKeeper {
    private static final Logger LOG = LoggerFactory.getLogger(VoterKeeper.class);
    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration AGAIN = Duration.ofSeconds(10);

    private final AgentConfig config;
    private final Ledger ledger;
    private final Admission admission;
    private final Predicate<HostName> isThere;
    private final Consumer<String> moved;
    private VoterWatch watch = VoterWatch.NOTHING;
    private Optional<Moment> lookedAt = Optional.empty();
    private Optional<Moment> welcomedAt = Optional.empty();
    private Optional<Moment> forgotAt = Optional.empty();
    private Optional<SortedSet<HostName>> known = Optional.empty();

    /// @param isThere whether an agent is heard, this one too
    /// @param moved   told, for people, that votes moved
    VoterKeeper(
            AgentConfig config,
            Ledger ledger,
            Admission admission,
            Predicate<HostName> isThere,
            Consumer<String> moved) {
        this.config = config;
        this.ledger = ledger;
        this.admission = admission;
        this.isThere = isThere;
        this.moved = moved;
    }

    void tick(Moment now) {
        if (lookedAt.filter(at -> now.since(at).compareTo(LOOK) < 0).isPresent()) {
            return;
        }
        lookedAt = Optional.of(now);
        if (!ledger.leader().equals(Optional.of(config.name()))) {
            watch = VoterWatch.NOTHING;
            known = Optional.empty();
            admission.letNobodyIn();
            return;
        }
        SortedSet<HostName> voters = ledger.voters();
        known.filter(it -> !it.equals(voters))
                .ifPresent(before ->
                        moved.accept("%s vote in the ledger now; %s did".formatted(listed(voters), listed(before))));
        known = Optional.of(voters);
        admission.letIn(voters);
        Optional<SortedSet<HostName>> without =
                Newcomer.withoutForgetful(voters, admission::isForgetful, isThere.and(admission::hasCopy));
        if (without.isPresent()) {
            if (isTime(forgotAt, now)) {
                forgotAt = Optional.of(now);
                change(voters, without.get(), Set.of());
            }
            return;
        }
        List<Member> members = Electorate.members(
                ledger.seen(), config.voters(), voters, config::isWitness, isThere.and(admission::hasCopy));
        Electorate.leader(members, voters, Electorate.wanted(members, voters), config.name())
                .ifPresent(ledger::prefer);
        VoterWatch.Look look = watch.look(members, voters, config.name(), VoterWatch.GRACE, now);
        watch = look.watch();
        if (look.next().isPresent()) {
            change(voters, look.next().get(), Set.of());
        } else if (watch.since().isEmpty()) {
            welcome(voters, now);
        }
    }

    /// Gives a copy to those that are new and there: while it learns, Ratis changes nothing else.
    private void welcome(SortedSet<HostName> voters, Moment now) {
        Set<HostName> strangers = new TreeSet<>(isTime(welcomedAt, now) ? ledger.strangers() : Set.of());
        strangers.removeIf(name -> !isThere.test(name) || admission.hasNone(name));
        if (!strangers.isEmpty()) {
            welcomedAt = Optional.of(now);
            change(voters, voters, strangers);
        }
    }

    private static boolean isTime(Optional<Moment> last, Moment now) {
        return last.filter(at -> now.since(at).compareTo(AGAIN) < 0).isEmpty();
    }

    private void change(Set<HostName> voters, Set<HostName> next, Set<HostName> joining) {
        LOG.info("{}: {} are to vote in the ledger, instead of {}; new: {}", config.name(), next, voters, joining);
        var _ = ledger.changeVoters(voters, next, joining).whenComplete((_, failure) -> {
            if (failure != null) {
                LOG.warn("{}: votes did not move, for now: {}", config.name(), DriverDesk.reason(failure));
            }
        });
    }

    private static String listed(Set<HostName> names) {
        List<String> words = names.stream().map(HostName::toString).toList();
        int last = words.size() - 1;
        return last == 0 ? words.getFirst() : String.join(", ", words.subList(0, last)) + " and " + words.get(last);
    }
}
