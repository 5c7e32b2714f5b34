package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static understudy.protocol.Proposed.assertProposed;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Moment;
import understudy.model.Placement;
import understudy.model.Placement.Paired;
import understudy.model.Placement.Solo;
import understudy.model.Placement.Stopped;
import understudy.model.Problem;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.model.VolumeId;
import understudy.model.VolumeView;
import understudy.protocol.Part.Claiming;
import understudy.protocol.Part.Copying;
import understudy.protocol.Part.Dropping;
import understudy.protocol.Part.Found;
import understudy.protocol.Part.Halting;
import understudy.protocol.Part.Holding;
import understudy.protocol.Part.Idle;
import understudy.protocol.Part.Protected;
import understudy.protocol.Part.Receiving;
import understudy.protocol.Part.Running;
import understudy.protocol.Part.Starting;
import understudy.protocol.Part.Taking;
import understudy.protocol.ViewEffect.AcceptStream;
import understudy.protocol.ViewEffect.AdoptGuest;
import understudy.protocol.ViewEffect.ApplyInSync;
import understudy.protocol.ViewEffect.BootGuest;
import understudy.protocol.ViewEffect.CloseStream;
import understudy.protocol.ViewEffect.DropImage;
import understudy.protocol.ViewEffect.KillGuest;
import understudy.protocol.ViewEffect.MakeLastEpoch;
import understudy.protocol.ViewEffect.OpenGate;
import understudy.protocol.ViewEffect.OutwaitLease;
import understudy.protocol.ViewEffect.Propose;
import understudy.protocol.ViewEffect.ResumeImage;
import understudy.protocol.ViewEffect.ShutDownGuest;
import understudy.protocol.ViewEffect.StartCopy;
import understudy.protocol.ViewInput.CopyCommitted;
import understudy.protocol.ViewInput.DiskWentBack;
import understudy.protocol.ViewInput.GuestFound;
import understudy.protocol.ViewInput.GuestGone;
import understudy.protocol.ViewInput.GuestRunning;
import understudy.protocol.ViewInput.ImageCompleted;
import understudy.protocol.ViewInput.LastEpochCommitted;
import understudy.protocol.ViewInput.LeaseOutwaited;
import understudy.protocol.ViewInput.PeerHeard;
import understudy.protocol.ViewInput.PeerLost;
import understudy.protocol.ViewInput.RecordLearnt;
import understudy.protocol.ViewInput.ReplicaCaughtUp;
import understudy.protocol.ViewInput.ReplicaFailed;
import understudy.protocol.ViewInput.ReplicaRecovered;
import understudy.protocol.ViewInput.ReplicasFound;
import understudy.protocol.ViewInput.StreamOffered;
import understudy.protocol.ViewInput.Tick;

/// A VM of level `system` with two disks. `SELF` is this host, `PEER` the VM's other one.
class ViewMachineImageAndDisksTest {
    private static final Replica SELF = LedgerStateTest.replica("h1");
    private static final Replica SELF_BEFORE = LedgerStateTest.replica("h1");
    private static final Replica PEER = LedgerStateTest.replica("h2");
    private static final Replica PEER_LATER = LedgerStateTest.replica("h2");
    private static final HostName H1 = SELF.host();
    private static final HostName H2 = PEER.host();
    private static final VmSpec SPEC = LedgerStateTest.spec("db", Level.SYSTEM, "1G", "2G");
    private static final VolumeId DISK0 = SPEC.disks().getFirst().id();
    private static final VolumeId DISK1 = SPEC.disks().getLast().id();
    private static final List<VolumeView> BOTH = LedgerStateTest.volumes(SPEC, "h1", "h2");
    private static final List<VolumeView> HERE = LedgerStateTest.volumes(SPEC, "h1");
    private static final List<VolumeView> THERE = LedgerStateTest.volumes(SPEC, "h2");
    private static final List<VolumeView> ONE_HERE = List.of(HERE.getFirst(), BOTH.getLast());
    private static final List<VolumeView> ONE_THERE = List.of(THERE.getFirst(), BOTH.getLast());
    private static final ViewMachine.Timing TIMING = ViewMachine.Timing.DEFAULT;
    private static final long CLAIM = TIMING.claimAfter().toMillis();
    private static final long BOOT_CLAIM = TIMING.bootClaimAfter().toMillis();

