package understudy.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static understudy.ledger.Voters.H1;
import static understudy.ledger.Voters.H2;
import static understudy.ledger.Voters.THREE;
import static understudy.ledger.Voters.W1;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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
import understudy.protocol.Newcomer.Copy;

/// A voter's disk is replaced. What it decided before is not forgotten, whoever is lost meanwhile.
@Timeout(180)
class LostCopyTest {
    private static final SortedSet<HostName> TWO = new TreeSet<>(List.of(H1, W1));

    private final VmSpec web = Samples.spec("web");
    private final Path directory;
    private final Voters members;

    LostCopyTest(@TempDir Path directory) throws IOException {
        this.directory = directory;
        members = new Voters(directory, Duration.ofSeconds(3));
    }

    @AfterEach
    void close() {
        members.close();
    }

    private void begin() throws Exception {
        members.startAll();
        members.awaitLeader(W1);
        Voters.propose(members.of(W1), new CreateVm(web, true, Samples.view(1, new Placement.Stopped())));
    }

    private void lose(HostName name) throws IOException {
        members.stop(name);
        try (Stream<Path> files = Files.walk(directory.resolve(name.value()))) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> assertThat(file.toFile().delete()).isTrue());
        }
    }

    private void change(Set<HostName> from, Set<HostName> to) {
        await().atMost(Duration.ofSeconds(20)).ignoreExceptions().untilAsserted(() -> {
            members.of(members.leader()).changeVoters(from, to, Set.of()).get(10, TimeUnit.SECONDS);
            assertThat(members.of(members.leader()).readVoters().get(10, TimeUnit.SECONDS))
                    .isEqualTo(to);
        });
    }

    @Test
    void itGetsACopyOnceItHasNoVoteAndAVoteOnceItHasACopy() throws Exception {
        begin();
        lose(H2);
        assertThat(members.of(members.leader()).readVoters().get(10, TimeUnit.SECONDS))
                .contains(H2);
        try (JoiningLedger joining = members.join(H2)) {
            assertThat(joining.copy()).isEqualTo(Copy.NONE);
            assertThat(joining.leader()).isEmpty();
            assertThatThrownBy(() -> joining.read().get()).hasCauseInstanceOf(NoQuorum.class);
            assertThat(Voters.propose(members.of(W1), new SetWanted(web.id(), false)))
                    .isInstanceOf(Accepted.class);
            change(THREE, TWO);
            joining.begin(TWO);
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(joining.copy()).isEqualTo(Copy.USED));
            assertThat(joining.read()
                            .get(20, TimeUnit.SECONDS)
                            .vm(web.id())
                            .orElseThrow()
                            .wanted())
                    .isFalse();
            change(TWO, THREE);
            members.stop(W1);
            assertThat(joining.propose(new SetWanted(web.id(), true)).get(30, TimeUnit.SECONDS))
                    .isInstanceOf(Accepted.class);
        }
    }

    /// It has nothing yet when it dies, and so does not know by its log that it has no vote.
    @Test
    void oneThatIsStartedAgainBeforeItHasLearntAnythingStillHasNoVote() throws Exception {
        begin();
        lose(H2);
        change(THREE, TWO);
        members.stopAll();
        try (JoiningLedger joining = members.join(H2)) {
            joining.begin(TWO);
            assertThat(joining.copy()).isEqualTo(Copy.EMPTY);
        }
        RatisLedger again = members.start(H2);
        assertThat(again.isUsed()).isFalse();
        assertThat(again.voters()).isEqualTo(TWO);
        RatisLedger alone = members.start(H1);
        assertThatThrownBy(() -> Voters.read(alone))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(NoQuorum.class);
        members.start(W1);
        assertThat(Voters.read(again).vm(web.id())).isPresent();
    }

    @Test
    void ofTwoVotersOneVotesAloneUntilTheOtherHasACopyAgain() throws Exception {
        begin();
        SortedSet<HostName> pair = new TreeSet<>(List.of(H2, W1));
        change(THREE, pair);
        lose(H2);
        members.stop(H1);
        try (JoiningLedger joining = members.join(H2)) {
            RatisLedger other = members.of(W1);
            assertThatThrownBy(() -> Voters.read(other)).hasCauseInstanceOf(NoQuorum.class);
            assertThat(other.voteAlone(H1)).isFalse();
            assertThat(other.voteAlone(H2)).isTrue();
            await().atMost(Duration.ofSeconds(20))
                    .ignoreExceptions()
                    .untilAsserted(() -> assertThat(other.readVoters().get(10, TimeUnit.SECONDS))
                            .isEqualTo(Set.of(W1)));
            joining.begin(new TreeSet<>(Set.of(W1)));
            await().atMost(Duration.ofSeconds(20))
                    .ignoreExceptions()
                    .untilAsserted(() -> assertThat(
                                    joining.read().get(10, TimeUnit.SECONDS).vm(web.id()))
                            .isPresent());
            change(Set.of(W1), pair);
            members.stop(W1);
            members.start(W1);
            assertThat(joining.propose(new SetWanted(web.id(), false)).get(30, TimeUnit.SECONDS))
                    .isInstanceOf(Accepted.class);
        }
    }
}
