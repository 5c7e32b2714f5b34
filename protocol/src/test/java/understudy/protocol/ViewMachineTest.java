package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import understudy.model.Moment;
import understudy.model.Placement;
import understudy.model.Placement.Paired;
import understudy.model.Placement.Solo;
import understudy.model.Placement.Stopped;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.protocol.Part.Booting;
import understudy.protocol.Part.Claiming;
import understudy.protocol.Part.Copying;
import understudy.protocol.Part.Dropping;
import understudy.protocol.Part.Found;
import understudy.protocol.Part.Halting;
import understudy.protocol.Part.HandingOver;
import understudy.protocol.Part.Holding;
import understudy.protocol.Part.Idle;
import understudy.protocol.Part.Protected;
import understudy.protocol.Part.Raising;
import understudy.protocol.Part.Receiving;
import understudy.protocol.Part.Resuming;
import understudy.protocol.Part.Running;
import understudy.protocol.Part.Starting;
import understudy.protocol.Part.Yielding;
import understudy.protocol.ViewEffect.AcceptStream;
import understudy.protocol.ViewEffect.AdoptGuest;
import understudy.protocol.ViewEffect.BootGuest;
import understudy.protocol.ViewEffect.CloseStream;
import understudy.protocol.ViewEffect.DropImage;
import understudy.protocol.ViewEffect.KillGuest;
import understudy.protocol.ViewEffect.MakeLastEpoch;
import understudy.protocol.ViewEffect.OpenGate;
import understudy.protocol.ViewEffect.Propose;
import understudy.protocol.ViewEffect.RefuseStream;
import understudy.protocol.ViewEffect.ResumeImage;
import understudy.protocol.ViewEffect.ShutDownGuest;
import understudy.protocol.ViewEffect.StartCopy;
import understudy.protocol.ViewInput.CopyCommitted;
import understudy.protocol.ViewInput.GuestFound;
import understudy.protocol.ViewInput.GuestGone;
import understudy.protocol.ViewInput.GuestRunning;
import understudy.protocol.ViewInput.ImageCompleted;
import understudy.protocol.ViewInput.ImageLost;
import understudy.protocol.ViewInput.LastEpochCommitted;
import understudy.protocol.ViewInput.PeerHeard;
import understudy.protocol.ViewInput.PeerHeardElsewhere;
import understudy.protocol.ViewInput.PeerLost;
import understudy.protocol.ViewInput.ProposalUnanswered;
import understudy.protocol.ViewInput.RecordGone;
import understudy.protocol.ViewInput.RecordLearnt;
import understudy.protocol.ViewInput.StandbyTooSlow;
import understudy.protocol.ViewInput.StreamBroken;
import understudy.protocol.ViewInput.StreamOffered;
import understudy.protocol.ViewInput.Tick;

/// `SELF` is this host, `PEER` the VM's other one; the primed ones are later lives of their agents.
class ViewMachineTest {
    private static final Replica SELF = LedgerStateTest.replica("h1");
    private static final Replica SELF_BEFORE = LedgerStateTest.replica("h1");
    private static final Replica PEER = LedgerStateTest.replica("h2");
    private static final Replica PEER_LATER = LedgerStateTest.replica("h2");
    private static final VmSpec SPEC = LedgerStateTest.spec("web");

    private final ViewMachine machine = new ViewMachine(SELF, ViewMachine.Timing.DEFAULT);
    private ViewState state = machine.initial(at(0));
    private boolean wanted = true;

    @BeforeEach
    void knowThePeer() {
        step(new PeerHeard(PEER.host(), PEER.life(), at(0)));
    }

    // ---- the active ----

    @Test
    void aStoppedVmIsBootedByItsFirstHostAndOpensItsGateWhenItRuns() {
        learn(1, new Stopped());
        assertProposed(2, new Solo(SELF), step(new Tick(at(20))));
        assertThat(learn(2, new Solo(SELF))).containsExactly(new BootGuest());
        assertThat(step(new GuestRunning(at(300)))).containsExactly(new OpenGate());
        assertPart(Running.class);
    }

