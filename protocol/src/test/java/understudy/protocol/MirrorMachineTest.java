package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static understudy.protocol.MirrorEffect.Role.ABSENT;
import static understudy.protocol.MirrorEffect.Role.FOLLOWING;
import static understudy.protocol.MirrorEffect.Role.REQUIRED;
import static understudy.protocol.MirrorSide.LOCAL;
import static understudy.protocol.MirrorSide.PEER;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import understudy.protocol.MirrorEffect.Admit;
import understudy.protocol.MirrorEffect.Forget;
import understudy.protocol.MirrorEffect.Hold;
import understudy.protocol.MirrorEffect.Propose;
import understudy.protocol.MirrorEffect.Serve;
import understudy.protocol.MirrorEffect.Settle;
import understudy.protocol.MirrorEffect.StartCopy;
import understudy.protocol.MirrorEffect.StopCopy;
import understudy.protocol.MirrorEffect.Track;
import understudy.protocol.MirrorInput.CopyCaughtUp;
import understudy.protocol.MirrorInput.Forgotten;
import understudy.protocol.MirrorInput.PatienceOver;
import understudy.protocol.MirrorInput.ProposalUnanswered;
import understudy.protocol.MirrorInput.ReplicaLost;
import understudy.protocol.MirrorInput.ReplicaReady;
import understudy.protocol.MirrorInput.Settled;
import understudy.protocol.MirrorInput.ViewLearnt;
import understudy.protocol.MirrorState.Copy;

class MirrorMachineTest {
    private final MirrorMachine machine = new MirrorMachine();
    private MirrorState state = MirrorState.INITIAL;

    private List<MirrorEffect> step(MirrorInput input) {
        Step<MirrorState, MirrorEffect> step = machine.step(state, input);
        state = step.state();
        return step.effects();
    }

    private void serveBoth() {
        step(new ViewLearnt(1, InSync.LOCAL, true));
        step(new ReplicaReady(LOCAL, true));
        step(new ReplicaReady(PEER, true));
        step(new CopyCaughtUp());
        step(new Settled());
        step(new ViewLearnt(2, InSync.BOTH, true));
    }

    /// The peer's replica is the only one in sync, was served, and is lost.
    private void losePeerThatIsAlone() {
        step(new ViewLearnt(1, InSync.PEER, true));
        step(new ReplicaReady(PEER, true));
        assertThat(step(new ReplicaLost(PEER))).containsExactly(new Hold());
    }

    @Test
    void aNewLifeServesNothingBeforeAViewOfItsOwn() {
        assertThat(step(new ReplicaReady(LOCAL, true))).isEmpty();
        assertThat(step(new ReplicaReady(PEER, true))).isEmpty();
        assertThat(step(new ViewLearnt(7, InSync.BOTH, false))).containsExactly(new Propose(8, InSync.LOCAL));
        assertThat(step(new ViewLearnt(8, InSync.LOCAL, true)))
                .containsExactly(
                        new Track(LOCAL),
                        new Serve(REQUIRED, ABSENT),
                        new Serve(REQUIRED, FOLLOWING),
                        new StartCopy(PEER));
    }

    @Test
    void aReplicaThatFollowsIsRequiredBeforeItIsProposedAndAdmittedAfterwards() {
        step(new ViewLearnt(1, InSync.LOCAL, true));
        step(new ReplicaReady(LOCAL, true));
        assertThat(step(new ReplicaReady(PEER, false)))
                .containsExactly(new Serve(REQUIRED, FOLLOWING), new StartCopy(PEER));
        assertThat(step(new CopyCaughtUp())).containsExactly(new Serve(REQUIRED, REQUIRED), new Settle());
        assertThat(step(new Settled())).containsExactly(new Propose(2, InSync.BOTH));
        assertThat(step(new ViewLearnt(2, InSync.BOTH, true)))
                .containsExactly(new Admit(PEER), new Serve(REQUIRED, REQUIRED));
    }

