package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static understudy.protocol.Proposed.assertProposed;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Moment;
import understudy.model.Placement;
import understudy.model.Placement.Solo;
import understudy.model.Placement.Stopped;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.model.VolumeId;
import understudy.model.VolumeView;
import understudy.protocol.ViewEffect.AdoptGuest;
import understudy.protocol.ViewEffect.ApplyInSync;
import understudy.protocol.ViewEffect.BootGuest;
import understudy.protocol.ViewEffect.OpenGate;
import understudy.protocol.ViewEffect.Propose;
import understudy.protocol.ViewEffect.RemoveReplicas;
import understudy.protocol.ViewInput.GuestFound;
import understudy.protocol.ViewInput.GuestGone;
import understudy.protocol.ViewInput.GuestRunning;
import understudy.protocol.ViewInput.PeerHeard;
import understudy.protocol.ViewInput.PeerLost;
import understudy.protocol.ViewInput.ProposalUnanswered;
import understudy.protocol.ViewInput.RecordGone;
import understudy.protocol.ViewInput.RecordLearnt;
import understudy.protocol.ViewInput.ReplicaCaughtUp;
import understudy.protocol.ViewInput.ReplicaFailed;
import understudy.protocol.ViewInput.ReplicaRecovered;
import understudy.protocol.ViewInput.ReplicaReplaced;
import understudy.protocol.ViewInput.ReplicasFound;
import understudy.protocol.ViewInput.Tick;

/// A VM of level `component` with two disks. `SELF` is this host, `PEER` the VM's other one.
class ViewMachineVolumesTest {
    private static final Replica SELF = LedgerStateTest.replica("h1");
    private static final Replica SELF_BEFORE = LedgerStateTest.replica("h1");
    private static final Replica PEER = LedgerStateTest.replica("h2");
    private static final HostName H1 = SELF.host();
    private static final HostName H2 = PEER.host();
    private static final VmSpec SPEC = LedgerStateTest.spec("db", Level.COMPONENT, "1G", "2G");
    private static final VolumeId DISK0 = SPEC.disks().getFirst().id();
    private static final VolumeId DISK1 = SPEC.disks().getLast().id();
    private static final List<VolumeView> BOTH = LedgerStateTest.volumes(SPEC, "h1", "h2");
    private static final List<VolumeView> HERE = LedgerStateTest.volumes(SPEC, "h1");
    private static final List<VolumeView> THERE = LedgerStateTest.volumes(SPEC, "h2");

    private final ViewMachine machine = new ViewMachine(SELF, ViewMachine.Timing.DEFAULT);
    private ViewState state = machine.initial(at(0));
    private boolean wanted = true;

    @BeforeEach
    void knowThePeer() {
        step(new PeerHeard(H2, PEER.life(), at(0)));
    }

    // ---- starts ----

    @Test
    void nothingIsStartedBeforeTheReplicasHereWereLookedAt() {
        learn(1, new Stopped(), BOTH);
        assertThat(step(new Tick(at(20)))).isEmpty();
        step(new ReplicasFound(List.of(DISK0, DISK1)));
        assertProposed(2, new Solo(SELF), HERE, step(new Tick(at(40))));
        assertThat(learn(2, new Solo(SELF), HERE))
                .containsExactly(new ApplyInSync(view(2, new Solo(SELF), HERE)), new BootGuest());
        assertThat(step(new GuestRunning(at(300)))).containsExactly(new OpenGate());
        assertThat(step(new Tick(at(400)))).as("no copy of RAM").isEmpty();
    }

    @Test
    void aHostWhoseReplicaDoesNotWorkStartsThroughTheOther() {
        learn(1, new Stopped(), BOTH);
        step(new ReplicasFound(List.of(DISK1)));
        List<VolumeView> mixed = List.of(THERE.getFirst(), HERE.getLast());
        assertProposed(2, new Solo(SELF), mixed, step(new Tick(at(20))));
    }

    @Test
    void aHostThatHasTheOnlyReplicaKeepsItInSyncThoughItDoesNotWork() {
        learn(1, new Stopped(), HERE);
        step(new ReplicasFound(List.of()));
        assertProposed(2, new Solo(SELF), HERE, step(new Tick(at(20))));
    }

    @Test
    void aStartIsLeftToTheHostThatHasAllVolumes() {
        learn(1, new Stopped(), List.of(BOTH.getFirst(), THERE.getLast()));
        step(new ReplicasFound(List.of(DISK0)));
        assertThat(step(new Tick(at(20)))).isEmpty();
        step(new PeerLost(at(30)));
        assertThat(step(new Tick(at(60_000)))).isEmpty();
    }