    @Test
    void aRunningGuestIsCopiedAndThePairIsProposedOnceTheCopyIsWhole() {
        run();
        assertThat(step(new Tick(at(400)))).containsExactly(new StartCopy(PEER, 2));
        assertProposed(3, new Paired(SELF, PEER), step(new CopyCommitted(PEER)));
        assertThat(learn(3, new Paired(SELF, PEER))).isEmpty();
        assertPart(Protected.class);
    }

    @Test
    void aLostStandbyKeepsTheGateAsItIsUntilTheSoloViewIsLearnt() {
        protect();
        List<ViewEffect> effects = step(new PeerLost(at(900)));
        assertThat(effects).first().isEqualTo(new CloseStream());
        assertProposed(4, new Solo(SELF), effects);
        assertThat(effects).doesNotContain(new OpenGate());
        assertThat(learn(4, new Solo(SELF))).containsExactly(new OpenGate());
        assertPart(Running.class);
    }

    @Test
    void anActiveThatLostTheRaceKillsItsGuestAndOpensNothing() {
        protect();
        step(new PeerLost(at(900)));
        assertThat(learn(4, new Solo(PEER))).hasSize(2).first().isEqualTo(new CloseStream());
        assertPart(Idle.class);
    }

    @Test
    void aPairThatLandsAfterItWasGivenUpIsLeftBeforeTheGateOpens() {
        run();
        step(new Tick(at(400)));
        step(new CopyCommitted(PEER));
        step(new StreamBroken(at(500)));
        assertPart(Dropping.class);
        assertProposed(4, new Solo(SELF), learn(3, new Paired(SELF, PEER)));
        assertThat(learn(4, new Solo(SELF))).containsExactly(new OpenGate());
    }

    @Test
    void aStandbyThatWasRestartedIsAsGoodAsLost() {
        protect();
        assertProposed(4, new Solo(SELF), step(new PeerHeard(PEER_LATER.host(), PEER_LATER.life(), at(900))));
    }

    @Test
    void aFailedCopyIsTriedAgainLaterAndLater() {
        run();
        step(new Tick(at(400)));
        assertThat(step(new StreamBroken(at(400)))).containsExactly(new CloseStream(), new OpenGate());
        long first = 400 + ViewMachine.Timing.DEFAULT.retryAfter().toMillis();
        assertThat(step(new Tick(at(first - 1)))).isEmpty();
        assertThat(step(new Tick(at(first)))).containsExactly(new StartCopy(PEER, 2));
        step(new StreamBroken(at(first)));
        long second = first + 2 * ViewMachine.Timing.DEFAULT.retryAfter().toMillis();
        assertThat(step(new Tick(at(second - 1)))).isEmpty();
        assertThat(step(new Tick(at(second)))).containsExactly(new StartCopy(PEER, 2));
    }

    @Test
    void aGuestThatDiesProtectedIsLeftToItsStandby() {
        protect();
        assertProposed(4, new Solo(PEER), step(new GuestGone(at(900))));
        learn(4, new Solo(PEER));
        assertPart(Idle.class);
    }

    @Test
    void aGuestThatNeedsRestIsNotBootedBeforeUnlessItWasStoppedMeanwhile() {
        run();
        step(new GuestGone(at(1_000), Duration.ofSeconds(8)));
        assertThat(step(new Tick(at(8_999)))).isEmpty();
        assertThat(step(new Tick(at(9_000)))).containsExactly(new BootGuest());
        step(new GuestRunning(at(9_100)));
        step(new GuestGone(at(9_200), Duration.ofSeconds(60)));
        wanted = false;
        assertProposed(3, new Stopped(), learn(2, new Solo(SELF)));
        learn(3, new Stopped());
        step(new Tick(at(9_300)));
        wanted = true;
        learn(3, new Stopped());
        assertProposed(4, new Solo(SELF), step(new Tick(at(9_310))));
    }

