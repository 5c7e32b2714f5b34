package understudy.ledger;

import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import understudy.model.HostName;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;
import understudy.protocol.LedgerState;

/// The small replicated state of a cluster, as one member sees it. For any thread.
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

    /// What this member has seen; others may have decided more. For display, never for a decision.
    LedgerState seen();

    /// Calls with the present state at once, and then after every change that this member sees, in order, on one
    /// thread. A subscriber that is slower than the changes skips states, never the last one.
    void subscribe(Consumer<LedgerState> subscriber);

    /// Who leads, as far as this member knows. For display.
    Optional<HostName> leader();

    /// Whether this member hears a leader, as far as it knows. For display.
    boolean hasQuorum();

    /// Who votes, as far as this member knows; while that is being changed, who did.
    SortedSet<HostName> voters();

    /// Who votes, no change being under way: everything that was decided before this call counts.
    ///
    /// @return completes exceptionally with [NoQuorum] if no majority confirmed it in time, or if
    ///     that is being changed
    CompletableFuture<SortedSet<HostName>> readVoters();

    /// Those that this member knows of and that have no copy yet: they get one by [#changeVoters].
    SortedSet<HostName> strangers();

    /// Has others vote from now on. Only the leader does it, one such change at a time, if a majority of the old and
    /// one of the new voters agree. It cannot take its own vote: see [#prefer].
    ///
    /// @param now     who votes now; nothing is changed if others do
    /// @param next    fewer than half of them new; may be the same
    /// @param joining strangers that are to have a copy, and are there
    /// @return completes once it is so; exceptionally if it was refused, or is not known to be so in time
    CompletableFuture<Void> changeVoters(Set<HostName> now, Set<HostName> next, Set<HostName> joining);

    /// Who should lead, if this member leads and that one votes and is there: it moves the lead then.
    void prefer(HostName leader);

    /// Stops taking part. What was not answered completes exceptionally.
    @Override
    void close();
}
