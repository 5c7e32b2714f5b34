package understudy.agent;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.model.Moment;
import understudy.protocol.LedgerState;

/// The first thing that an agent does with the ledger: reads it through a majority. Nothing is done for a VM before
/// that, because what this voter has stored may be old, and an old record can say of a guest that it is to stop; save
/// for VMs with which an earlier life went on alone ([AloneWords]).
///
/// It is tried for ever, for there may be no majority. But where a majority of the voters' agents is heard and still
/// nothing can be read, this voter does not come along by itself, and an agent that knows nothing is of no use: after
/// a while it gives up, to begin a new life. Guests, if there are any, live on.
///
/// Threads: those of the clock and of the ledger.
final class CatchUp {
    private static final Logger LOG = LoggerFactory.getLogger(CatchUp.class);
    private static final Duration AGAIN = Duration.ofMillis(200);
    private static final Duration TELL = Duration.ofSeconds(5);

    /// A majority is there, and nothing can be read: several times what the slowest start has taken.
    static final Duration HOPELESS = Duration.ofSeconds(60);

    private final Supplier<CompletableFuture<LedgerState>> ledger;
    private final BooleanSupplier majority;
    private final Supplier<Moment> now;
    private final ScheduledExecutorService clock;
    private final Consumer<LedgerState> begin;
    private final Consumer<String> giveUp;
    private final Moment began;
    private Optional<Moment> majoritySince = Optional.empty();
    private Moment told;
    private volatile String trouble = "its agent has just been started";

    /// @param ledger   one reading, of bounded time
    /// @param majority whether the agents of a majority of the voters are heard now
    /// @param begin    told once, what was read; on a thread of the ledger's, so it must not wait
    /// @param giveUp   told why, when it is hopeless
    CatchUp(
            Supplier<CompletableFuture<LedgerState>> ledger,
            BooleanSupplier majority,
            Supplier<Moment> now,
            ScheduledExecutorService clock,
            Consumer<LedgerState> begin,
            Consumer<String> giveUp) {
        this.ledger = ledger;
        this.majority = majority;
        this.now = now;
        this.clock = clock;
        this.begin = begin;
        this.giveUp = giveUp;
        this.began = now.get();
        this.told = began;
    }

    void start() {
        var _ = ledger.get().whenComplete((state, failure) -> {
            if (failure == null) {
                trouble = "it is taking up what the ledger says";
                begin.accept(state);
            } else {
                failed(failure);
            }
        });
    }

    /// Why nothing is known yet, for people.
    String trouble() {
        return trouble;
    }

    private synchronized void failed(Throwable failure) {
        Moment at = now.get();
        majoritySince = majority.getAsBoolean() ? majoritySince.or(() -> Optional.of(at)) : Optional.empty();
        String text = "it has not caught up with the ledger for %d s%s: %s"
                .formatted(
                        at.since(began).toSeconds(),
                        majoritySince.isPresent() ? "" : ", and hears no majority of its voters",
                        DriverDesk.reason(failure));
        trouble = text;
        if (at.since(told).compareTo(TELL) >= 0) {
            told = at;
            LOG.warn("this agent does nothing for VMs yet: {}", text);
        }
        if (majoritySince
                .filter(since -> at.since(since).compareTo(HOPELESS) >= 0)
                .isPresent()) {
            giveUp.accept(text);
            return;
        }
        var _ = clock.schedule(this::start, AGAIN.toMillis(), TimeUnit.MILLISECONDS);
    }
}
