package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Moment;
import understudy.model.Placement;
import understudy.model.Placement.Paired;
import understudy.model.Placement.Solo;
import understudy.model.Placement.Stopped;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.model.VolumeSpec;
import understudy.model.VolumeView;
import understudy.protocol.ViewEffect.AdoptGuest;
import understudy.protocol.ViewEffect.ApplyInSync;
import understudy.protocol.ViewEffect.EraseAlone;
import understudy.protocol.ViewEffect.OpenGate;
import understudy.protocol.ViewEffect.Propose;
import understudy.protocol.ViewEffect.RecordAlone;
import understudy.protocol.ViewInput.AloneErased;
import understudy.protocol.ViewInput.AloneFound;
import understudy.protocol.ViewInput.AloneRecorded;
import understudy.protocol.ViewInput.GuestFound;
import understudy.protocol.ViewInput.GuestGone;
import understudy.protocol.ViewInput.GuestRunning;
import understudy.protocol.ViewInput.PeerHeard;
import understudy.protocol.ViewInput.PeerLost;
import understudy.protocol.ViewInput.RecordLearnt;
import understudy.protocol.ViewInput.ReplicaFailed;
import understudy.protocol.ViewInput.ReplicasFound;
import understudy.protocol.ViewInput.Tick;
import understudy.protocol.ViewInput.VotesCounted;

/// A standing solo grant, at level `system` and with disks. `SELF` is this host, `PEER` the VM's other one.
class ViewMachineGrantTest {
    private static final Replica SELF = LedgerStateTest.replica("h1");
    private static final Replica SELF_BEFORE = LedgerStateTest.replica("h1");
    private static final Replica PEER = LedgerStateTest.replica("h2");
    private static final HostName H2 = PEER.host();
    private static final VmSpec SYSTEM = LedgerStateTest.spec("web", Level.SYSTEM);
    private static final VmSpec COMPONENT = LedgerStateTest.spec("db", Level.COMPONENT, "1G", "2G");
    private static final ViewMachine.Timing TIMING = ViewMachine.Timing.DEFAULT;
    private static final long GRACE = TIMING.grantAfter().toMillis();
    private static final long BACK = TIMING.grantEndAfter().toMillis();
    private static final Paired PAIR = new Paired(SELF, PEER);

    private final ViewMachine machine = new ViewMachine(SELF, TIMING);
    private VmSpec spec = SYSTEM;
    private ViewState state = machine.initial(at(0));
    private boolean wanted = true;
    private long revision;

    // ---- it comes and goes ----

    @Test
    void aPairThatWouldLeaveNoMajorityForLongAsksForAGrant() {
        protect();
        step(new VotesCounted(false, at(1_000)));
        assertThat(step(new Tick(at(999 + GRACE)))).isEmpty();
        assertGrantAsked(8, PAIR, true, step(new Tick(at(1_000 + GRACE))));
    }

    @Test
    void votesThatAreBackInTimeCostNoView() {
        protect();
        step(new VotesCounted(false, at(1_000)));
        step(new VotesCounted(true, at(GRACE)));
        assertThat(step(new Tick(at(3 * GRACE)))).isEmpty();
    }

    @Test
    void disksThatAreNotWholeHaveNoGrant() {
        serve("h1");
        step(new VotesCounted(false, at(1_000)));
        assertThat(step(new Tick(at(3 * GRACE)))).isEmpty();
    }

    @Test
    void noGrantIsAskedForWithoutTheOtherHost() {
        serve("h1", "h2");
        step(new VotesCounted(false, at(1_000)));
        step(new PeerLost(at(2_000)));
        assertThat(step(new Tick(at(3 * GRACE)))).isEmpty();
    }

    @Test
    void theActiveEndsItWhenThereHaveBeenVotesForAWhile() {
        grantPair();
        step(new VotesCounted(true, at(100_000)));
        assertThat(step(new Tick(at(99_999 + BACK)))).isEmpty();
        assertGrantAsked(9, PAIR, false, step(new Tick(at(100_000 + BACK))));
    }

    @Test
    void underAGrantNoLeaseIsNeededUntilItsEndIsAskedFor() {
        serve("h1", "h2");
        assertThat(state.needsLease(SELF)).isTrue();
        grantDisks();
        assertThat(state.needsLease(SELF)).isFalse();
        step(new VotesCounted(true, at(100_000)));
        step(new Tick(at(100_000 + BACK)));
        assertThat(state.needsLease(SELF)).isTrue();
    }

