package understudy.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static understudy.ledger.Voters.H1;
import static understudy.ledger.Voters.H2;
import static understudy.ledger.Voters.THREE;
import static understudy.ledger.Voters.W1;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import understudy.model.HostName;
import understudy.model.Placement;
import understudy.model.VmSpec;
import understudy.protocol.LedgerAnswer.Accepted;
import understudy.protocol.LedgerCommand.CreateVm;
import understudy.protocol.LedgerCommand.SetWanted;

/// Four members of which three vote: the vote of one that is lost moves to the fourth.
@Timeout(180)
class ChangeOfVotersTest {
    private static final HostName W2 = new HostName("w2");
    private static final SortedSet<HostName> MOVED = new TreeSet<>(List.of(H1, H2, W2));

    private final VmSpec web = Samples.spec("web");
    private final Voters members;

    ChangeOfVotersTest(@TempDir Path directory) throws IOException {
        members = new Voters(directory, Duration.ofSeconds(5), W2);
    }

    @AfterEach
    void close() {
        members.close();
    }

    private void begin() throws Exception {
        members.startAll();
        members.awaitLeader(W1);
        Voters.propose(members.of(W2), new CreateVm(web, true, Samples.view(1, new Placement.Stopped())));
    }

    private void decide(HostName by, boolean wanted) throws Exception {
        assertThat(Voters.propose(members.of(by), new SetWanted(web.id(), wanted)))
                .isInstanceOf(Accepted.class);
        for (HostName each : members.running()) {
            assertThat(Voters.read(members.of(each)).vm(web.id()).orElseThrow().wanted())
                    .as("at %s", each)
                    .isEqualTo(wanted);
        }
    }

    private void change(Collection<HostName> from, Collection<HostName> to) {
        await().atMost(Duration.ofSeconds(20)).ignoreExceptions().untilAsserted(() -> {
            HostName name = members.leader();
            RatisLedger leader = members.of(name);
            if (!to.contains(name)) {
                leader.prefer(to.stream().filter(from::contains).findFirst().orElseThrow());
            }
            leader.changeVoters(new TreeSet<>(from), new TreeSet<>(to), leader.strangers())
                    .get(10, TimeUnit.SECONDS);
            assertThat(leader.voters()).isEqualTo(new TreeSet<>(to));
        });
    }

    private void awaitVoters(SortedSet<HostName> voters) {
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            for (HostName each : members.running()) {
                assertThat(members.of(each).voters()).as("at %s", each).isEqualTo(voters);
            }
        });
    }

    @Test
    void aMemberWithoutAVoteDecidesLearnsAndReadsAsTheOthersDo() throws Exception {
        begin();
        awaitVoters(THREE);
        decide(W2, false);
        decide(H1, true);
        assertThat(members.of(W2).hasQuorum()).isTrue();
        members.stop(W2);
        decide(H1, false);
        members.start(W2);
        decide(W2, true);
        // It counts for no majority.
        members.stop(W1);
        members.stop(H2);
        await().until(() -> !members.of(H1).hasQuorum() && !members.of(W2).hasQuorum());
        assertThatThrownBy(() -> Voters.read(members.of(W2))).hasCauseInstanceOf(NoQuorum.class);
    }

    @Test
    void theVoteOfALostWitnessMovesAndAnotherLossIsSurvived() throws Exception {
        begin();
        members.silence(W1, true);
        members.stop(W1);
        await().atMost(Duration.ofSeconds(20))
                .until(() ->
                        members.of(H1).leader().filter(it -> !it.equals(W1)).isPresent());
        change(THREE, MOVED);
        decide(H2, false);
        HostName lost = members.leader();
        members.stop(lost);
        decide(lost.equals(H1) ? H2 : H1, true);
        members.start(lost);
        // What comes back believes that it votes, and learns better.
        members.silence(W1, false);
        members.start(W1);
        decide(W1, false);
        awaitVoters(MOVED);
    }

    @Test
    void aVoterThatLosesItsVoteWhileItRunsGoesOnWithoutOne() throws Exception {
        begin();
        List<Long> seen = new CopyOnWriteArrayList<>();
        members.of(H2).subscribe(state -> seen.add(state.applied()));
        change(THREE, List.of(H1, W1, W2));
        awaitVoters(new TreeSet<>(List.of(H1, W1, W2)));
        decide(H2, false);
        // Now the leader is lost: one without a vote must neither stand for election nor end.
        members.stop(W1);
        decide(H2, true);
        members.start(W1);
        change(List.of(H1, W1, W2), THREE);
        members.stop(W2);
        decide(H2, false);
        members.stop(H1);
        decide(H2, true);
        await().until(() -> seen.contains(members.of(H2).seen().applied()));
        assertThat(seen).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void aChangeThatOthersOvertookChangesNothing() throws Exception {
        begin();
        change(THREE, MOVED);
        HostName leader = members.leader();
        SortedSet<HostName> other = new TreeSet<>(List.of(W1, leader, leader.equals(H1) ? H2 : H1));
        assertThatThrownBy(() ->
                        members.of(leader).changeVoters(THREE, other, Set.of()).get(10, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class);
        assertThat(members.of(members.leader()).voters()).isEqualTo(MOVED);
    }

    @Test
    void oneThatIsNewGetsACopyAndThenAVote() throws Exception {
        members.know(W2, false);
        members.startAll();
        members.awaitLeader(W1);
        Voters.propose(members.of(H1), new CreateVm(web, true, Samples.view(1, new Placement.Stopped())));
        members.stopAll();
        members.know(W2, true);
        members.startAll();
        assertThat(members.of(members.leader()).strangers()).containsExactly(W2);
        change(THREE, THREE);
        assertThat(members.of(members.leader()).strangers()).isEmpty();
        decide(W2, false);
        change(THREE, MOVED);
        members.stop(W1);
        decide(W2, true);
    }

    @Test
    void allRestartWithTheVotersThatTheyHad() throws Exception {
        begin();
        change(THREE, MOVED);
        for (int i = 0; i < 2; i++) {
            members.stopAll();
            members.startAll();
            decide(H1, i % 2 == 0);
            awaitVoters(MOVED);
        }
        members.stop(W1);
        members.stop(W2);
        decide(H1, true);
    }
}
