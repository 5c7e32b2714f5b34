package understudy.ledger;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.protocol.LedgerState;

/// Tells subscribers of changes, on a thread of its own, so that none of them can hold up the log. Holds no
/// queue: a slow subscriber gets the state as it is when its turn comes.
final class Announcer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Announcer.class);

    private final Supplier<LedgerState> state;
    private final Semaphore changes = new Semaphore(0);
    private final List<Subscription> subscriptions = new ArrayList<>();
    private final Thread thread;
    private volatile boolean closed;

    private static final class Subscription {
        private final Consumer<LedgerState> subscriber;
        private long announced = -1;

        Subscription(Consumer<LedgerState> subscriber) {
            this.subscriber = subscriber;
        }
    }

    Announcer(String threadName, Supplier<LedgerState> state) {
        this.state = state;
        this.thread = Thread.ofPlatform().daemon().name(threadName).start(this::run);
    }

    void subscribe(Consumer<LedgerState> subscriber) {
        synchronized (subscriptions) {
            subscriptions.add(new Subscription(subscriber));
        }
        changed();
    }

    /// Returns at once.
    void changed() {
        changes.release();
    }

    private void run() {
        while (!closed) {
            changes.acquireUninterruptibly();
            changes.drainPermits();
            List<Subscription> all;
            synchronized (subscriptions) {
                all = List.copyOf(subscriptions);
            }
            all.forEach(this::announce);
        }
    }

    private void announce(Subscription subscription) {
        LedgerState now = state.get();
        if (closed || now.applied() <= subscription.announced) {
            return;
        }
        subscription.announced = now.applied();
        try {
            subscription.subscriber.accept(now);
        } catch (RuntimeException wrong) {
            LOG.error("a subscriber of the ledger failed at {}", now.applied(), wrong);
        }
    }

    @Override
    public void close() {
        closed = true;
        changed();
        try {
            thread.join(1_000);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