    // ---- the active goes on alone ----

    @Test
    void anActiveThatLosesItsStandbyGoesOnAsSoonAsThatIsWrittenDown() {
        grantPair();
        List<ViewEffect> effects = step(new PeerLost(at(50_000)));
        assertThat(effects).contains(new RecordAlone(record(8, PAIR, List.of(), true)));
        assertThat(effects).doesNotContain(new OpenGate());
        assertThat(step(new AloneRecorded(8))).contains(new OpenGate());
        assertThat(state.part()).isEqualTo(new Part.Running());
    }

    @Test
    void whoLosesTheOtherHostsDisksServesItsOwnAsSoonAsThatIsWrittenDown() {
        serve("h1", "h2");
        grantDisks();
        step(new PeerLost(at(50_000)));
        List<ViewEffect> effects = step(new AloneRecorded(8));
        assertThat(effects).first().isInstanceOfSatisfying(ApplyInSync.class, apply -> {
            assertThat(apply.view().placement()).isEqualTo(new Solo(SELF));
            assertThat(apply.view().volumes()).isEqualTo(volumes("h1"));
            assertThat(apply.view().number()).isEqualTo(9);
        });
        assertThat(state.needsLease(SELF)).isFalse();
        assertProposedAlone(effects);
    }

    @Test
    void withoutAGrantItWaitsForTheLedger() {
        protect();
        assertThat(step(new PeerLost(at(50_000)))).noneMatch(RecordAlone.class::isInstance);
        serve("h1", "h2");
        assertThat(step(new PeerLost(at(60_000)))).noneMatch(RecordAlone.class::isInstance);
    }

    @Test
    void aGrantIsNotUsedOnceItsEndWasAskedFor() {
        grantPair();
        step(new VotesCounted(true, at(100_000)));
        step(new Tick(at(100_000 + BACK)));
        assertThat(step(new PeerLost(at(120_000)))).noneMatch(RecordAlone.class::isInstance);
        assertThat(state.part()).isInstanceOf(Part.Dropping.class);
    }

    @Test
    void whoseOwnDiskHasFailedDoesNotGoOnAlone() {
        serve("h1", "h2");
        grantDisks();
        step(new ReplicaFailed(COMPONENT.disks().getFirst().id(), SELF.host(), "a test"));
        assertThat(step(new PeerLost(at(50_000)))).noneMatch(RecordAlone.class::isInstance);
    }

    @Test
    void theLedgerIsToldAndThenTheWordIsErasedBeforeAnythingElseIsAskedFor() {
        serve("h1", "h2");
        grantDisks();
        step(new PeerLost(at(50_000)));
        step(new AloneRecorded(8));
        assertThat(learn(9, new Solo(SELF), volumes("h1"), false)).contains(new EraseAlone());
        step(new PeerHeard(H2, PEER.life(), at(60_000)));
        COMPONENT
                .disks()
                .forEach(disk -> assertThat(step(new ViewInput.ReplicaCaughtUp(disk.id(), H2)))
                        .isEmpty());
        assertThat(step(new AloneErased()))
                .first()
                .isInstanceOfSatisfying(
                        Propose.class,
                        propose -> assertThat(propose.view().volumes()).isEqualTo(volumes("h1", "h2")));
    }

    /// An older proposal lands that put one disk only out of sync, while this host is alone with both.
    @Test
    void aCopyThatBecameWholeWhileItWasAloneIsAskedForWhateverViewLandsMeanwhile() {
        serve("h1", "h2");
        grantDisks();
        step(new PeerLost(at(50_000)));
        step(new AloneRecorded(8));
        step(new PeerHeard(H2, PEER.life(), at(60_000)));
        COMPONENT.disks().forEach(disk -> step(new ViewInput.ReplicaCaughtUp(disk.id(), H2)));
        List<VolumeView> older =
                List.of(volumes("h1", "h2").getFirst(), volumes("h1").getLast());
        assertThat(learn(9, new Solo(SELF), older, false)).doesNotContain(new EraseAlone());
        assertThat(learn(10, new Solo(SELF), volumes("h1"), false)).contains(new EraseAlone());
        assertThat(step(new AloneErased()))
                .first()
                .isInstanceOfSatisfying(
                        Propose.class,
                        propose -> assertThat(propose.view().volumes()).isEqualTo(volumes("h1", "h2")));
    }