    /// A host hears of a view by its feed and as an answer. The pair that it asked for before its guest died may still
    /// land, under a guest whose gate would be open.
    @Test
    void aViewThatIsToBeOvertakenStartsNothingWhenItIsHeardAgain() {
        run();
        step(new Tick(at(400)));
        step(new CopyCommitted(PEER));
        step(new GuestGone(at(500)));
        assertProposed(3, new Solo(SELF), step(new Tick(at(5_000))));
        assertThat(learn(2, new Solo(SELF))).doesNotContain(new ViewEffect.BootGuest());
        assertPart(Starting.class);
        learn(3, new Paired(SELF, PEER));
        assertPart(Idle.class);
    }

    /// The first view that a new life hears of may be old, and an image may have been made since.
    @Test
    void aStartThatAnOldViewAllowedIsGivenUpWhenAPairIsLearnt() {
        learn(5, new Solo(SELF_BEFORE));
        assertProposed(6, new Solo(SELF), step(new Tick(at(100))));
        assertThat(learn(7, new Paired(SELF_BEFORE, PEER))).isEmpty();
        assertPart(Idle.class);
        step(new PeerLost(at(200)));
        assertThat(step(new Tick(at(9_999)))).isEmpty();
        assertProposed(8, new Solo(SELF), step(new Tick(at(10_300))));
    }

    @Test
    void aHostWhoseGuestDiedDoesNotBootWhileASilentStandbyMayStillClaim() {
        protect();
        step(new GuestGone(at(900)));
        step(new PeerLost(at(1_000)));
        assertThat(step(new Tick(at(10_999)))).isEmpty();
        assertProposed(4, new Solo(SELF), step(new Tick(at(11_000))));
    }

    @Test
    void aHostWithoutAGuestDoesNotGiveASoloVmAway() {
        protect();
        step(new PeerLost(at(900)));
        step(new GuestGone(at(901)));
        step(new PeerHeard(PEER.host(), PEER.life(), at(902)));
        assertProposed(4, new Solo(PEER), step(new Tick(at(1_500))));
        assertThat(learn(4, new Solo(SELF))).isEmpty();
        assertThat(step(new Tick(at(1_520)))).containsExactly(new BootGuest());
    }

    @Test
    void aBootThatWasAskedForDoesNotHappenUnderAPair() {
        run();
        step(new Tick(at(400)));
        step(new CopyCommitted(PEER));
        step(new GuestGone(at(410)));
        assertProposed(3, new Solo(SELF), step(new Tick(at(1_000))));
        assertThat(learn(3, new Paired(SELF, PEER))).isEmpty();
        assertProposed(4, new Solo(PEER), step(new Tick(at(1_020))));
    }

    // ---- switchover ----

    @Test
    void aSwitchoverHandsOverAfterTheLastEpoch() {
        protect();
        assertThat(move()).containsExactly(new MakeLastEpoch());
        assertProposed(4, new Solo(PEER), step(new LastEpochCommitted()));
        assertThat(learn(4, new Solo(PEER))).hasAtLeastOneElementOfType(KillGuest.class);
    }

    @Test
    void aSwitchoverWhoseStreamBreaksGoesBack() {
        protect();
        move();
        step(new LastEpochCommitted());
        assertProposed(4, new Solo(SELF), step(new StreamBroken(at(900))));
        assertThat(learn(4, new Solo(SELF))).containsExactly(new OpenGate());
    }

    @Test
    void aSwitchoverThatCameToNothingIsTriedAgain() {
        protect();
        move();
        step(new StreamBroken(at(900)));
        VmRecord again = record(4, new Solo(SELF)).withDestination(Optional.of(PEER.host()));
        step(new RecordLearnt(again));
        assertThat(step(new Tick(at(9_000)))).containsExactly(new StartCopy(PEER, 4));
        step(new CopyCommitted(PEER));
        assertThat(step(new RecordLearnt(
                        again.withView(record(5, new Paired(SELF, PEER)).view()))))
                .containsExactly(new MakeLastEpoch());
    }