    private final ViewMachine machine = new ViewMachine(SELF, TIMING);
    private ViewState state = machine.initial(at(0));
    private boolean wanted = true;
    private VmSpec spec = SPEC;

    @BeforeEach
    void knowThePeer() {
        step(new PeerHeard(H2, PEER.life(), at(0)));
    }

    // ---- the active copies only to a host that has the disks ----

    @Test
    void noCopyIsBegunWhileADiskIsOutOfSyncThere() {
        run(ONE_HERE);
        assertThat(step(new Tick(at(400)))).isEmpty();
        learn(4, new Solo(SELF), BOTH);
        assertThat(step(new Tick(at(420)))).containsExactly(new StartCopy(PEER, 4));
    }

    @Test
    void aCopyGoesOnThoughADiskIsOutOfSyncHere() {
        run(THERE);
        assertThat(step(new Tick(at(400)))).containsExactly(new StartCopy(PEER, 3));
        assertProposed(4, new Paired(SELF, PEER), THERE, step(new CopyCommitted(PEER)));
        learn(4, new Paired(SELF, PEER), THERE);
        assertPart(Protected.class);
        assertProposed(
                5,
                new Paired(SELF, PEER),
                List.of(BOTH.getFirst(), THERE.getLast()),
                step(new ReplicaCaughtUp(DISK0, H1)));
    }

    @Test
    void aCopyIsGivenUpWhenADiskFailsThere() {
        run(BOTH);
        step(new Tick(at(400)));
        assertPart(Copying.class);
        List<ViewEffect> effects = step(new ReplicaFailed(DISK0, H2, "dead"));
        assertThat(effects).startsWith(new CloseStream(), new OpenGate());
        assertProposed(4, new Solo(SELF), ONE_HERE, effects);
        assertPart(Running.class);
        assertThat(step(new Tick(at(4_000)))).isEmpty();
    }

    @Test
    void aPairIsDroppedByOneViewWhenADiskFailsThere() {
        protect();
        List<ViewEffect> effects = step(new ReplicaFailed(DISK0, H2, "dead"));
        assertThat(effects).startsWith(new CloseStream());
        assertProposed(5, new Solo(SELF), ONE_HERE, effects);
        assertThat(learn(5, new Solo(SELF), ONE_HERE)).contains(new OpenGate());
        assertThat(step(new Tick(at(4_000)))).isEmpty();
        assertProposed(6, new Solo(SELF), BOTH, step(new ReplicaCaughtUp(DISK0, H2)));
        learn(6, new Solo(SELF), BOTH);
        assertThat(step(new Tick(at(4_020)))).containsExactly(new StartCopy(PEER, 6));
    }

    @Test
    void aPairThatIsAskedForIsGivenUpWhenADiskFailsThere() {
        run(BOTH);
        step(new Tick(at(400)));
        step(new CopyCommitted(PEER));
        assertProposed(4, new Solo(SELF), ONE_HERE, step(new ReplicaFailed(DISK0, H2, "dead")));
        assertThat(state.part()).isEqualTo(new Dropping(false, 3));
    }

    @Test
    void aSwitchoverGoesBackWhenADiskFailsThere() {
        protect();
        assertThat(move()).containsExactly(new MakeLastEpoch());
        assertProposed(5, new Solo(SELF), ONE_HERE, step(new ReplicaFailed(DISK0, H2, "dead")));
        assertThat(state.part()).isEqualTo(new Dropping(true, 4));
    }

    @Test
    void aPairStaysOneWhenADiskFailsHere() {
        protect();
        assertProposed(5, new Paired(SELF, PEER), ONE_THERE, step(new ReplicaFailed(DISK0, H1, "dead")));
        learn(5, new Paired(SELF, PEER), ONE_THERE);
        assertPart(Protected.class);
    }

    // ---- the VM is moved ----