    @Test
    void aStartIsGivenUpWhenTheDisksHereFailedBeforeTheStop() {
        learn(3, new Solo(SELF_BEFORE), BOTH);
        step(new ReplicasFound(List.of(DISK0, DISK1)));
        assertProposed(4, new Solo(SELF), HERE, step(new Tick(at(20))));
        assertThat(learn(4, new Stopped(), THERE)).doesNotHaveAnyElementsOfTypes(Propose.class);
        assertThat(step(new Tick(at(40)))).isEmpty();
    }

    @Test
    void aLookThatChangesOverridesAStartThatWasAskedFor() {
        learn(1, new Stopped(), BOTH);
        step(new ReplicasFound(List.of(DISK0, DISK1)));
        assertProposed(2, new Solo(SELF), HERE, step(new Tick(at(20))));
        List<VolumeView> mixed = List.of(HERE.getFirst(), THERE.getLast());
        assertProposed(2, new Solo(SELF), mixed, step(new ReplicasFound(List.of(DISK0))));
    }

    @Test
    void aFoundGuestIsTakenUpUnderAViewOfItsOwnInWhichItsReplicasCountAlone() {
        step(new GuestFound());
        learn(3, new Solo(SELF_BEFORE), BOTH);
        assertProposed(4, new Solo(SELF), HERE, step(new ReplicasFound(List.of(DISK0, DISK1))));
        assertThat(learn(4, new Solo(SELF), HERE))
                .containsExactly(new ApplyInSync(view(4, new Solo(SELF), HERE)), new AdoptGuest());
    }

    @Test
    void aFoundGuestThatRanThroughTheOtherHostGoesOnSo() {
        step(new GuestFound());
        learn(3, new Solo(SELF_BEFORE), THERE);
        assertProposed(4, new Solo(SELF), THERE, step(new ReplicasFound(List.of(DISK0, DISK1))));
    }

    @Test
    void aGuestThatDiesIsBootedUnderTheSameView() {
        run(BOTH);
        step(new GuestGone(at(900)));
        assertThat(step(new Tick(at(9_000)))).containsExactly(new BootGuest());
    }

    // ---- failures ----

    @Test
    void aFailedReplicaLeavesTheViewAndTheRestStays() {
        run(BOTH);
        List<VolumeView> next = List.of(HERE.getFirst(), BOTH.getLast());
        assertProposed(4, new Solo(SELF), next, step(new ReplicaFailed(DISK0, H2, "lost")));
        assertThat(learn(4, new Solo(SELF), next)).containsExactly(new ApplyInSync(view(4, new Solo(SELF), next)));
        assertThat(state.news().changes()).isEmpty();
    }

    @Test
    void theReplicaHereMayFailAsWell() {
        run(BOTH);
        assertProposed(
                4,
                new Solo(SELF),
                List.of(THERE.getFirst(), BOTH.getLast()),
                step(new ReplicaFailed(DISK0, H1, "I/O error")));
    }

    @Test
    void theLastReplicaInSyncStaysSo() {
        run(HERE);
        assertThat(step(new ReplicaFailed(DISK0, H1, "I/O error"))).isEmpty();
        assertThat(step(new ReplicaRecovered(DISK0, H1))).isEmpty();
        assertThat(state.news().changes()).isEmpty();
    }

    @Test
    void twoFailuresAreOneView() {
        run(BOTH);
        step(new ReplicaFailed(DISK0, H2, "lost"));
        assertProposed(4, new Solo(SELF), HERE, step(new ReplicaFailed(DISK1, H2, "lost")));
    }

    @Test
    void aFailureThatWasNotAnsweredIsAskedForAgain() {
        run(BOTH);
        List<ViewEffect> first = step(new ReplicaFailed(DISK0, H2, "lost"));
        assertThat(step(new ProposalUnanswered())).isEqualTo(first);
    }

    @Test
    void aFailureWhileAnotherViewLandsIsAskedForOnTopOfIt() {
        run(BOTH);
        step(new ReplicaFailed(DISK0, H2, "lost"));
        step(new ReplicaFailed(DISK1, H2, "lost"));
        List<VolumeView> first = List.of(HERE.getFirst(), BOTH.getLast());
        assertProposed(5, new Solo(SELF), HERE, learn(4, new Solo(SELF), first));
    }