    /// A copy burdens the guest as much as a slow standby does.
    @Test
    void aStandbyThatWasTooSlowIsLeftAloneLongerAndLonger() {
        protect();
        long failed = 1_000_000;
        long view = 3;
        for (long rest : new long[] {30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000}) {
            assertProposed(view + 1, new Solo(SELF), step(new StandbyTooSlow(at(failed))));
            assertThat(learn(view + 1, new Solo(SELF))).contains(new OpenGate());
            assertThat(step(new Tick(at(failed + rest - 1)))).isEmpty();
            assertThat(step(new Tick(at(failed + rest)))).containsExactly(new StartCopy(PEER, view + 1));
            step(new CopyCommitted(PEER));
            view += 2;
            learn(view, new Paired(SELF, PEER));
            assertPart(Protected.class);
            failed += 3_599_000;
        }
        failed += 1_000;
        step(new StandbyTooSlow(at(failed)));
        learn(view + 1, new Solo(SELF));
        assertThat(step(new Tick(at(failed + 30_000)))).containsExactly(new StartCopy(PEER, view + 1));
    }

    @Test
    void aVmThatIsToBeMovedToASlowStandbyIsCopiedAtOnce() {
        protect();
        step(new StandbyTooSlow(at(1_000_000)));
        VmRecord solo = record(4, new Solo(SELF));
        step(new RecordLearnt(solo));
        step(new RecordLearnt(solo.withDestination(Optional.of(PEER.host()))));
        assertThat(step(new Tick(at(1_010_000)))).containsExactly(new StartCopy(PEER, 4));
    }

    /// Each of them stops the guest.
    @Test
    void handOversThatFailComeMoreAndMoreRarely() {
        protect();
        VmRecord moved = state.known().orElseThrow().withDestination(Optional.of(PEER.host()));
        long failed = 10_000;
        long waited = 0;
        for (long view = 4; view < 40; view += 2) {
            step(new RecordLearnt(moved));
            assertPart(HandingOver.class);
            step(new StreamBroken(at(failed)));
            moved = moved.withView(record(view, new Solo(SELF)).view());
            step(new RecordLearnt(moved));
            long wait = 0;
            while (!(state.part() instanceof Copying)) {
                wait += 100;
                step(new Tick(at(failed + wait)));
            }
            assertThat(wait).isGreaterThanOrEqualTo(waited).isLessThanOrEqualTo(33_000);
            waited = wait;
            failed += wait + 1_000;
            step(new CopyCommitted(PEER));
            moved = moved.withView(record(view + 1, new Paired(SELF, PEER)).view());
        }
        assertThat(waited).isGreaterThan(30_000);
    }

    @Test
    void aSwitchoverOfAnUnprotectedVmWaitsForItsStandby() {
        run();
        VmRecord moved = record(2, new Solo(SELF)).withDestination(Optional.of(PEER.host()));
        assertThat(step(new RecordLearnt(moved))).isEmpty();
        step(new Tick(at(400)));
        step(new CopyCommitted(PEER));
        assertThat(step(new RecordLearnt(
                        moved.withView(record(3, new Paired(SELF, PEER)).view()))))
                .containsExactly(new MakeLastEpoch());
    }

    // ---- the standby ----

    @Test
    void aVmThatIsToStopIsRecordedAsStoppedWhenItsActiveIsGoneForGood() {
        hold();
        wanted = false;
        learn(3, new Paired(PEER, SELF));
        step(new PeerLost(at(1_000)));
        long due = 1_000 + ViewMachine.Timing.DEFAULT.bootClaimAfter().toMillis();
        assertThat(step(new Tick(at(due - 1)))).isEmpty();
        List<ViewEffect> effects = step(new Tick(at(due)));
        assertThat(effects).startsWith(new CloseStream(), new DropImage());
        assertProposed(4, new Stopped(), effects);
    }

    @Test
    void aStandbyClaimsALostActiveALittleLaterAndResumesOnlyWhenItHasLearnt() {
        standBy();
        step(new PeerLost(at(1_000)));
        long due = 1_000 + ViewMachine.Timing.DEFAULT.claimAfter().toMillis();
        assertThat(step(new Tick(at(due - 1)))).isEmpty();
        List<ViewEffect> effects = step(new Tick(at(due)));
        assertThat(effects).first().isEqualTo(new CloseStream());
        assertProposed(4, new Solo(SELF), effects);
        assertThat(learn(4, new Solo(SELF))).containsExactly(new CloseStream(), new ResumeImage());
        assertThat(step(new GuestRunning(at(1_100)))).containsExactly(new OpenGate());
    }