    @Test
    void aGuestOfAnyLevelIsCopiedAndHandedOverWhenItIsMoved() {
        spec = SPEC.with(Level.COMPONENT);
        run(BOTH);
        move();
        assertThat(step(new Tick(at(400)))).containsExactly(new StartCopy(PEER, 3));
        assertProposed(4, new Paired(SELF, PEER), BOTH, step(new CopyCommitted(PEER)));
        VmRecord moved = state.known().orElseThrow();
        assertThat(step(new RecordLearnt(moved.withView(view(4, new Paired(SELF, PEER), BOTH)))))
                .contains(new MakeLastEpoch());
        assertProposed(5, new Solo(PEER), THERE, step(new LastEpochCommitted()));
        assertThat(moved.withView(view(5, new Solo(PEER), THERE)).destination()).isEmpty();
    }

    @Test
    void aCopyThatIsMadeForAMoveIsGivenUpWhenThatIsCancelled() {
        spec = SPEC.with(Level.COMPONENT);
        run(BOTH);
        move();
        step(new Tick(at(400)));
        assertPart(Copying.class);
        List<ViewEffect> effects =
                step(new RecordLearnt(state.known().orElseThrow().withDestination(Optional.empty())));
        assertThat(effects).contains(new CloseStream());
        assertProposed(4, new Solo(SELF), BOTH, effects);
        assertThat(learn(4, new Solo(SELF), BOTH)).contains(new OpenGate());
        assertThat(step(new Tick(at(9_000)))).isEmpty();
    }

    @Test
    void aVmIsMovedWhenItsDisksAreInSyncThere() {
        spec = SPEC.with(Level.RESTART);
        run(HERE);
        move();
        assertThat(step(new Tick(at(4_000)))).isEmpty();
        VmRecord moved = state.known().orElseThrow();
        step(new RecordLearnt(moved.withView(view(4, new Solo(SELF), BOTH))));
        assertThat(step(new Tick(at(4_020)))).containsExactly(new StartCopy(PEER, 4));
    }

    // ---- the level changes ----

    @Test
    void aGuestIsCopiedWhenItsLevelIsRaised() {
        spec = SPEC.with(Level.COMPONENT);
        run(BOTH);
        assertThat(step(new Tick(at(4_000)))).isEmpty();
        spec = SPEC;
        relearn(3, new Solo(SELF), BOTH);
        assertThat(step(new Tick(at(4_020)))).containsExactly(new StartCopy(PEER, 3));
    }

    @Test
    void aPairIsDroppedWhenItsLevelIsLowered() {
        protect();
        spec = SPEC.with(Level.COMPONENT);
        List<ViewEffect> effects = relearn(4, new Paired(SELF, PEER), BOTH);
        assertThat(effects).contains(new CloseStream()).doesNotContain(new OpenGate());
        assertProposed(5, new Solo(SELF), BOTH, effects);
        assertThat(learn(5, new Solo(SELF), BOTH)).contains(new OpenGate());
        assertPart(Running.class);
        assertThat(step(new Tick(at(9_000)))).isEmpty();
    }

    /// The other host may hold a whole image by now, and drops it by the next view only.
    @Test
    void aCopyIsGivenUpByAViewWhenItsLevelIsLowered() {
        run(BOTH);
        step(new Tick(at(400)));
        spec = SPEC.with(Level.RESTART);
        List<ViewEffect> effects = relearn(3, new Solo(SELF), BOTH);
        assertThat(effects).contains(new CloseStream()).doesNotContain(new OpenGate());
        assertProposed(4, new Solo(SELF), BOTH, effects);
        assertThat(learn(4, new Solo(SELF), BOTH)).contains(new OpenGate());
        assertPart(Running.class);
    }

    /// It will not be tried again, and the other host may hold what came of it.
    @Test
    void aCopyThatEndedBeforeTheLevelWasLoweredIsGivenUpByAView() {
        run(BOTH);
        step(new Tick(at(400)));
        step(new ViewInput.StreamBroken(at(500)));
        assertPart(Running.class);
        spec = SPEC.with(Level.RESTART);
        assertProposed(4, new Solo(SELF), BOTH, relearn(3, new Solo(SELF), BOTH));
        learn(4, new Solo(SELF), BOTH);
        assertPart(Running.class);
        assertThat(step(new Tick(at(9_000)))).as("once").isEmpty();
    }