    @Test
    void aWordThatIsOnDiskTooLateIsErased() {
        grantPair();
        step(new PeerLost(at(50_000)));
        assertThat(learn(9, new Solo(SELF), List.of(), false)).contains(new EraseAlone(), new OpenGate());
        assertThat(step(new AloneRecorded(8))).isEmpty();
        assertThat(state.isAlone()).isFalse();
    }

    @Test
    void aGuestThatDiesWhileItIsAloneIsBootedWithoutTheLedger() {
        serve("h1", "h2");
        grantDisks();
        step(new PeerLost(at(50_000)));
        step(new AloneRecorded(8));
        step(new GuestGone(at(51_000)));
        assertThat(step(new Tick(at(60_000)))).contains(new ViewEffect.BootGuest());
    }

    @Test
    void whatIsStoppedWhileItIsAloneIsRecordedAsSuchFirst() {
        grantPair();
        step(new PeerLost(at(50_000)));
        step(new AloneRecorded(8));
        wanted = false;
        learn(8, PAIR, List.of(), true);
        step(new GuestGone(at(51_000)));
        assertThat(learn(9, new Solo(SELF), List.of(), false)).contains(new EraseAlone());
        assertGrantAsked(10, new Stopped(), false, step(new AloneErased()));
    }

    // ---- a later life ----

    @Test
    void aLaterLifeGoesOnWithItsGuestByTheWordOfAnEarlierOne() {
        step(new GuestFound());
        assertThat(step(new AloneFound(Optional.of(record(8, new Paired(SELF_BEFORE, PEER), List.of(), true)), true)))
                .contains(new AdoptGuest());
        assertThat(step(new GuestRunning(at(100)))).contains(new OpenGate());
    }

    @Test
    void aWordOfAnEarlierStartOfTheHostAsksTheLedgerAndLeavesNothingToTheStandby() {
        VmRecord before = record(8, new Paired(SELF_BEFORE, PEER), List.of(), true);
        step(new AloneFound(Optional.of(before), false));
        step(new RecordLearnt(before));
        assertGrantAsked(9, new Solo(SELF), false, step(new Tick(at(1_000))));
    }

    /// A life may begin with a beginning of the ledger that is older than its disk.
    @Test
    void aWordIsNotEndedByTheViewUnderWhichItWasWrittenThoughAnOlderOneWasHeardBefore() {
        spec = COMPONENT;
        VmRecord older = record(7, new Solo(SELF_BEFORE), volumes("h1", "h2"), false);
        VmRecord before = record(8, new Solo(SELF_BEFORE), volumes("h1", "h2"), true);
        step(new AloneFound(Optional.of(before), false));
        step(new RecordLearnt(older));
        step(new ReplicasFound(List.of()));
        assertThat(step(new RecordLearnt(before))).doesNotContain(new EraseAlone());
        assertThat(step(new Tick(at(1_000)))).isEmpty();
        assertThat(step(new RecordLearnt(record(9, new Solo(PEER), volumes("h2"), false))))
                .contains(new EraseAlone());
    }

    /// It was asked for when a link to one disk broke, just before the host was lost and this one went on alone.
    @Test
    void aWordIsNotEndedByAnOlderProposalOfItsOwnHostThatLandedLater() {
        spec = COMPONENT;
        VmRecord before = record(8, new Solo(SELF_BEFORE), volumes("h1", "h2"), true);
        List<VolumeView> older =
                List.of(volumes("h1").getFirst(), volumes("h1", "h2").getLast());
        step(new AloneFound(Optional.of(before), false));
        List<ViewEffect> effects = step(new RecordLearnt(record(9, new Solo(SELF_BEFORE), older, false)));
        assertThat(effects).doesNotContain(new EraseAlone());
        assertThat(effects)
                .filteredOn(ApplyInSync.class::isInstance)
                .singleElement()
                .isInstanceOfSatisfying(
                        ApplyInSync.class,
                        applied -> assertThat(applied.view().volumes()).isEqualTo(volumes("h1")));
        step(new ReplicasFound(List.of(COMPONENT.disks().getFirst().id())));
        assertThat(step(new Tick(at(1_000)))).isEmpty();
        assertThat(step(new ReplicasFound(
                        COMPONENT.disks().stream().map(VolumeSpec::id).toList())))
                .last()
                .isInstanceOfSatisfying(
                        Propose.class,
                        propose -> assertThat(propose.view().volumes()).isEqualTo(volumes("h1")));
        assertThat(learn(10, new Solo(SELF), volumes("h1"), false)).contains(new EraseAlone());
    }