    @Test
    void aStandbyLeavesTheRaceToAnActiveThatOthersHearAndNotForEver() {
        standBy();
        step(new PeerHeardElsewhere(at(990)));
        step(new PeerLost(at(1_000)));
        long hearsay = ViewMachine.Timing.DEFAULT.hearsay().toMillis();
        long now = 1_000;
        while (now < 1_000 + 5 * hearsay) {
            step(new PeerHeardElsewhere(at(now)));
            step(new PeerHeardElsewhere(at(now - 500)));
            now += hearsay;
            assertThat(step(new Tick(at(now - 1)))).isEmpty();
        }
        step(new PeerHeardElsewhere(at(now)));
        assertProposed(4, new Solo(SELF), step(new Tick(at(now))));
    }

    @Test
    void aWordOfOthersDelaysAClaimOnlyWhileItIsFresh() {
        standBy();
        step(new PeerLost(at(1_000)));
        step(new PeerHeardElsewhere(at(850)));
        long due = 850 + ViewMachine.Timing.DEFAULT.hearsay().toMillis();
        assertThat(step(new Tick(at(due - 1)))).isEmpty();
        assertProposed(4, new Solo(SELF), step(new Tick(at(due))));
    }

    @Test
    void aStandbyThatLostTheRaceDropsItsImage() {
        standBy();
        step(new PeerLost(at(1_000)));
        step(new Tick(at(1_050)));
        assertThat(learn(4, new Solo(PEER))).containsExactly(new CloseStream(), new DropImage());
    }

    @Test
    void anImageOfAPairThatIsNotLearntYetIsNotClaimed() {
        hold();
        step(new PeerLost(at(1_000)));
        assertThat(step(new Tick(at(5_000)))).isEmpty();
        assertPart(Holding.class);
    }

    @Test
    void anImageWhoseViewIsLearntAfterItIsKept() {
        learn(2, new Solo(PEER));
        assertThat(step(new StreamOffered(PEER, 5))).containsExactly(new AcceptStream());
        step(new ImageCompleted());
        assertThat(learn(5, new Solo(PEER))).isEmpty();
        assertPart(Holding.class);
        assertThat(learn(6, new Paired(PEER, SELF))).isEmpty();
        assertPart(Holding.class);
    }

    @Test
    void aStreamOfAnOlderViewOrAnotherHostIsRefused() {
        learn(4, new Solo(PEER));
        assertThat(step(new StreamOffered(PEER, 3))).hasOnlyElementsOfType(RefuseStream.class);
        assertThat(step(new StreamOffered(PEER_LATER, 4))).hasOnlyElementsOfType(RefuseStream.class);
    }

    @Test
    void aResumptionThatFailsFallsBackToABoot() {
        standBy();
        learn(4, new Solo(SELF));
        assertThat(step(new GuestGone(at(1_100)))).containsExactly(new DropImage(), new BootGuest());
        assertPart(Booting.class);
    }

    // ---- lives, stops, and answers that do not come ----

    @Test
    void aFoundGuestIsTakenUpOnlyUnderAViewOfThisLife() {
        step(new GuestFound());
        assertProposed(4, new Solo(SELF), learn(3, new Paired(SELF_BEFORE, PEER)));
        assertThat(learn(4, new Solo(SELF))).containsExactly(new AdoptGuest());
        assertThat(step(new GuestRunning(at(50)))).containsExactly(new OpenGate());
    }

    @Test
    void aFoundGuestIsKilledIfItsStandbyWasQuicker() {
        step(new GuestFound());
        assertThat(learn(4, new Solo(PEER))).hasAtLeastOneElementOfType(KillGuest.class);
        assertPart(Idle.class);
    }

