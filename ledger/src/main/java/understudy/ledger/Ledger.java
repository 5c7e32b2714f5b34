package understudy.ledger;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import understudy.model.HostName;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;
import understudy.protocol.LedgerState;

/// The small replicated state of a cluster, as one voter sees it. For any thread.
public interface Ledger extends AutoCloseable {

    /// Asks the cluster to decide. An answer is final.
    ///
    /// @return completes exceptionally with [OutcomeUnknown] if no answer came in time: the command may still
    ///     be decided, at any later time, so the caller reads the ledger again and never takes it for refused
    CompletableFuture<LedgerAnswer> propose(LedgerCommand command);

    /// A state that holds everything that was decided before this call.
    ///
    /// @return completes exceptionally with [NoQuorum] if no majority of the voters confirmed it in time
    CompletableFuture<LedgerState> read();

    /// What this voter has seen; others may have decided more. For display, never for a decision.
    LedgerState seen();

    /// Calls with the present state at once, and then after every change that this voter sees, in order, on one
    /// thread. A subscriber that is slower than the changes skips states, never the last one.
    void subscribe(Consumer<LedgerState> subscriber);

    /// Who leads, as far as this voter knows. For display.
    Optional<HostName> leader();

    /// Whether this voter belongs to a majority, as far as it knows. For display.
    boolean hasQuorum();

    /// Stops voting. What was not answered completes exceptionally.
    @Override
    void close();
}