    @Test
    void aHandOverThatWasBegunComesToItsEndAtAnyLevel() {
        protect();
        move();
        spec = SPEC.with(Level.COMPONENT);
        assertThat(relearn(4, new Paired(SELF, PEER), BOTH)).doesNotHaveAnyElementsOfTypes(CloseStream.class);
        assertProposed(5, new Solo(PEER), THERE, step(new LastEpochCommitted()));
    }

    // ---- the active leaves the VM to its standby with its disks alone ----

    @Test
    void aSwitchoverLeavesTheDisksOfTheStandbyAlone() {
        protect();
        move();
        assertProposed(5, new Solo(PEER), THERE, step(new LastEpochCommitted()));
    }

    @Test
    void aGuestThatDiesProtectedIsLeftToItsStandbyWithItsDisksAlone() {
        protect();
        assertProposed(5, new Solo(PEER), THERE, step(new GuestGone(at(900))));
    }

    @Test
    void aGuestThatDiesWhileItsPairIsDroppedAsksForNoPairWithoutDisks() {
        protect();
        step(new ReplicaFailed(DISK0, H2, "dead"));
        assertThat(step(new GuestGone(at(900)))).doesNotHaveAnyElementsOfTypes(Propose.class);
        assertThat(learn(5, new Solo(SELF), ONE_HERE)).doesNotHaveAnyElementsOfTypes(OpenGate.class);
        assertThat(step(new Tick(at(4_000)))).endsWith(new BootGuest());
    }

    // ---- leases ----

    @Test
    void anActiveNeedsALeaseWhileItIsAloneAndNoneInAPair() {
        run(HERE);
        assertThat(state.needsLease(SELF)).isFalse();
        learn(4, new Solo(SELF), BOTH);
        assertThat(state.needsLease(SELF)).isTrue();
        learn(5, new Paired(SELF, PEER), BOTH);
        assertThat(state.needsLease(SELF)).isFalse();
        learn(6, new Solo(PEER), THERE);
        assertThat(state.needsLease(SELF)).as("deposed").isTrue();
    }

    // ---- stops ----

    @Test
    void aStopDuringACopyLetsEverythingOutFirst() {
        run(BOTH);
        step(new Tick(at(400)));
        wanted = false;
        assertThat(learn(4, new Solo(SELF), BOTH)).endsWith(new CloseStream(), new OpenGate(), new ShutDownGuest());
        assertThat(state.part()).isEqualTo(new Halting(false));
    }

    @Test
    void aStopOfAPairDropsItFirstAndShutsTheGuestDownWhenThatIsLearnt() {
        protect();
        wanted = false;
        List<ViewEffect> effects = relearn(4, new Paired(SELF, PEER), BOTH);
        assertThat(effects).startsWith(new CloseStream()).doesNotContain(new ShutDownGuest());
        assertProposed(5, new Solo(SELF), BOTH, effects);
        assertThat(step(new Tick(at(4_000)))).isEmpty();
        assertThat(learn(5, new Solo(SELF), BOTH)).containsSubsequence(new OpenGate(), new ShutDownGuest());
        assertProposed(6, new Stopped(), BOTH, step(new GuestGone(at(5_000))));
    }

    @Test
    void aGuestOfAPairThatDiedWhileItWasToStopIsLeftToItsStandbyWhenItIsWantedAgain() {
        standBy();
        step(new PeerLost(at(1_000)));
        step(new Tick(at(1_000 + CLAIM)));
        learn(9, new Solo(SELF), HERE);
        step(new GuestRunning(at(1_200)));
        learn(10, new Solo(SELF), BOTH);
        step(new PeerHeard(H2, PEER_LATER.life(), at(1_300)));
        step(new Tick(at(4_000)));
        step(new CopyCommitted(PEER_LATER));
        learn(11, new Paired(SELF, PEER_LATER), BOTH);
        assertPart(Protected.class);
        step(new GuestGone(at(5_000)));
        wanted = false;
        assertThat(relearn(11, new Paired(SELF, PEER_LATER), BOTH)).contains(new OutwaitLease(11));
        wanted = true;
        step(new RecordLearnt(new VmRecord(spec, true, view(11, new Paired(SELF, PEER_LATER), BOTH), 112)));
        assertThat(step(new LeaseOutwaited(11))).doesNotContain(new BootGuest());
        assertProposed(12, new Solo(PEER_LATER), THERE, step(new Tick(at(8_000))));
    }

