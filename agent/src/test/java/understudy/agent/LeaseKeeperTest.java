package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.model.Replica;
import understudy.model.VmId;
import understudy.protocol.LeaseTiming;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;

/// Leases of 300 ms.
class LeaseKeeperTest {
    private static final Replica SELF = new Replica(new HostName("h1"), new Life(new UUID(0, 1)));
    private static final VmId WEB = new VmId(new UUID(0, 2));

    private final AtomicInteger asked = new AtomicInteger();
    private volatile boolean answers = true;
    private final LeaseKeeper keeper =
            new LeaseKeeper(SELF, new LeaseTiming(Duration.ofMillis(300)), new OneVmLedger());
    private final VmLease lease = keeper.of(WEB);

    @AfterEach
    void close() {
        keeper.close();
    }

    @Test
    void whoNeedsNoLeaseMayGoOnWithoutOne() {
        assertThat(lease.isHeld()).isFalse();
        assertThat(lease.mayGoOn()).isTrue();
    }

    @Test
    void aLeaseIsRenewedWhileItIsNeededAndRunsOutWithoutAnswers() {
        keeper.start();
        lease.need(true);
        lease.want(true);
        await().until(lease::mayGoOn);
        await().until(() -> asked.get() > 5);
        answers = false;
        await().atMost(Duration.ofSeconds(5)).until(() -> !lease.mayGoOn());
    }

    @Test
    void whoWaitsForALeaseIsToldWhenThereIsOneAndWhenNoneIsNeeded() {
        AtomicInteger told = new AtomicInteger();
        lease.onRenewal(told::incrementAndGet);
        lease.need(true);
        lease.want(true);
        assertThat(lease.mayGoOn()).isFalse();
        keeper.start();
        await().until(() -> told.get() > 0);
        assertThat(lease.isWanted()).isTrue();
        int before = told.get();
        lease.need(false);
        assertThat(told).hasValueGreaterThan(before);
        assertThat(lease.mayGoOn()).isTrue();
    }

    private final class OneVmLedger extends SilentLedger {
        @Override
        public CompletableFuture<LedgerAnswer> propose(LedgerCommand command) {
            assertThat(command).isEqualTo(new LedgerCommand.RenewLease(SELF.host(), SELF.life()));
            asked.incrementAndGet();
            return answers
                    ? CompletableFuture.completedFuture(new LedgerAnswer.Leased(new TreeSet<>(List.of(WEB))))
                    : new CompletableFuture<>();
        }
    }
}
