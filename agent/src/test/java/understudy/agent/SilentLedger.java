package understudy.agent;

import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import understudy.ledger.Ledger;
import understudy.model.HostName;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;
import understudy.protocol.LedgerState;

/// A ledger that never answers.
class SilentLedger implements Ledger {
    @Override
    public CompletableFuture<LedgerAnswer> propose(LedgerCommand command) {
        return new CompletableFuture<>();
    }

    @Override
    public CompletableFuture<LedgerState> read() {
        return new CompletableFuture<>();
    }

    @Override
    public LedgerState seen() {
        return LedgerState.empty();
    }

    @Override
    public void subscribe(Consumer<LedgerState> subscriber) {}

    @Override
    public Optional<HostName> leader() {
        return Optional.empty();
    }

    @Override
    public boolean hasQuorum() {
        return false;
    }

    @Override
    public SortedSet<HostName> voters() {
        return new TreeSet<>();
    }

    @Override
    public CompletableFuture<SortedSet<HostName>> readVoters() {
        return new CompletableFuture<>();
    }

    @Override
    public SortedSet<HostName> strangers() {
        return new TreeSet<>();
    }

    @Override
    public CompletableFuture<Void> changeVoters(Set<HostName> now, Set<HostName> next, Set<HostName> joining) {
        return new CompletableFuture<>();
    }

    @Override
    public void prefer(HostName leader) {}

    @Override
    public void close() {}
}
