package understudy.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static understudy.ledger.Voters.H1;
import static understudy.ledger.Voters.H2;
import static understudy.ledger.Voters.W1;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import understudy.model.Life;
import understudy.model.Placement;
import understudy.model.Problem;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmSpec;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerAnswer.Accepted;
import understudy.protocol.LedgerAnswer.Conflict;
import understudy.protocol.LedgerCommand.ChangeView;
import understudy.protocol.LedgerCommand.CreateVm;
import understudy.protocol.LedgerCommand.RegisterHost;
import understudy.protocol.LedgerCommand.SetWanted;
import understudy.protocol.LedgerState;

@Timeout(120)
class RatisLedgerTest {
    private final VmSpec web = Samples.spec("web");
    private final VmId id = web.id();
    private final View first = Samples.view(1, new Placement.Stopped());
    private final Path directory;
    private final Voters voters;

    RatisLedgerTest(@TempDir Path directory) throws IOException {
        this.directory = directory;
        this.voters = new Voters(directory, Duration.ofSeconds(5));
    }

    @AfterEach
    void close() {
        voters.close();
    }

    @Test
    void ofTwoProposersForOneViewExactlyOneWinsAndAllVotersAgree() throws Exception {
        voters.startAll();
        Voters.propose(voters.of(H1), new CreateVm(web, true, first));
        Replica later = new Replica(Samples.H1.host(), new Life(UUID.randomUUID()));
        for (long number = 2; number < 12; number++) {
            View one = Samples.view(number, new Placement.Solo(Samples.H1));
            View other = Samples.view(number, new Placement.Solo(later));
            CompletableFuture<LedgerAnswer> byH1 = voters.of(H1).propose(new ChangeView(id, number - 1, one));
            CompletableFuture<LedgerAnswer> byH2 = voters.of(H2).propose(new ChangeView(id, number - 1, other));
            List<LedgerAnswer> answers = List.of(byH1.get(), byH2.get());
            assertThat(answers).filteredOn(Accepted.class::isInstance).hasSize(1);
            assertThat(answers).filteredOn(Conflict.class::isInstance).hasSize(1);
        }
        LedgerState state = Voters.read(voters.of(W1));
        assertThat(state.vm(id).orElseThrow().view().number()).isEqualTo(11);
        assertThat(Voters.read(voters.of(H1))).isEqualTo(state);
        assertThat(Voters.read(voters.of(H2))).isEqualTo(state);
    }

    @Test
    void thePreferredVoterComesToLeadAndAnotherTakesOverWhenItEnds() throws Exception {
        voters.startAll();
        voters.awaitLeader(W1);
        Voters.propose(voters.of(H1), new CreateVm(web, true, first));
        voters.stop(W1);
        assertThat(Voters.propose(voters.of(H2), new SetWanted(id, false))).isInstanceOf(Accepted.class);
        assertThat(voters.of(H2).leader()).isPresent().get().isNotEqualTo(W1);
        voters.start(W1);
        voters.awaitLeader(W1);
        assertThat(Voters.read(voters.of(W1)).vm(id).orElseThrow().wanted()).isFalse();
    }

    @Test
    void aFollowerThatVanishesSilentlyDelaysNobody() throws Exception {
        voters.startAll();
        voters.awaitLeader(W1);
        Voters.propose(voters.of(H1), new CreateVm(web, true, first));
        voters.silence(H2, true);
        long worst = 0;
        for (int i = 0; i < 40; i++) {
            long start = System.nanoTime();
            Voters.propose(voters.of(H1), new SetWanted(id, i % 2 == 0));
            Voters.read(voters.of(H1));
            worst = Math.max(worst, System.nanoTime() - start);
        }
        assertThat(Duration.ofNanos(worst)).isLessThan(Duration.ofSeconds(4));
        voters.silence(H2, false);
        await().atMost(Duration.ofSeconds(20))
                .until(() -> voters.of(H2).seen().equals(voters.of(H1).seen()));
    }

    @Test
    void aLeaderThatVanishesSilentlyIsReplaced() throws Exception {
        voters.startAll();
        voters.awaitLeader(W1);
        Voters.propose(voters.of(H1), new CreateVm(web, true, first));
        voters.silence(W1, true);
        voters.stop(W1);
        assertThat(Voters.propose(voters.of(H1), new SetWanted(id, false))).isInstanceOf(Accepted.class);
        assertThat(Voters.read(voters.of(H2)).vm(id).orElseThrow().wanted()).isFalse();
        voters.start(W1);
        voters.silence(W1, false);
        voters.awaitLeader(W1);
    }