    @Test
    void aGuestThatDiedIsLeftToTheStandbyAsSoonAsItsDisksWorkAgain() {
        protect();
        step(new ReplicaFailed(DISK0, H2, "dead"));
        step(new GuestGone(at(1_000)));
        step(new Tick(at(4_000)));
        assertPart(Starting.class);
        assertProposed(5, new Solo(PEER), THERE, step(new ReplicaRecovered(DISK0, H2)));
    }

    @Test
    void aGuestWhoseDiskForgotWhatItWasToldIsEndedAndStartsAnew() {
        run(THERE);
        assertThat(step(new DiskWentBack(DISK0)))
                .hasSize(2)
                .startsWith(new CloseStream())
                .hasAtLeastOneElementOfType(KillGuest.class);
        assertThat(step(new DiskWentBack(DISK1))).as("there is none any more").isEmpty();
        assertThat(step(new Tick(at(2_000)))).contains(new BootGuest());
    }

    // ---- the standby ----

    @Test
    void aStandbyGoesOnFromItsImageWithItsDisksAlone() {
        standBy();
        step(new PeerLost(at(1_000)));
        assertProposed(9, new Solo(SELF), HERE, step(new Tick(at(1_000 + CLAIM))));
        assertThat(learn(9, new Solo(SELF), HERE))
                .containsExactly(new ApplyInSync(view(9, new Solo(SELF), HERE)), new CloseStream(), new ResumeImage());
    }

    @Test
    void aStandbyWhoseDiskDoesNotWorkClaimsNothing() {
        standBy();
        step(new ReplicasFound(List.of(DISK0)));
        step(new PeerLost(at(1_000)));
        assertThat(step(new Tick(at(5_000)))).isEmpty();
        assertPart(Holding.class);
        step(new ReplicasFound(List.of(DISK0, DISK1)));
        assertProposed(9, new Solo(SELF), HERE, step(new Tick(at(5_020))));
    }

    /// It could not when it heard of the active's end, and can now: else the other host would boot the guest.
    @Test
    void aStandbyClaimsWhenItsDiskWorksAgainThoughTheActivesHostIsBackBefore() {
        standBy();
        step(new ReplicasFound(List.of(DISK0)));
        step(new PeerHeard(H2, PEER_LATER.life(), at(1_000)));
        assertThat(step(new Tick(at(1_020)))).isEmpty();
        assertPart(Holding.class);
        step(new ReplicasFound(List.of(DISK0, DISK1)));
        assertProposed(9, new Solo(SELF), HERE, step(new Tick(at(1_040))));
        assertPart(Claiming.class);
    }

    @Test
    void aClaimWaitsWithItsImageWhenADiskFailsAndGoesOnIfItLands() {
        standBy();
        step(new PeerLost(at(1_000)));
        step(new Tick(at(1_000 + CLAIM)));
        step(new ReplicasFound(List.of(DISK0)));
        assertPart(Holding.class);
        assertThat(learn(9, new Solo(SELF), HERE)).endsWith(new ResumeImage());
    }

    @Test
    void aStandbyWithoutItsImageBootsWhenNobodyClaimsIfItsDisksWork() {
        learn(8, new Paired(PEER, SELF_BEFORE), BOTH);
        step(new PeerLost(at(1_000)));
        assertThat(step(new Tick(at(1_000 + BOOT_CLAIM)))).as("not looked at").isEmpty();
        step(new ReplicasFound(List.of(DISK0, DISK1)));
        assertProposed(9, new Solo(SELF), HERE, step(new Tick(at(1_020 + BOOT_CLAIM))));
        assertThat(learn(9, new Solo(SELF), HERE)).endsWith(new OutwaitLease(9));
    }

    @Test
    void aBootByTheStandbysHostIsGivenUpWhenADiskFails() {
        learn(8, new Paired(PEER, SELF_BEFORE), BOTH);
        step(new ReplicasFound(List.of(DISK0, DISK1)));
        step(new PeerLost(at(1_000)));
        assertProposed(9, new Solo(SELF), HERE, step(new Tick(at(1_000 + BOOT_CLAIM))));
        step(new ReplicasFound(List.of(DISK0)));
        assertPart(Idle.class);
    }