    @Test
    void whatAHostThatIsNotActiveSaysOfReplicasChangesNothing() {
        learn(3, new Solo(PEER), BOTH);
        assertThat(step(new ReplicaFailed(DISK0, H1, "lost"))).isEmpty();
        assertThat(step(new ReplicaCaughtUp(DISK0, H1))).isEmpty();
        assertThat(state.news().changes()).isEmpty();
    }

    // ---- coming back ----

    @Test
    void aReplicaThatCaughtUpComesIn() {
        run(HERE);
        List<VolumeView> next = List.of(BOTH.getFirst(), HERE.getLast());
        assertProposed(4, new Solo(SELF), next, step(new ReplicaCaughtUp(DISK0, H2)));
    }

    @Test
    void aReplicaThatFailsAgainBeforeItIsInIsKeptOutByAnotherViewOfTheSameNumber() {
        run(HERE);
        step(new ReplicaCaughtUp(DISK0, H2));
        assertProposed(4, new Solo(SELF), HERE, step(new ReplicaFailed(DISK0, H2, "lost")));
        assertThat(learn(4, new Solo(SELF), HERE)).containsExactly(new ApplyInSync(view(4, new Solo(SELF), HERE)));
        assertThat(state.news().changes()).isEmpty();
    }

    @Test
    void whatKeepsAReplicaOutIsAskedForUntilItIsAnswered() {
        run(HERE);
        step(new ReplicaCaughtUp(DISK0, H2));
        List<ViewEffect> second = step(new ReplicaFailed(DISK0, H2, "lost"));
        assertThat(step(new ProposalUnanswered())).isEqualTo(second);
    }

    @Test
    void aFailureIsRememberedAsLongAsAnyProposalMayLand() {
        run(HERE);
        step(new ReplicaCaughtUp(DISK0, H2));
        step(new ReplicaCaughtUp(DISK1, H2));
        step(new ReplicaFailed(DISK0, H2, "lost"));
        step(new ReplicaFailed(DISK1, H2, "lost"));
        assertProposed(5, new Solo(SELF), HERE, learn(4, new Solo(SELF), BOTH));
    }

    @Test
    void aReplicaThatFailsAgainAndIsInNeverthelessGoesOut() {
        run(HERE);
        step(new ReplicaCaughtUp(DISK0, H2));
        step(new ReplicaFailed(DISK0, H2, "lost"));
        List<VolumeView> landed = List.of(BOTH.getFirst(), HERE.getLast());
        assertProposed(5, new Solo(SELF), HERE, learn(4, new Solo(SELF), landed));
    }

    @Test
    void theLastReplicaGoesOnlyAfterAnotherCameIn() {
        run(THERE);
        step(new ReplicaFailed(DISK0, H2, "lost"));
        List<VolumeView> in = List.of(BOTH.getFirst(), THERE.getLast());
        assertProposed(4, new Solo(SELF), in, step(new ReplicaCaughtUp(DISK0, H1)));
        List<VolumeView> out = List.of(HERE.getFirst(), THERE.getLast());
        assertProposed(5, new Solo(SELF), out, learn(4, new Solo(SELF), in));
    }

    @Test
    void anEmptyReplacementGetsAnIdOfItsOwn() {
        run(HERE);
        UUID id = new UUID(5, 5);
        List<VolumeView> next = List.of(HERE.getFirst().replaced(H2, id), HERE.getLast());
        assertProposed(4, new Solo(SELF), next, step(new ReplicaReplaced(DISK0, H2, id)));
        learn(4, new Solo(SELF), next);
        assertThat(state.news().changes()).isEmpty();
    }

    @Test
    void aReplicaThatIsInSyncIsNotReplaced() {
        run(BOTH);
        assertThat(step(new ReplicaReplaced(DISK0, H2, new UUID(5, 5)))).isEmpty();
    }

    // ---- ends ----

    @Test
    void aStoppedViewTakesOutWhatFailedAndNothingIn() {
        run(BOTH);
        step(new ReplicaFailed(DISK0, H2, "lost"));
        wanted = false;
        learn(3, new Solo(SELF), BOTH);
        assertProposed(4, new Stopped(), List.of(HERE.getFirst(), BOTH.getLast()), step(new GuestGone(at(900))));
    }

    @Test
    void aCopyThatWasWholeInOneRunIsNotTakenInInTheNext() {
        run(HERE);
        step(new ReplicaCaughtUp(DISK0, H2));
        learn(4, new Stopped(), HERE);
        assertThat(state.news().changes()).isEmpty();
    }