    @Test
    void aMinorityDecidesNothingAndSaysSo() throws Exception {
        try (Voters hasty = new Voters(directory.resolve("hasty"), Duration.ofSeconds(2))) {
            hasty.startAll();
            Voters.propose(hasty.of(H1), new CreateVm(web, true, first));
            hasty.stop(W1);
            hasty.stop(H2);
            assertThatThrownBy(() -> Voters.propose(hasty.of(H1), new SetWanted(id, false)))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(OutcomeUnknown.class);
            assertThatThrownBy(() -> Voters.read(hasty.of(H1))).hasCauseInstanceOf(NoQuorum.class);
            await().until(() -> !hasty.of(H1).hasQuorum());
            assertThat(hasty.of(H1).seen().vm(id).orElseThrow().wanted()).isTrue();
            hasty.start(H2);
            assertThat(Voters.propose(hasty.of(H1), new SetWanted(id, false))).isInstanceOf(Accepted.class);
        }
    }

    @Test
    void allVotersRestartWithWhatWasDecided() throws Exception {
        voters.startAll();
        Voters.propose(voters.of(H1), new CreateVm(web, true, first));
        Voters.propose(voters.of(H1), new RegisterHost(Samples.host("w1")));
        LedgerState before = Voters.read(voters.of(H1));
        for (int i = 0; i < 2; i++) {
            voters.stopAll();
            voters.startAll();
            assertThat(Voters.read(voters.of(H2))).isEqualTo(before);
        }
    }

    @Test
    void theLogStaysBoundedAndAVoterThatWasAwayGetsASnapshot() throws Exception {
        voters.startAll();
        Voters.propose(voters.of(W1), new CreateVm(web, true, first));
        voters.stop(H2);
        // A part of the log goes when a snapshot covers all of it, so how far the log grows depends on when snapshots
        // are
        // taken: it must lose half of it at some time, not at a certain one.
        long proposed = 0;
        while (proposed < 3_000 || (longestLog() > proposed / 2 && proposed < 20_000)) {
            CompletableFuture<?>[] batch = new CompletableFuture<?>[100];
            for (int j = 0; j < batch.length; j++) {
                batch[j] = voters.of(H1).propose(new SetWanted(id, j % 2 == 0));
            }
            CompletableFuture.allOf(batch).get();
            proposed += batch.length;
        }
        assertThat(longestLog()).isLessThanOrEqualTo(proposed / 2);
        voters.start(H2);
        assertThat(Voters.read(voters.of(H2))).isEqualTo(Voters.read(voters.of(H1)));
        assertThat(Voters.propose(voters.of(H2), new SetWanted(id, true))).isInstanceOf(Accepted.class);
    }

    private long longestLog() {
        return Math.max(voters.of(H1).logLength(), voters.of(W1).logLength());
    }

    @Test
    void anEntryThatIsNoCommandIsRefusedOnAllVotersAndHarmsNone() throws Exception {
        voters.startAll();
        LedgerAnswer answer = voters.of(H1)
                .proposeBytes("{\"format\":9}".getBytes(java.nio.charset.StandardCharsets.UTF_8))
                .get();
        assertThat(answer)
                .isInstanceOfSatisfying(
                        LedgerAnswer.Refused.class,
                        refused -> assertThat(refused.problem().code()).isEqualTo("command-unreadable"));
        assertThat(Voters.propose(voters.of(H2), new CreateVm(web, true, first)))
                .isInstanceOf(Accepted.class);
        voters.stop(H1);
        voters.start(H1);
        assertThat(Voters.read(voters.of(H1)).applied()).isEqualTo(1);
    }

    @Test
    void subscribersSeeTheStatesInOrderAndTheLastOne() throws Exception {
        voters.startAll();
        List<Long> seen = new CopyOnWriteArrayList<>();
        voters.of(H2).subscribe(state -> seen.add(state.applied()));
        Voters.propose(voters.of(H1), new CreateVm(web, true, first));
        for (int i = 0; i < 20; i++) {
            Voters.propose(voters.of(H1), new SetWanted(id, i % 2 == 0));
        }
        await().until(() -> seen.contains(21L));
        assertThat(seen).isSorted().doesNotHaveDuplicates().startsWith(0L);
    }

    @Test
    void anotherVotersDirectoryIsRefused() throws Exception {
        voters.start(H1).close();
        LedgerConfig config = voters.config(H1);
        LedgerConfig other = new LedgerConfig(
                H2,
                config.cluster(),
                config.directory(),
                config.listen(),
                config.members(),
                config.voters(),
                W1,
                config.election(),
                config.bound());
        assertThatThrownBy(() -> RatisLedger.start(other, _ -> {})).isInstanceOf(Problem.Refused.class);
        LedgerConfig elsewhere = LedgerConfig.of(
                H1, UUID.randomUUID(), config.directory(), config.listen(), config.members(), config.voters(), W1);
        assertThatThrownBy(() -> RatisLedger.start(elsewhere, _ -> {}))
                .isInstanceOf(Problem.Refused.class)
                .hasMessageContaining("another voter");
    }
}