    // ---- a VM that is not paired is taken over by booting it ----

    @Test
    void aHostWithoutAnImageTakesOverWhatIsNotPaired() {
        learn(7, new Solo(PEER), BOTH);
        step(new ReplicasFound(List.of(DISK0, DISK1)));
        step(new PeerLost(at(1_000)));
        assertProposed(8, new Solo(SELF), HERE, step(new Tick(at(1_000 + CLAIM))));
        assertPart(Taking.class);
        assertThat(learn(8, new Solo(SELF), HERE)).endsWith(new OutwaitLease(8));
        assertThat(step(new LeaseOutwaited(8))).containsExactly(new BootGuest());
    }

    @Test
    void anImageThatIsNotWholeIsDroppedForATakeover() {
        receive();
        step(new PeerLost(at(1_000)));
        List<ViewEffect> effects = step(new Tick(at(1_000 + CLAIM)));
        assertThat(effects).startsWith(new CloseStream(), new DropImage());
        assertProposed(8, new Solo(SELF), HERE, effects);
        assertPart(Taking.class);
    }

    @Test
    void anImageOfWhatIsNotPairedIsDroppedWhenTheTakeoverIsLearnt() {
        hold();
        step(new PeerLost(at(1_000)));
        List<ViewEffect> effects = step(new Tick(at(1_000 + CLAIM)));
        assertThat(effects).startsWith(new CloseStream()).doesNotContain(new DropImage());
        assertProposed(8, new Solo(SELF), HERE, effects);
        assertThat(relearn(7, new Solo(PEER), BOTH)).isEmpty();
        assertThat(learn(8, new Solo(SELF), HERE))
                .containsExactly(
                        new ApplyInSync(view(8, new Solo(SELF), HERE)),
                        new CloseStream(),
                        new DropImage(),
                        new OutwaitLease(8));
    }

    /// The active asked for the pair, and may have let out what its image has.
    @Test
    void anImageWhosePairWasRecordedUnseenGoesOn() {
        hold();
        step(new PeerLost(at(1_000)));
        step(new Tick(at(1_000 + CLAIM)));
        assertProposed(9, new Solo(SELF), HERE, learn(8, new Paired(PEER, SELF), BOTH));
        assertPart(Claiming.class);
        assertThat(learn(9, new Solo(SELF), HERE)).endsWith(new ResumeImage());
    }

    @Test
    void aTakeoverThatIsGivenUpAndLandsBootsTheGuest() {
        hold();
        step(new PeerLost(at(1_000)));
        step(new Tick(at(1_000 + CLAIM)));
        step(new PeerHeard(H2, PEER.life(), at(1_500)));
        assertPart(Holding.class);
        assertThat(learn(8, new Solo(SELF), HERE)).contains(new DropImage()).endsWith(new OutwaitLease(8));
    }

    @Test
    void aTakeoverThatWasOvertakenByTheActiveDropsTheImage() {
        hold();
        step(new PeerLost(at(1_000)));
        step(new Tick(at(1_000 + CLAIM)));
        assertThat(learn(8, new Solo(PEER), THERE)).contains(new CloseStream(), new DropImage());
        assertPart(Idle.class);
    }

    // ---- a guest that an earlier life left ----

    @Test
    void aFoundGuestOfAPairIsLeftToItsStandby() {
        step(new GuestFound());
        step(new ReplicasFound(List.of(DISK0, DISK1)));
        assertProposed(9, new Solo(PEER), THERE, learn(8, new Paired(SELF_BEFORE, PEER), BOTH));
        assertThat(learn(9, new Solo(PEER), THERE)).hasAtLeastOneElementOfType(KillGuest.class);
        assertPart(Idle.class);
    }

    @Test
    void aFoundGuestThatHasRunAloneSinceIsTakenUp() {
        step(new GuestFound());
        step(new ReplicasFound(List.of(DISK0, DISK1)));
        learn(8, new Paired(SELF_BEFORE, PEER), BOTH);
        assertProposed(10, new Solo(SELF), HERE, learn(9, new Solo(SELF_BEFORE), BOTH));
        assertThat(learn(10, new Solo(SELF), HERE)).endsWith(new AdoptGuest());
    }