    @Test
    void aLostReplicaIsDoneWithoutOnceTheViewIsLearnt() {
        serveBoth();
        assertThat(step(new ReplicaLost(LOCAL))).containsExactly(new Hold(), new Propose(3, InSync.PEER));
        assertThat(step(new ProposalUnanswered())).containsExactly(new Propose(3, InSync.PEER));
        assertThat(step(new ViewLearnt(3, InSync.PEER, true)))
                .containsExactly(new Track(PEER), new Serve(ABSENT, REQUIRED));
        assertThat(step(new ReplicaReady(LOCAL, false)))
                .containsExactly(new Serve(FOLLOWING, REQUIRED), new StartCopy(LOCAL));
    }

    @Test
    void aTargetThatIsLostAfterItWasProposedIsWaitedFor() {
        step(new ViewLearnt(1, InSync.LOCAL, true));
        step(new ReplicaReady(LOCAL, true));
        step(new ReplicaReady(PEER, true));
        step(new CopyCaughtUp());
        step(new Settled());
        assertThat(step(new ReplicaLost(PEER)))
                .containsExactly(new StopCopy(), new Hold(), new Propose(2, InSync.LOCAL));
        assertThat(step(new ViewLearnt(2, InSync.BOTH, true)))
                .containsExactly(new Hold(), new Propose(3, InSync.LOCAL));
        assertThat(step(new ViewLearnt(3, InSync.LOCAL, true)))
                .containsExactly(new Track(LOCAL), new Serve(REQUIRED, ABSENT));
    }

    /// Nothing was answered without it, so it is as good as it was.
    @Test
    void theOnlyOneInSyncThatWasLostForAWhileStaysWhenTheOtherComesIn() {
        losePeerThatIsAlone();
        step(new ReplicaReady(PEER, true));
        step(new ReplicaReady(LOCAL, true));
        step(new CopyCaughtUp());
        step(new Settled());
        assertThat(step(new ViewLearnt(2, InSync.BOTH, true)))
                .containsExactly(new Admit(LOCAL), new Serve(REQUIRED, REQUIRED));
    }

    @Test
    void theOnlyOneInSyncThatLostWhatItConfirmedIsServedWhenNobodyIsLeftWhoWasTold() {
        losePeerThatIsAlone();
        assertThat(step(new ReplicaReady(PEER, false, true))).containsExactly(new Forget(PEER));
        assertThat(step(new ReplicaReady(LOCAL, true)))
                .as("nothing to copy from yet")
                .isEmpty();
        assertThat(step(new Forgotten())).containsExactly(new Propose(2, InSync.PEER));
        assertThat(step(new ViewLearnt(2, InSync.PEER, true)))
                .containsExactly(
                        new Track(PEER),
                        new Serve(ABSENT, REQUIRED),
                        new Serve(FOLLOWING, REQUIRED),
                        new StartCopy(LOCAL));
    }

    @Test
    void aReplicaThatIsLostAgainWhileItIsBehindIsLookedAtAnew() {
        losePeerThatIsAlone();
        step(new ReplicaReady(PEER, false, true));
        assertThat(step(new ReplicaLost(PEER))).isEmpty();
        assertThat(step(new ReplicaReady(PEER, false, true))).containsExactly(new Forget(PEER));
    }

    /// Its loss was told before the view that leaves it alone in sync was learnt.
    @Test
    void aReplicaThatIsBehindIsNotServedByALaterViewEither() {
        serveBoth();
        step(new ReplicaLost(LOCAL));
        step(new ReplicaLost(PEER));
        assertThat(step(new ReplicaReady(PEER, false, true))).isEmpty();
        assertThat(step(new ViewLearnt(3, InSync.PEER, true))).containsExactly(new Hold(), new Forget(PEER));
        assertThat(step(new ProposalUnanswered())).isEmpty();
        assertThat(step(new Forgotten())).containsExactly(new Propose(4, InSync.PEER));
    }

    @Test
    void aReplicaThatIsBehindIsCopiedToOnceTheOtherAloneIsInSync() {
        serveBoth();
        step(new ReplicaLost(PEER));
        step(new ReplicaReady(PEER, false, true));
        assertThat(step(new ViewLearnt(3, InSync.LOCAL, true)))
                .endsWith(new Serve(REQUIRED, FOLLOWING), new StartCopy(PEER));
    }

