package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.protocol.Newcomer.Copy;
import understudy.protocol.Newcomer.Word;

/// `H2` has no copy of the ledger.
class NewcomerTest {
    private static final HostName H1 = new HostName("h1");
    private static final HostName H2 = new HostName("h2");
    private static final HostName H3 = new HostName("h3");
    private static final HostName W1 = new HostName("w1");
    private static final SortedSet<HostName> FIRST = new TreeSet<>(List.of(H1, H2, W1));
    private static final SortedSet<HostName> ALL = new TreeSet<>(List.of(H1, H2, H3, W1));
    private static final Life LIFE = new Life(new UUID(1, 2));
    private static final Life EARLIER = new Life(new UUID(1, 1));
    private static final Word NONE = new Word(Optional.of(new UUID(5, 5)), Copy.NONE, Set.of(), Set.of(), Set.of());
    private static final Word EMPTY = new Word(Optional.empty(), Copy.EMPTY, Set.of(), FIRST, Set.of());

    private final Newcomer newcomer = new Newcomer(H2, LIFE, ALL, FIRST);
    private final Map<HostName, Word> words = new LinkedHashMap<>();

    private static Word used(Set<HostName> voters, Life... welcome) {
        Set<UUID> lives = new TreeSet<>();
        List.of(welcome).forEach(life -> lives.add(life.value()));
        return new Word(Optional.empty(), Copy.USED, Set.of(), voters, lives);
    }

    private void assertBegins(Set<HostName> voters) {
        assertThat(newcomer.begin(words)).contains(new TreeSet<>(voters));
    }

    private void assertWaits() {
        assertThat(newcomer.begin(words)).isEmpty();
    }

    @Test
    void aNewLedgerBeginsWhenAllAreThereAndHaveNothing() {
        assertWaits();
        words.put(H1, NONE);
        assertWaits();
        words.put(W1, NONE);
        assertWaits();
        words.put(H3, NONE);
        assertBegins(FIRST);
    }

    /// Those that have it may be silent for a while, or replaced in their turn.
    @Test
    void whoHasHeardOfALedgerBeginsNoOtherOne() {
        words.put(H1, used(FIRST));
        assertWaits();
        words.put(H1, NONE);
        words.put(H3, NONE);
        words.put(W1, NONE);
        assertWaits();
    }

    /// The others were quicker.
    @Test
    void onesThatHaveBegunAndDecidedNothingAreNoReasonToWait() {
        words.put(H1, EMPTY);
        words.put(W1, NONE);
        words.put(H3, NONE);
        assertBegins(FIRST);
    }

    @Test
    void aNewLedgerDoesNotBeginBesideAnyoneWhoHasSeenOne() {
        words.put(H1, NONE);
        words.put(W1, NONE);
        words.put(H3, used(FIRST));
        assertWaits();
    }

    @Test
    void whoDoesNotVoteFirstWaitsUntilItIsLetIn() {
        Newcomer third = new Newcomer(H3, LIFE, ALL, FIRST);
        words.put(H1, NONE);
        words.put(H2, NONE);
        words.put(W1, NONE);
        assertThat(third.begin(words)).isEmpty();
        words.put(W1, used(FIRST, LIFE));
        assertThat(third.begin(words)).contains(FIRST);
    }

    @Test
    void whoMayHaveVotedIsLetInWhenThisLifeOfItHasNoVote() {
        words.put(H1, used(FIRST));
        words.put(W1, used(FIRST));
        assertWaits();
        words.put(W1, used(Set.of(H1, W1)));
        assertWaits();
        words.put(W1, used(Set.of(H1, W1), EARLIER));
        assertWaits();
        words.put(W1, used(Set.of(H1, W1), EARLIER, LIFE));
        assertBegins(Set.of(H1, W1));
    }

    @Test
    void aWelcomeOfOneThatSeesItVoteOrKnowsNoVotersIsNone() {
        words.put(W1, used(FIRST, LIFE));
        assertWaits();
        words.put(W1, used(Set.of(), LIFE));
        assertWaits();
    }

    /// Nothing was ever decided without the other one.
    @Test
    void oneOfTwoVotersVotesAloneWhenTheOtherHasForgotten() {
        assertThat(Newcomer.mayVoteAlone(H1, Set.of(), Set.of(H1, H2), H2)).isTrue();
        assertThat(Newcomer.mayVoteAlone(H1, Set.of(), Set.of(H1, H2), H3)).isFalse();
        assertThat(Newcomer.mayVoteAlone(H1, Set.of(), Set.of(H2, H3), H2)).isFalse();
        assertThat(Newcomer.mayVoteAlone(H1, Set.of(), FIRST, H2)).isFalse();
        assertThat(Newcomer.mayVoteAlone(H1, Set.of(), Set.of(), H2)).isFalse();
    }

    @Test
    void alsoWhileTheOtherOneComesOrGoes() {
        assertThat(Newcomer.mayVoteAlone(H1, Set.of(H1), Set.of(H1, H2), H2)).isTrue();
        assertThat(Newcomer.mayVoteAlone(H1, Set.of(H1, H2), Set.of(H1), H2)).isTrue();
        assertThat(Newcomer.mayVoteAlone(H1, Set.of(H2), Set.of(H1, H2), H2)).isFalse();
        assertThat(Newcomer.mayVoteAlone(H1, Set.of(H1, H2), Set.of(H2), H2)).isFalse();
        assertThat(Newcomer.mayVoteAlone(H1, Set.of(H1, H3), Set.of(H1, H2), H2))
                .isFalse();
    }

    /// It waits for that.
    @Test
    void theOtherOneOfTwoVotersIsLetInLikeAllOthers() {
        words.put(H1, used(Set.of(H1, H2)));
        assertWaits();
        words.put(H1, used(Set.of(H1), LIFE));
        assertBegins(Set.of(H1));
    }

    @Test
    void ofVotersThatHaveForgottenOneAtATimeLosesItsVote() {
        Set<HostName> five = Set.of(H1, H2, H3, W1, new HostName("h4"));
        assertThat(Newcomer.withoutForgetful(
                        five, Set.of(H2, W1)::contains, name -> !Set.of(H2, W1).contains(name)))
                .contains(new TreeSet<>(List.of(H1, H3, W1, new HostName("h4"))));
        assertThat(Newcomer.withoutForgetful(FIRST, Set.of(H3)::contains, _ -> true))
                .isEmpty();
        assertThat(Newcomer.withoutForgetful(FIRST, Set.of(H2)::contains, H1::equals))
                .as("too few are there")
                .isEmpty();
        assertThat(Newcomer.withoutForgetful(Set.of(H1, H2), Set.of(H2)::contains, H1::equals))
                .isEmpty();
    }
}