    @Test
    void aFoundGuestWhoseStandbyIsGoneTooIsStartedAnew() {
        step(new GuestFound());
        step(new ReplicasFound(List.of(DISK0, DISK1)));
        step(new PeerLost(at(10)));
        assertThat(learn(8, new Paired(SELF_BEFORE, PEER), BOTH)).doesNotHaveAnyElementsOfTypes(Propose.class);
        assertPart(Found.class);
        assertThat(step(new Tick(at(9 + BOOT_CLAIM)))).isEmpty();
        List<ViewEffect> effects = step(new Tick(at(10 + BOOT_CLAIM)));
        assertThat(effects).first().isInstanceOf(KillGuest.class);
        assertProposed(9, new Solo(SELF), HERE, effects);
    }

    @Test
    void aFoundGuestWhoseStandbyWasRestartedIsAskedForHere() {
        step(new GuestFound());
        step(new ReplicasFound(List.of(DISK0, DISK1)));
        step(new PeerHeard(H2, PEER_LATER.life(), at(10)));
        assertProposed(9, new Solo(SELF), HERE, learn(8, new Paired(SELF_BEFORE, PEER), BOTH));
    }

    // ---- force ----

    @Test
    void aHostThatHasAllDisksNeedsNoForce() {
        VmRecord alone = new VmRecord(SPEC, true, view(7, new Solo(PEER), BOTH));
        assertThat(ForcedStart.refusal(alone, H1)).map(Problem::code).contains("nothing-to-force");
        VmRecord lacking = new VmRecord(SPEC, true, view(7, new Solo(PEER), ONE_THERE));
        assertThat(ForcedStart.refusal(lacking, H1)).isEmpty();
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
        assertPart(Running.class);
    }

    /// With a standby, in view 4.
    private void protect() {
        run(BOTH);
        step(new Tick(at(400)));
        step(new CopyCommitted(PEER));
        learn(4, new Paired(SELF, PEER), BOTH);
        assertPart(Protected.class);
    }

    /// The other host runs it in view 7, and makes an image here.
    private void receive() {
        learn(7, new Solo(PEER), BOTH);
        step(new ReplicasFound(List.of(DISK0, DISK1)));
        assertThat(step(new StreamOffered(PEER, 7))).containsExactly(new AcceptStream());
        assertPart(Receiving.class);
    }

    private List<ViewEffect> move() {
        VmRecord known = state.known().orElseThrow();
        return step(new RecordLearnt(known.withDestination(Optional.of(H2))));
    }

    private void hold() {
        receive();
        step(new ImageCompleted());
        assertPart(Holding.class);
    }

    /// As a standby of view 8.
    private void standBy() {
        hold();
        learn(8, new Paired(PEER, SELF), BOTH);
    }

    private List<ViewEffect> learn(long number, Placement placement, List<VolumeView> volumes) {
        return step(new RecordLearnt(new VmRecord(spec, wanted, view(number, placement, volumes), 10 * number)));
    }

    /// The same view, in a record that has changed otherwise.
    private List<ViewEffect> relearn(long number, Placement placement, List<VolumeView> volumes) {
        return step(new RecordLearnt(new VmRecord(spec, wanted, view(number, placement, volumes), 10 * number + 1)));
    }

    private static View view(long number, Placement placement, List<VolumeView> volumes) {
        return new View(number, placement, volumes, new UUID(0, number));
    }

    private List<ViewEffect> step(ViewInput input) {
        Step<ViewState, ViewEffect> step = machine.step(state, input);
        state = step.state();
        for (ViewEffect effect : step.effects()) {
            if (effect instanceof Propose(View view)) {
                Optional<Problem> refused = Transitions.refusal(state.known().orElseThrow(), view);
                assertThat(refused).as(input + ": " + view).isEmpty();
            }
        }
        return step.effects();
    }

    private void assertPart(Class<? extends Part> part) {
        assertThat(state.part()).isInstanceOf(part);
    }

    private static Moment at(long millis) {
        return new Moment(Duration.ofMillis(millis).toNanos());
    }
}