    @Test
    void aReplicaThatFailsWhileTheGuestShutsDownLeavesTheView() {
        run(BOTH);
        wanted = false;
        learn(3, new Solo(SELF), BOTH);
        assertProposed(
                4,
                new Solo(SELF),
                List.of(HERE.getFirst(), BOTH.getLast()),
                step(new ReplicaFailed(DISK0, H2, "lost")));
    }

    @Test
    void theReplicasOfADeletedVmAreRemoved() {
        learn(1, new Stopped(), BOTH);
        assertThat(step(new RecordGone())).containsExactly(new RemoveReplicas());
    }

    // ---- every part, every input ----

    /// No input of any part asks for a view that the ledger would refuse for its volumes, and none throws.
    @Test
    void whateverIsToldNothingIsAskedThatTheLedgerRefuses() {
        List<ViewInput> told = List.of(
                new ReplicasFound(List.of()),
                new ReplicasFound(List.of(DISK0)),
                new ReplicasFound(List.of(DISK0, DISK1)),
                new ReplicaFailed(DISK0, H1, ""),
                new ReplicaFailed(DISK0, H2, ""),
                new ReplicaRecovered(DISK0, H2),
                new ReplicaCaughtUp(DISK0, H1),
                new ReplicaCaughtUp(DISK0, H2),
                new ReplicaReplaced(DISK0, H1, new UUID(1, 1)),
                new ReplicaReplaced(DISK0, H2, new UUID(1, 2)),
                new GuestGone(at(5_000)),
                new GuestRunning(at(5_000)),
                new PeerLost(at(5_000)),
                new Tick(at(50_000)));
        List<Placement> placements = List.of(new Stopped(), new Solo(SELF), new Solo(SELF_BEFORE), new Solo(PEER));
        for (Part part : List.of(
                new Part.Idle(),
                new Part.Found(),
                new Part.Starting(),
                new Part.Taking(),
                new Part.Outwaiting(7),
                new Part.Booting(),
                new Part.Running(),
                new Part.Halting(false),
                new Part.Halting(true))) {
            for (Placement placement : placements) {
                for (List<VolumeView> volumes : List.of(BOTH, HERE, THERE)) {
                    for (ViewInput first : told) {
                        for (ViewInput second : told) {
                            pair(part, view(7, placement, volumes), first, second);
                        }
                    }
                }
            }
        }
    }

    private void pair(Part part, View view, ViewInput first, ViewInput second) {
        VmRecord vm = new VmRecord(SPEC, true, view, 70);
        ViewState before = new ViewState(
                Optional.of(vm),
                new PeerState.Up(PEER.life()),
                part,
                Optional.empty(),
                false,
                0,
                at(0),
                new VolumeNews(Optional.empty(), new TreeMap<>()),
                Succession.none(),
                SoloGrant.none(),
                Attempts.NONE);
        Step<ViewState, ViewEffect> one = machine.step(before, first);
        Step<ViewState, ViewEffect> two = machine.step(one.state(), second);
        for (Step<ViewState, ViewEffect> step : List.of(one, two)) {
            for (ViewEffect effect : step.effects()) {
                // What a part asks for that such a view does not fit is no matter of volumes.
                boolean fits = view.placement() instanceof Stopped ? part instanceof Part.Idle : view.isActive(H1);
                if (effect instanceof Propose(View next) && fits) {
                    assertThat(VolumeTransitions.refusal(vm, next))
                            .as("%s in %s given %s, then %s", part, view, first, second)
                            .isEmpty();
                }
            }
        }
    }

    // ---- the words of this test ----

    /// Runs under view 3 with these volumes.
    private void run(List<VolumeView> volumes) {
        learn(1, new Stopped(), BOTH);
        step(new ReplicasFound(List.of(DISK0, DISK1)));
        step(new Tick(at(20)));
        learn(2, new Solo(SELF), HERE);
        step(new GuestRunning(at(300)));
        learn(3, new Solo(SELF), volumes);
        assertThat(state.part()).isInstanceOf(Part.Running.class);
    }

    private List<ViewEffect> learn(long number, Placement placement, List<VolumeView> volumes) {
        return step(new RecordLearnt(new VmRecord(SPEC, wanted, view(number, placement, volumes), 10 * number)));
    }

    private static View view(long number, Placement placement, List<VolumeView> volumes) {
        return new View(number, placement, volumes, new UUID(0, number));
    }

    private List<ViewEffect> step(ViewInput input) {
        Step<ViewState, ViewEffect> step = machine.step(state, input);
        state = step.state();
        return step.effects();
    }

    private static Moment at(long millis) {
        return new Moment(Duration.ofMillis(millis).toNanos());
    }
}