    @Test
    void nobodyWasToldAnythingBeforeTheFirstView() {
        step(new Forgotten());
        step(new ViewLearnt(1, InSync.PEER, false));
        assertThat(step(new ReplicaReady(PEER, false, true))).containsExactly(new Propose(2, InSync.PEER));
    }

    @Test
    void whereNobodyWasToldAnythingSinceItWasLostThereIsNobodyToForget() {
        losePeerThatIsAlone();
        assertThat(step(new Forgotten())).isEmpty();
        assertThat(step(new ReplicaReady(PEER, false, true))).containsExactly(new Propose(2, InSync.PEER));
        step(new ViewLearnt(2, InSync.PEER, true));
        step(new ReplicaLost(PEER));
        assertThat(step(new ReplicaReady(PEER, false, true))).as("told since").containsExactly(new Forget(PEER));
    }

    @Test
    void ofTwoLostReplicasTheOneThatComesBackWholeIsClaimed() {
        serveBoth();
        step(new ReplicaLost(PEER));
        assertThat(step(new ReplicaLost(LOCAL))).containsExactly(new Hold());
        assertThat(step(new ReplicaReady(LOCAL, false))).isEmpty();
        assertThat(step(new ReplicaReady(PEER, true))).containsExactly(new Propose(3, InSync.PEER));
    }

    @Test
    void aLocalReplicaThatMayHaveLostSomethingGivesWayToThePeers() {
        step(new ViewLearnt(4, InSync.BOTH, false));
        assertThat(step(new ReplicaReady(LOCAL, false))).isEmpty();
        assertThat(step(new ReplicaReady(PEER, true))).containsExactly(new Propose(5, InSync.PEER));
    }

    @Test
    void andIsTakenWhenThePeerDoesNotCome() {
        step(new ViewLearnt(4, InSync.BOTH, false));
        step(new ReplicaReady(LOCAL, false));
        assertThat(step(new PatienceOver())).containsExactly(new Propose(5, InSync.LOCAL));
    }

    @Test
    void aViewThatChangesNothingHereChangesNothing() {
        serveBoth();
        assertThat(step(new ViewLearnt(3, InSync.BOTH, false))).containsExactly(new Serve(REQUIRED, REQUIRED));
        assertThat(step(new ViewLearnt(2, InSync.LOCAL, false))).isEmpty();
    }

    /// Every state that can be reached, with every input, in a walk over all of them; the invariants hold in
    /// each.
    @Test
    void theInvariantsHoldInEveryStateWithEveryInput() {
        Set<MirrorState> seen = new HashSet<>();
        List<Walk> open = new ArrayList<>(List.of(new Walk(MirrorState.INITIAL, Optional.empty())));
        int steps = 0;
        while (!open.isEmpty()) {
            Walk walk = open.removeLast();
            for (MirrorInput input : inputs(walk.state)) {
                Walk next = walk.take(machine, input);
                steps++;
                if (number(next.state) <= 5 && seen.add(next.state)) {
                    open.add(next);
                }
            }
        }
        assertThat(seen).hasSizeGreaterThan(500);
        assertThat(steps).isGreaterThan(5000);
    }

    private static long number(MirrorState state) {
        return state.view().map(MirrorState.Known::number).orElse(0L);
    }

    private static List<MirrorInput> inputs(MirrorState state) {
        List<MirrorInput> inputs = new ArrayList<>(List.of(
                new PatienceOver(), new CopyCaughtUp(), new Settled(), new ProposalUnanswered(), new Forgotten()));
        for (MirrorSide side : MirrorSide.values()) {
            inputs.add(new ReplicaLost(side));
            inputs.add(new ReplicaReady(side, true));
            inputs.add(new ReplicaReady(side, false));
            inputs.add(new ReplicaReady(side, false, true));
        }
        for (InSync set : InSync.values()) {
            inputs.add(new ViewLearnt(number(state) + 1, set, false));
            inputs.add(new ViewLearnt(number(state), set, false));
            boolean isFirst = state.view().isEmpty() && set == InSync.LOCAL;
            if (isFirst || state.asked().equals(Optional.of(set))) {
                inputs.add(new ViewLearnt(number(state) + 1, set, true));
            }
        }
        return inputs;
    }

