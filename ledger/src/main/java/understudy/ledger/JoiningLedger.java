package understudy.ledger;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import understudy.model.HostName;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;
import understudy.protocol.LedgerState;
import understudy.protocol.Newcomer.Copy;

/// The ledger of an agent that may have no copy of it yet. Until it [begins][#begin] it knows nothing, and takes part
/// in nothing; [Newcomer] decides when. One that has taken part before does so at once.
public final class JoiningLedger implements Ledger {
    private final LedgerConfig config;
    private final Consumer<String> giveUp;
    private final List<Consumer<LedgerState>> waiting = new ArrayList<>();
    private boolean closed;
    private volatile @Nullable RatisLedger begun;

    /// @param giveUp as of [RatisLedger#start]
    /// @throws understudy.model.Problem.Refused if the directory is another member's
    /// @throws IOException if the directory or the address cannot be used; nothing is left running
    public static JoiningLedger open(LedgerConfig config, Consumer<String> giveUp) throws IOException {
        JoiningLedger ledger = new JoiningLedger(config, giveUp);
        if (VoterDirectory.claim(config).isUsed()) {
            ledger.begin(config.voters());
        }
        return ledger;
    }

    private JoiningLedger(LedgerConfig config, Consumer<String> giveUp) {
        this.config = config;
        this.giveUp = giveUp;
    }

    /// Takes part from now on, if it does not already. It takes its time.
    ///
    /// @param voters who votes, as far as is known
    /// @throws IOException as [#open]
    public synchronized void begin(Set<HostName> voters) throws IOException {
        if (closed || begun != null) {
            return;
        }
        RatisLedger ledger = RatisLedger.start(config.withVoters(voters), giveUp);
        begun = ledger;
        waiting.forEach(ledger::subscribe);
        waiting.clear();
    }

    private Optional<RatisLedger> begun() {
        return Optional.ofNullable(begun);
    }

    /// What this agent has of the ledger.
    public Copy copy() {
        return begun().map(it -> it.isUsed() ? Copy.USED : Copy.EMPTY).orElse(Copy.NONE);
    }

    /// Who votes, as far as this agent knows; nobody while that is being changed, or if it has no copy.
    public SortedSet<HostName> settledVoters() {
        return begun().map(RatisLedger::settledVoters).orElseGet(TreeSet::new);
    }

    /// Votes alone from now on, in the place of this agent and another one that has no copy; see
    /// [Newcomer#mayVoteAlone].
    ///
    /// @return whether it will; not if others vote
    public boolean voteAlone(HostName other) {
        return begun().filter(it -> it.voteAlone(other)).isPresent();
    }

    /// Why this agent knows nothing while it has no copy, and what ends that; for people.
    public String lack() {
        return "this agent has no copy of the ledger yet: it gets one from a majority of the voters, or, in a new cluster, when all of %s are there"
                .formatted(String.join(
                        ", ", config.voters().stream().map(HostName::value).toList()));
    }

    private <T> CompletableFuture<T> failed() {
        return CompletableFuture.failedFuture(new NoQuorum(lack()));
    }

    @Override
    public CompletableFuture<LedgerAnswer> propose(LedgerCommand command) {
        return begun().map(it -> it.propose(command)).orElseGet(this::failed);
    }

    @Override
    public CompletableFuture<LedgerState> read() {
        return begun().map(RatisLedger::read).orElseGet(this::failed);
    }

    @Override
    public LedgerState seen() {
        return begun().map(RatisLedger::seen).orElseGet(LedgerState::empty);
    }

    @Override
    public synchronized void subscribe(Consumer<LedgerState> subscriber) {
        begun().ifPresentOrElse(it -> it.subscribe(subscriber), () -> waiting.add(subscriber));
    }

    @Override
    public Optional<HostName> leader() {
        return begun().flatMap(RatisLedger::leader);
    }

    @Override
    public boolean hasQuorum() {
        return leader().isPresent();
    }

    @Override
    public SortedSet<HostName> voters() {
        return begun().map(RatisLedger::voters).orElseGet(config::voters);
    }

    @Override
    public CompletableFuture<SortedSet<HostName>> readVoters() {
        return begun().map(RatisLedger::readVoters).orElseGet(this::failed);
    }

    @Override
    public SortedSet<HostName> strangers() {
        return begun().map(RatisLedger::strangers).orElseGet(TreeSet::new);
    }

    @Override
    public CompletableFuture<Void> changeVoters(Set<HostName> now, Set<HostName> next, Set<HostName> joining) {
        return begun().map(it -> it.changeVoters(now, next, joining)).orElseGet(this::failed);
    }

    @Override
    public void prefer(HostName leader) {
        begun().ifPresent(it -> it.prefer(leader));
    }

    @Override
    public synchronized void close() {
        closed = true;
        begun().ifPresent(RatisLedger::close);
    }
}
