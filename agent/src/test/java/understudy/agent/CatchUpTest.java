package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import understudy.model.Moment;
import understudy.protocol.LedgerState;

class CatchUpTest {
    private final List<CompletableFuture<LedgerState>> readings = new ArrayList<>();
    private final List<LedgerState> begun = new ArrayList<>();
    private final List<String> givenUp = new ArrayList<>();
    private final ByHand clock = new ByHand();
    private Moment now = new Moment(0);
    private boolean isMajorityHeard = true;
    private final CatchUp catchUp =
            new CatchUp(this::read, () -> isMajorityHeard, () -> now, clock, begun::add, givenUp::add);

    /// Runs what is scheduled when it is told to.
    private static final class ByHand extends ScheduledThreadPoolExecutor {
        final ArrayDeque<Runnable> due = new ArrayDeque<>();

        ByHand() {
            super(1);
        }

        @Override
        public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
            due.add(task);
            return super.schedule(() -> {}, 0, unit);
        }
    }

    @AfterEach
    void end() {
        clock.shutdownNow();
    }

    private CompletableFuture<LedgerState> read() {
        readings.add(new CompletableFuture<>());
        return readings.getLast();
    }

    private void fail(Duration later) {
        now = now.plus(later);
        readings.getLast().completeExceptionally(new IllegalStateException("nobody answers"));
        if (!clock.due.isEmpty()) {
            clock.due.remove().run();
        }
    }

    @Test
    void whatWasReadIsTakenUpOnce() {
        catchUp.start();
        assertThat(catchUp.trouble()).isEqualTo("its agent has just been started");
        readings.getFirst().complete(LedgerState.empty());
        assertThat(begun).containsExactly(LedgerState.empty());
        assertThat(clock.due).isEmpty();
    }

    @Test
    void aReadingThatFailsIsRepeatedAndPeopleCanReadWhy() {
        catchUp.start();
        fail(Duration.ofSeconds(5));
        assertThat(readings).hasSize(2);
        assertThat(catchUp.trouble()).isEqualTo("it has not caught up with the ledger for 5 s: nobody answers");
        readings.getLast().complete(LedgerState.empty());
        assertThat(begun).hasSize(1);
        assertThat(givenUp).isEmpty();
    }

    @Test
    void aVoterThatReadsNothingBesideAMajorityGivesUp() {
        catchUp.start();
        fail(Duration.ofSeconds(5));
        fail(Duration.ofSeconds(59));
        assertThat(givenUp).isEmpty();
        fail(Duration.ofSeconds(1));
        assertThat(givenUp).containsExactly("it has not caught up with the ledger for 65 s: nobody answers");
        assertThat(readings).hasSize(3);
    }

    @Test
    void withoutAMajorityItIsTriedForEver() {
        isMajorityHeard = false;
        catchUp.start();
        for (int i = 0; i < 10; i++) {
            fail(Duration.ofSeconds(5));
        }
        assertThat(givenUp).isEmpty();
        assertThat(catchUp.trouble()).contains("50 s, and hears no majority of its voters: nobody answers");
        isMajorityHeard = true;
        fail(Duration.ofSeconds(5));
        isMajorityHeard = false;
        fail(Duration.ofSeconds(59));
        isMajorityHeard = true;
        fail(Duration.ofSeconds(5));
        fail(Duration.ofSeconds(59));
        assertThat(givenUp).isEmpty();
    }
}