    /// A state with how it serves.
    private record Walk(MirrorState state, Optional<Serve> serving) {

        Walk take(MirrorMachine machine, MirrorInput input) {
            Step<MirrorState, MirrorEffect> step = machine.step(state, input);
            Optional<Serve> now = serving;
            for (MirrorEffect effect : step.effects()) {
                now = switch (effect) {
                    case Serve serve -> Optional.of(serve);
                    case Hold _ -> Optional.empty();
                    default -> now;
                };
                check(step.state(), effect, input);
            }
            now.ifPresent(serve -> checkServing(step.state(), serve, input));
            return new Walk(step.state(), now);
        }

        private void check(MirrorState next, MirrorEffect effect, MirrorInput input) {
            switch (effect) {
                case StartCopy(MirrorSide target) -> {
                    assertThat(next.view().orElseThrow().inSync().has(target))
                            .as("%s %s", state, input)
                            .isFalse();
                    assertThat(next.isUsable(target) && next.isUsable(target.other()))
                            .isTrue();
                }
                case Propose(long number, InSync set) -> {
                    assertThat(number).isEqualTo(number(next) + 1);
                    assertThat(set != InSync.BOTH || next.copy() == Copy.ADMITTING)
                            .as("%s %s", state, input)
                            .isTrue();
                }
                default -> {}
            }
        }

        /// What is required is never less than what the view, or one that was asked for, calls in sync.
        private void checkServing(MirrorState next, Serve serve, MirrorInput input) {
            assertThat(next.begun()).as("%s %s", state, input).isTrue();
            for (MirrorSide side : MirrorSide.values()) {
                MirrorEffect.Role role = side == LOCAL ? serve.local() : serve.peer();
                boolean isInSync = next.view().orElseThrow().inSync().has(side)
                        || next.asked().filter(set -> set.has(side)).isPresent();
                assertThat(!isInSync || role == REQUIRED)
                        .as("%s is in sync and not required: %s then %s gives %s", side, state, input, next)
                        .isTrue();
                assertThat(role != REQUIRED || next.isUsable(side))
                        .as("%s is required and cannot be used: %s then %s gives %s", side, state, input, next)
                        .isTrue();
            }
        }
    }

    @Test
    void afterFaultsEndBothAreInSyncAgain() {
        for (long seed = 0; seed < 2000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            state = MirrorState.INITIAL;
            step(new ViewLearnt(1, InSync.LOCAL, true));
            for (int i = 0; i < 40; i++) {
                List<MirrorInput> some = inputs(state).stream()
                        .filter(input -> !(input instanceof ViewLearnt))
                        .toList();
                answer(step(some.get(random.nextInt(some.size()))), random);
            }
            for (int i = 0; i < 10; i++) {
                answer(step(new ReplicaReady(LOCAL, true)), random);
                answer(step(new ReplicaReady(PEER, true)), random);
                answer(step(new Forgotten()), random);
                answer(step(new CopyCaughtUp()), random);
                answer(step(new Settled()), random);
                answer(step(new ProposalUnanswered()), random);
            }
            assertThat(state.view().orElseThrow().inSync())
                    .as("seed %d: %s", seed, state)
                    .isEqualTo(InSync.BOTH);
            assertThat(state.leftLocal() || state.leftPeer())
                    .as("seed %d", seed)
                    .isFalse();
        }
    }

    /// A ledger that takes most proposals.
    private void answer(List<MirrorEffect> effects, SplittableRandom random) {
        for (MirrorEffect effect : effects) {
            if (effect instanceof Propose(long number, InSync set) && random.nextInt(4) > 0) {
                answer(step(new ViewLearnt(number, set, true)), random);
            }
        }
    }
}