    @Test
    void aHostThatComesBackWithoutAGuestClaimsLast() {
        learn(3, new Paired(SELF_BEFORE, PEER));
        assertThat(step(new Tick(at(9_999)))).isEmpty();
        assertProposed(4, new Solo(SELF), step(new Tick(at(10_000))));
    }

    @Test
    void aStopShutsTheGuestDownBeforeItIsProposed() {
        run();
        wanted = false;
        assertThat(learn(2, new Solo(SELF))).containsExactly(new CloseStream(), new ShutDownGuest());
        assertProposed(3, new Stopped(), step(new GuestGone(at(900))));
        learn(3, new Stopped());
        assertPart(Idle.class);
    }

    @Test
    void aStopOfAVmThatNobodyRunsAsksForNothing() {
        learn(1, new Stopped());
        step(new Tick(at(20)));
        wanted = false;
        assertThat(learn(1, new Stopped())).isEmpty();
        assertPart(Idle.class);
    }

    @Test
    void theVeryProposalThatWasNotAnsweredIsAskedForAgain() {
        learn(1, new Stopped());
        List<ViewEffect> first = step(new Tick(at(20)));
        assertThat(step(new ProposalUnanswered())).isEqualTo(first);
    }

    @Test
    void aProposalThatRanOutWhileItWasNotWantedIsAskedForWhenItIsAgain() {
        learn(1, new Stopped());
        List<ViewEffect> first = step(new Tick(at(20)));
        wanted = false;
        learn(1, new Stopped());
        assertThat(step(new ProposalUnanswered())).isEmpty();
        wanted = true;
        learn(1, new Stopped());
        assertThat(step(new Tick(at(40)))).isEqualTo(first);
    }

    @Test
    void anOlderRecordChangesNothing() {
        protect();
        ViewState before = state;
        assertThat(learn(2, new Solo(PEER))).isEmpty();
        assertThat(state).isEqualTo(before);
    }

    @Test
    void anAnswerThatIsOlderThanTheFeedDoesNotTakeAWishBack() {
        VmRecord stopped = record(2, new Stopped()).withWanted(false);
        step(new RecordLearnt(stopped));
        step(new RecordLearnt(stopped.withWanted(true)));
        assertThat(step(new RecordLearnt(stopped))).isEmpty();
        assertProposed(3, new Solo(SELF), step(new Tick(at(20))));
    }

    // ---- every part, every input ----

    /// Nothing throws, and what lets output out or lets a guest run happens only under a view that allows it.
    @Test
    void everyPartTakesEveryInputAndLoosensNothingWithoutAView() {
        List<Placement> placements = List.of(
                new Stopped(),
                new Solo(SELF),
                new Solo(SELF_BEFORE),
                new Solo(PEER),
                new Paired(SELF, PEER),
                new Paired(PEER, SELF),
                new Paired(PEER_LATER, SELF));
        for (Part part : parts()) {
            for (Placement known : placements) {
                for (ViewInput input : inputs(placements)) {
                    ViewState before = new ViewState(
                            Optional.of(record(7, known)),
                            new PeerState.Up(PEER.life()),
                            part,
                            Optional.empty(),
                            false,
                            3,
                            at(0),
                            VolumeNews.none(),
                            Succession.none(),
                            SoloGrant.none(),
                            Attempts.NONE);
                    Step<ViewState, ViewEffect> step = machine.step(before, input);
                    String what = part + " in " + known + " given " + input;
                    assertThat(machine.step(step.state(), new Tick(at(100_000)))
                                    .state()
                                    .number())
                            .as(what)
                            .isGreaterThanOrEqualTo(step.state().number());
                    assertAllowed(what, step);
                }
            }
        }
    }

    private static void assertAllowed(String what, Step<ViewState, ViewEffect> step) {
        Optional<Placement> placement = step.state().placement();
        for (ViewEffect effect : step.effects()) {
            switch (effect) {
                case ResumeImage() ->
                    assertThat(placement.flatMap(Placement::activeReplica))
                            .as(what)
                            .contains(SELF);
                case Propose(View view) -> {
                    VmRecord known = step.state().known().orElseThrow();
                    assertThat(view.number()).as(what).isEqualTo(known.view().number() + 1);
                }
                default -> {}
            }
        }
    }

