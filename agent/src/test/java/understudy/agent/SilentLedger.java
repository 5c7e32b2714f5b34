package understudy.agent;

import java.util.Optional;
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
    public void close() {}
}