    /// As above, and then somebody stops the VM: what the other host has is old all the same.
    @Test
    void aStopAfterAWordSaysFirstThatOnlyThisHostsDisksCount() {
        spec = COMPONENT;
        VmRecord before = record(8, new Solo(SELF_BEFORE), volumes("h1", "h2"), true);
        List<VolumeView> older =
                List.of(volumes("h1").getFirst(), volumes("h1", "h2").getLast());
        step(new AloneFound(Optional.of(before), false));
        wanted = false;
        List<ViewEffect> effects = new ArrayList<>(learn(9, new Solo(SELF_BEFORE), older, false));
        effects.addAll(step(
                new ReplicasFound(COMPONENT.disks().stream().map(VolumeSpec::id).toList())));
        effects.addAll(step(new Tick(at(1_000))));
        effects.addAll(step(new ViewInput.LeaseOutwaited(9)));
        assertThat(effects)
                .filteredOn(Propose.class::isInstance)
                .first()
                .isInstanceOfSatisfying(
                        Propose.class,
                        propose -> assertThat(propose.view().volumes()).isEqualTo(volumes("h1")));
    }

    /// It was asked for before the other host was lost, and lands while the word is on its way to the disk.
    @Test
    void aWordThatIsOnDiskAfterALaterViewOfItsOwnIsGoneBy() {
        serve("h1", "h2");
        grantDisks();
        step(new PeerLost(at(50_000)));
        List<VolumeView> older =
                List.of(volumes("h1").getFirst(), volumes("h1", "h2").getLast());
        assertThat(learn(9, new Solo(SELF), older, false)).doesNotContain(new EraseAlone());
        step(new AloneRecorded(8));
        assertThat(state.isAlone()).isTrue();
    }

    @Test
    void aWordThatCannotBeReadEndsWithAnyLaterViewThanTheFirst() {
        spec = COMPONENT;
        step(new AloneFound(Optional.empty(), false));
        assertThat(step(new RecordLearnt(record(8, new Solo(SELF_BEFORE), volumes("h1", "h2"), true))))
                .doesNotContain(new EraseAlone());
        assertThat(step(new RecordLearnt(record(9, new Solo(PEER), volumes("h2"), false))))
                .contains(new EraseAlone());
    }

    @Test
    void whoFindsNoWordLeavesTheVmToTheStandby() {
        learn(8, new Paired(SELF_BEFORE, PEER), List.of(), true);
        assertThat(state.outstanding()).hasValueSatisfying(view -> {
            assertThat(view.placement()).isEqualTo(new Paired(SELF_BEFORE, PEER));
            assertThat(view.soloGrant()).isFalse();
        });
    }

    @Test
    void whoWentOnAloneBeginsOnItsOwnDisksOnly() {
        spec = COMPONENT;
        VmRecord before = record(8, new Solo(SELF_BEFORE), volumes("h1", "h2"), true);
        step(new AloneFound(Optional.of(before), false));
        step(new RecordLearnt(before));
        step(new ReplicasFound(List.of()));
        assertThat(step(new Tick(at(1_000)))).isEmpty();
        assertThat(step(new ReplicasFound(
                        COMPONENT.disks().stream().map(VolumeSpec::id).toList())))
                .last()
                .isInstanceOfSatisfying(
                        Propose.class,
                        propose -> assertThat(propose.view().volumes()).isEqualTo(volumes("h1")));
    }

    // ---- the standby ----

    @Test
    void underAGrantTheStandbyDoesNotClaimAndAfterItsEndItDoes() {
        holdImage(true);
        step(new PeerLost(at(10_000)));
        assertThat(step(new Tick(at(60_000)))).isEmpty();
        learn(9, new Paired(PEER, SELF), List.of(), false);
        assertThat(step(new Tick(at(61_000)))).last().isInstanceOf(Propose.class);
    }

    @Test
    void aClaimThatAGrantOvertookWaitsWithItsImage() {
        holdImage(false);
        step(new PeerLost(at(10_000)));
        step(new Tick(at(11_000)));
        assertThat(state.part()).isEqualTo(new Part.Claiming());
        assertThat(learn(9, new Paired(PEER, SELF), List.of(), true)).isEmpty();
        assertThat(state.part()).isEqualTo(new Part.Holding(PEER, 9));
    }

    @Test
    void underAGrantNobodyTakesOverADisk() {
        spec = COMPONENT;
        step(new PeerHeard(H2, PEER.life(), at(0)));
        learn(8, new Solo(PEER), volumes("h1", "h2"), true);
        step(new ReplicasFound(COMPONENT.disks().stream().map(VolumeSpec::id).toList()));
        step(new PeerLost(at(1_000)));
        assertThat(step(new Tick(at(60_000)))).isEmpty();
    }