    private static List<Part> parts() {
        return List.of(
                new Idle(),
                new Found(),
                new Starting(),
                new Part.Taking(),
                new Part.Outwaiting(7),
                new Booting(),
                new Running(),
                new Copying(PEER),
                new Raising(PEER),
                new Protected(PEER),
                new Dropping(false, 6),
                new Dropping(true, 7),
                new HandingOver(PEER, false),
                new HandingOver(PEER, true),
                new Yielding(PEER),
                new Halting(false),
                new Halting(true),
                new Receiving(PEER, 7),
                new Holding(PEER, 7),
                new Claiming(),
                new Resuming());
    }

    private List<ViewInput> inputs(List<Placement> placements) {
        List<ViewInput> plain = List.of(
                new RecordGone(),
                new PeerHeard(PEER.host(), PEER.life(), at(5_000)),
                new PeerHeard(PEER_LATER.host(), PEER_LATER.life(), at(5_000)),
                new PeerLost(at(5_000)),
                new Tick(at(5_000)),
                new Tick(at(50_000)),
                new GuestFound(),
                new GuestRunning(at(5_000)),
                new GuestGone(at(5_000)),
                new CopyCommitted(PEER),
                new CopyCommitted(PEER_LATER),
                new StreamBroken(at(5_000)),
                new StreamOffered(PEER, 6),
                new StreamOffered(PEER, 7),
                new ImageCompleted(),
                new ImageLost(),
                new LastEpochCommitted(),
                new ProposalUnanswered());
        List<ViewInput> all = new ArrayList<>(plain);
        for (Placement placement : placements) {
            for (long number = 6; number <= 8; number++) {
                all.add(new RecordLearnt(record(number, placement)));
                all.add(new RecordLearnt(record(number, placement).withWanted(false)));
                if (placement.activeReplica().filter(SELF::equals).isPresent()) {
                    all.add(new RecordLearnt(record(number, placement).withDestination(Optional.of(PEER.host()))));
                }
            }
        }
        return all;
    }

    // ---- the words of this test ----

    private void run() {
        learn(1, new Stopped());
        step(new Tick(at(20)));
        learn(2, new Solo(SELF));
        step(new GuestRunning(at(300)));
    }

    private void protect() {
        run();
        step(new Tick(at(400)));
        step(new CopyCommitted(PEER));
        learn(3, new Paired(SELF, PEER));
        assertPart(Protected.class);
    }

    /// It is protected, and is to go on on its other host.
    private List<ViewEffect> move() {
        VmRecord known = state.known().orElseThrow();
        return step(new RecordLearnt(known.withDestination(Optional.of(PEER.host()))));
    }

    private void hold() {
        learn(2, new Solo(PEER));
        assertThat(step(new StreamOffered(PEER, 2))).containsExactly(new AcceptStream());
        step(new ImageCompleted());
        assertPart(Holding.class);
    }

    /// As a standby of view 3.
    private void standBy() {
        hold();
        learn(3, new Paired(PEER, SELF));
    }

    private List<ViewEffect> learn(long number, Placement placement) {
        return step(new RecordLearnt(record(number, placement).withWanted(wanted)));
    }

    private static VmRecord record(long number, Placement placement) {
        return new VmRecord(SPEC, true, new View(number, placement, new UUID(0, number)), 10 * number);
    }

    private List<ViewEffect> step(ViewInput input) {
        Step<ViewState, ViewEffect> step = machine.step(state, input);
        state = step.state();
        return step.effects();
    }

    private void assertPart(Class<? extends Part> part) {
        assertThat(state.part()).isInstanceOf(part);
    }

    private static void assertProposed(long number, Placement placement, List<ViewEffect> effects) {
        assertThat(effects).last().isInstanceOfSatisfying(Propose.class, propose -> {
            assertThat(propose.view().number()).isEqualTo(number);
            assertThat(propose.view().placement()).isEqualTo(placement);
        });
    }

    private static Moment at(long millis) {
        return new Moment(Duration.ofMillis(millis).toNanos());
    }
}