    // ---- whoever gives the VM away ----

    @Test
    void theGrantEndsBeforeTheVmIsHandedOver() {
        grantPair();
        step(new RecordLearnt(state.known().orElseThrow().withDestination(Optional.of(H2))));
        assertGrantAsked(9, PAIR, false, step(new ViewInput.LastEpochCommitted()));
        assertGrantAsked(10, new Solo(PEER), false, learn(9, PAIR, List.of(), false));
    }

    @Test
    void theGrantEndsBeforeTheVmIsStopped() {
        serve("h1", "h2");
        grantDisks();
        wanted = false;
        learn(8, new Solo(SELF), volumes("h1", "h2"), true);
        assertGrantAsked(9, new Solo(SELF), false, step(new GuestGone(at(51_000))));
        assertGrantAsked(10, new Stopped(), false, learn(9, new Solo(SELF), volumes("h1", "h2"), false));
    }

    // ---- the test's own ----

    private void protect() {
        spec = SYSTEM;
        step(new PeerHeard(H2, PEER.life(), at(0)));
        learn(6, new Solo(SELF_BEFORE), List.of(), false);
        learn(6, new Solo(SELF), List.of(), false);
        state = state.with(new Part.Raising(PEER));
        learn(7, PAIR, List.of(), false);
        assertThat(state.part()).isEqualTo(new Part.Protected(PEER));
    }

    private void grantPair() {
        protect();
        step(new VotesCounted(false, at(1_000)));
        step(new Tick(at(1_000 + GRACE)));
        learn(8, PAIR, List.of(), true);
    }

    private void serve(String... inSync) {
        spec = COMPONENT;
        state = machine.initial(at(0));
        step(new PeerHeard(H2, PEER.life(), at(0)));
        step(new ReplicasFound(COMPONENT.disks().stream().map(VolumeSpec::id).toList()));
        learn(7, new Solo(SELF), volumes(inSync), false);
        state = state.with(new Part.Running()).with(state.succession().outwaited());
    }

    private void grantDisks() {
        step(new VotesCounted(false, at(1_000)));
        assertGrantAsked(8, new Solo(SELF), true, step(new Tick(at(1_000 + GRACE))));
        learn(8, new Solo(SELF), volumes("h1", "h2"), true);
    }

    private void holdImage(boolean granted) {
        step(new PeerHeard(H2, PEER.life(), at(0)));
        learn(8, new Paired(PEER, SELF), List.of(), granted);
        state = state.with(new Part.Holding(PEER, 8));
    }

    private static void assertGrantAsked(long number, Placement placement, boolean granted, List<ViewEffect> effects) {
        assertThat(effects).last().isInstanceOfSatisfying(Propose.class, propose -> {
            assertThat(propose.view().number()).isEqualTo(number);
            assertThat(propose.view().placement()).isEqualTo(placement);
            assertThat(propose.view().soloGrant()).isEqualTo(granted);
        });
    }

    private void assertProposedAlone(List<ViewEffect> effects) {
        assertThat(state.outstanding()).hasValueSatisfying(view -> {
            assertThat(view.number()).isEqualTo(9);
            assertThat(view.placement()).isEqualTo(new Solo(SELF));
            assertThat(view.volumes()).isEqualTo(volumes("h1"));
            assertThat(view.soloGrant()).isFalse();
        });
        assertThat(effects).noneMatch(ViewEffect.KillGuest.class::isInstance);
    }

    private List<ViewEffect> learn(long number, Placement placement, List<VolumeView> volumes, boolean granted) {
        return step(new RecordLearnt(record(number, placement, volumes, granted)));
    }

    private VmRecord record(long number, Placement placement, List<VolumeView> volumes, boolean granted) {
        View view = new View(number, placement, volumes, new UUID(0, number), granted);
        revision = Math.max(revision, number);
        return new VmRecord(spec, wanted, view, revision);
    }

    private List<ViewEffect> step(ViewInput input) {
        Step<ViewState, ViewEffect> step = machine.step(state, input);
        state = step.state();
        return step.effects();
    }

    private static List<VolumeView> volumes(String... inSync) {
        return LedgerStateTest.volumes(COMPONENT, inSync);
    }

    private static Moment at(long millis) {
        return new Moment(0).plus(Duration.ofMillis(millis));
    }
}
