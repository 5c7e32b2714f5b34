package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static understudy.protocol.Proposed.assertProposed;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
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
import understudy.protocol.ViewEffect.KillGuest;
import understudy.protocol.ViewEffect.OutwaitLease;
import understudy.protocol.ViewEffect.Propose;
import understudy.protocol.ViewInput.GuestFound;
import understudy.protocol.ViewInput.GuestGone;
import understudy.protocol.ViewInput.GuestRunning;
import understudy.protocol.ViewInput.LeaseOutwaited;
import understudy.protocol.ViewInput.PeerHeard;
import understudy.protocol.ViewInput.PeerLost;
import understudy.protocol.ViewInput.PeerRenewed;
import understudy.protocol.ViewInput.RecordLearnt;
import understudy.protocol.ViewInput.ReplicaCaughtUp;
import understudy.protocol.ViewInput.ReplicaFailed;
import understudy.protocol.ViewInput.ReplicasFound;
import understudy.protocol.ViewInput.Tick;

/// The loss of a host at levels `restart` and `component`. `SELF` is this host, `PEER` the VM's other one.
class ViewMachineTakeoverTest {
    private static final Replica SELF = LedgerStateTest.replica("h1");
    private static final Replica SELF_BEFORE = LedgerStateTest.replica("h1");
    private static final Replica PEER = LedgerStateTest.replica("h2");
    private static final HostName H1 = SELF.host();
    private static final HostName H2 = PEER.host();
    private static final VmSpec COMPONENT = LedgerStateTest.spec("db", Level.COMPONENT, "1G", "2G");
    private static final ViewMachine.Timing TIMING = ViewMachine.Timing.DEFAULT;
    private static final long CLAIM = TIMING.claimAfter().toMillis();
    private static final long GRACE = TIMING.agentGrace().toMillis();
    private static final long SIGN_OF_LIFE = TIMING.lease().quiet().toMillis();

    private final ViewMachine machine = new ViewMachine(SELF, TIMING);
    private VmSpec spec = COMPONENT;
    private ViewState state = machine.initial(at(0));
    private boolean wanted = true;

    // ---- who takes over, and when ----

    @Test
    void aHostThatHasAllDisksTakesOverWhenTheActiveIsLost() {
        standBy("h1", "h2");
        step(new PeerLost(at(1_000)));
        assertThat(step(new Tick(at(999 + CLAIM)))).isEmpty();
        assertProposed(8, new Solo(SELF), volumes("h1"), step(new Tick(at(1_000 + CLAIM))));
    }

    @Test
    void aHostThatLacksADiskDoesNot() {
        standBy("h1", "h2");
        learn(
                8,
                new Solo(PEER),
                List.of(volumes("h1", "h2").getFirst(), volumes("h2").getLast()));
        assertNothingIsTaken();
    }

    @Test
    void aHostWhoseOwnDiskDoesNotWorkDoesNot() {
        standBy("h1", "h2");
        step(new ReplicasFound(List.of(disk(0))));
        assertNothingIsTaken();
    }

    @Test
    void nobodyTakesOverAVmThatIsNotWanted() {
        wanted = false;
        standBy("h1", "h2");
        assertNothingIsTaken();
    }

    @Test
    void whatIsAllInMemoryIsNotTakenOverWithoutAnImage() {
        spec = LedgerStateTest.spec("web", Level.SYSTEM);
        step(new PeerHeard(H2, PEER.life(), at(0)));
        learn(7, new Solo(PEER), List.of());
        assertNothingIsTaken();
    }

    @Test
    void anAgentThatDiedWhileItsHostLivedGetsTimeToComeBack() {
        standBy("h1", "h2");
        step(new PeerLost(at(1_000), true));
        assertThat(step(new Tick(at(999 + GRACE)))).isEmpty();
        assertProposed(8, new Solo(SELF), volumes("h1"), step(new Tick(at(1_000 + GRACE))));
    }

    @Test
    void anActiveThatIsHeardThroughTheLedgerOnlyIsNotTakenOver() {
        standBy("h1", "h2");
        step(new PeerLost(at(1_000)));
        for (long now = 1_000; now < 20_000; now += 1_000) {
            step(new PeerRenewed(at(now)));
            assertThat(step(new Tick(at(now + SIGN_OF_LIFE - 1)))).isEmpty();
        }
        assertThat(step(new Tick(at(19_000 + SIGN_OF_LIFE)))).isNotEmpty();
    }

    @Test
    void whoWasCutOffDoesNotTakeItsOwnSilenceForTheActives() {
        standBy("h1", "h2");
        step(new PeerLost(at(1_000)));
        learn(8, new Solo(PEER), volumes("h2"));
        assertThat(step(new Tick(at(15_000)))).isEmpty();
        learn(9, new Solo(PEER), volumes("h1", "h2"));
        assertThat(step(new Tick(at(15_005)))).isEmpty();
        assertThat(step(new Tick(at(15_004 + SIGN_OF_LIFE)))).isEmpty();
        assertThat(step(new Tick(at(15_005 + SIGN_OF_LIFE)))).isNotEmpty();
    }

    @Test
    void anActiveThatWasNeverHeardIsTakenOverLast() {
        learn(7, new Solo(PEER), volumes("h1", "h2"));
        step(new ReplicasFound(List.of(disk(0), disk(1))));
        long due = TIMING.bootClaimAfter().toMillis();
        assertThat(step(new Tick(at(due - 1)))).isEmpty();
        assertThat(step(new Tick(at(due)))).isNotEmpty();
    }

    @Test
    void aTakeoverIsGivenUpWhenTheActiveIsBackOrWhenThisDiskFails() {
        take();
        step(new PeerHeard(H2, PEER.life(), at(1_500)));
        assertThat(state.part()).isEqualTo(new Part.Idle());
        take();
        step(new ReplicasFound(List.of()));
        assertThat(state.part()).isEqualTo(new Part.Idle());
    }

    @Test
    void aTakeoverThatLandsAfterItWasGivenUpIsCarriedThrough() {
        take();
        step(new PeerHeard(H2, PEER.life(), at(1_500)));
        learn(8, new Solo(SELF), volumes("h1"));
        assertThat(step(new Tick(at(1_520)))).containsExactly(new OutwaitLease(8));
    }

    @Test
    void whoLosesTheRaceForATakeoverStaysOutOfIt() {
        take();
        learn(8, new Solo(PEER), volumes("h2"));
        assertThat(state.part()).isEqualTo(new Part.Idle());
        assertThat(step(new Tick(at(60_000)))).isEmpty();
    }

    // ---- the lease of the former active is waited for ----

    @Test
    void theGuestIsBootedWhenNoLeaseOfTheFormerActiveCanRun() {
        take();
        assertThat(learn(8, new Solo(SELF), volumes("h1")))
                .containsExactly(new ApplyInSync(view(8, new Solo(SELF), volumes("h1"))), new OutwaitLease(8));
        assertThat(step(new Tick(at(60_000)))).isEmpty();
        assertThat(step(new LeaseOutwaited(8))).containsExactly(new BootGuest());
    }

    @Test
    void aGuestThatDiesAfterTheWaitIsBootedAtOnce() {
        take();
        learn(8, new Solo(SELF), volumes("h1"));
        step(new LeaseOutwaited(8));
        step(new GuestRunning(at(5_000)));
        step(new GuestGone(at(6_000)));
        assertThat(step(new Tick(at(60_000)))).containsExactly(new BootGuest());
    }

    @Test
    void aNewLifeOfTheTakerWaitsAgainInFull() {
        learn(8, new Solo(SELF_BEFORE), volumes("h1"));
        step(new ReplicasFound(List.of(disk(0), disk(1))));
        assertProposed(9, new Solo(SELF), volumes("h1"), step(new Tick(at(20))));
        assertThat(learn(9, new Solo(SELF), volumes("h1"))).endsWith(new OutwaitLease(9));
    }

    @Test
    void aWaitForAnEarlierViewIsNoneForALaterOne() {
        take();
        learn(8, new Solo(SELF), volumes("h1"));
        learn(9, new Solo(PEER), volumes("h2"));
        learn(10, new Solo(SELF), volumes("h1"));
        assertThat(step(new Tick(at(2_000)))).containsExactly(new OutwaitLease(10));
        assertThat(step(new LeaseOutwaited(8))).isEmpty();
        assertThat(step(new LeaseOutwaited(10))).containsExactly(new BootGuest());
    }

    @Test
    void aVmThatNobodyRanIsBootedAtOnce() {
        learn(7, new Stopped(), volumes("h1", "h2"));
        step(new PeerHeard(H2, PEER.life(), at(0)));
        step(new ReplicasFound(List.of(disk(0), disk(1))));
        step(new Tick(at(20)));
        assertThat(learn(8, new Solo(SELF), volumes("h1"))).endsWith(new BootGuest());
    }

    @Test
    void aStoppedViewThatIsNotTheLastOneSaysNothing() {
        learn(7, new Stopped(), volumes("h1", "h2"));
        step(new ReplicasFound(List.of(disk(0), disk(1))));
        learn(9, new Solo(SELF), volumes("h1"));
        assertThat(step(new Tick(at(20)))).containsExactly(new OutwaitLease(9));
    }

    @Test
    void aGuestThatAnEarlierLifeBootedIsTakenUpAtOnce() {
        step(new GuestFound());
        learn(8, new Solo(SELF_BEFORE), volumes("h1"));
        step(new ReplicasFound(List.of(disk(0), disk(1))));
        assertThat(learn(9, new Solo(SELF), volumes("h1"))).endsWith(new AdoptGuest());
    }

    @Test
    void aVmIsSaidToBeStoppedOnlyWhenNoFormerActiveCanLetAnythingOut() {
        take();
        learn(8, new Solo(SELF), volumes("h1"));
        wanted = false;
        assertThat(relearn(8, new Solo(SELF), volumes("h1"))).isEmpty();
        assertProposed(9, new Stopped(), volumes("h1"), step(new LeaseOutwaited(8)));
    }

    // ---- when the active needs a lease ----

    @Test
    void anActiveNeedsALeaseWhileAnotherHostCouldTakeOver() {
        run(volumes("h1"));
        assertThat(state.needsLease(SELF)).isFalse();
        learn(
                4,
                new Solo(SELF),
                List.of(volumes("h1", "h2").getFirst(), volumes("h1").getLast()));
        assertThat(state.needsLease(SELF)).as("a disk is missing there").isFalse();
        learn(5, new Solo(SELF), volumes("h1", "h2"));
        assertThat(state.needsLease(SELF)).isTrue();
        learn(6, new Solo(SELF), volumes("h1"));
        assertThat(state.needsLease(SELF)).isFalse();
    }

    @Test
    void aDeposedActiveNeedsOneStill() {
        run(volumes("h1", "h2"));
        learn(4, new Solo(PEER), volumes("h2"));
        assertThat(state.needsLease(SELF)).isTrue();
    }

    @Test
    void itNeedsOneAsSoonAsItHasAskedForSuchAView() {
        run(List.of(volumes("h1", "h2").getFirst(), volumes("h1").getLast()));
        step(new ReplicaCaughtUp(disk(1), H2));
        assertThat(state.needsLease(SELF)).isTrue();
        // What it asked for then may still land, although it asks for something else now.
        step(new ReplicaFailed(disk(1), H2, ""));
        assertThat(state.needsLease(SELF)).isTrue();
        learn(
                4,
                new Solo(SELF),
                List.of(volumes("h1", "h2").getFirst(), volumes("h1").getLast()));
        assertThat(state.needsLease(SELF)).isFalse();
    }

    @Test
    void aVmWithoutDisksNeedsOneAlways() {
        spec = LedgerStateTest.spec("web", Level.RESTART);
        learn(1, new Stopped(), List.of());
        step(new Tick(at(20)));
        learn(2, new Solo(SELF), List.of());
        assertThat(state.needsLease(SELF)).isTrue();
    }

    @Test
    void whatIsAllInMemoryNeedsNone() {
        spec = LedgerStateTest.spec("web", Level.SYSTEM);
        learn(1, new Stopped(), List.of());
        learn(2, new Solo(SELF), List.of());
        assertThat(state.needsLease(SELF)).isFalse();
    }

    // ---- a dead disk at level restart ----

    @Test
    void atLevelRestartAVmLeavesADeadDisk() {
        spec = LedgerStateTest.spec("db", Level.RESTART, "1G", "2G");
        run(volumes("h1", "h2"));
        List<ViewEffect> effects = step(new ReplicaFailed(disk(0), H1, "dead"));
        assertThat(effects).first().isInstanceOf(KillGuest.class);
        List<VolumeView> left =
                List.of(volumes("h2").getFirst(), volumes("h1", "h2").getLast());
        assertProposed(4, new Stopped(), left, effects);
        learn(4, new Stopped(), left);
        assertThat(step(new Tick(at(60_000)))).as("it starts at h2 alone").isEmpty();
    }

    @Test
    void itStaysWhereTheOtherDiskIsNotGoodOrItsHostIsNotThere() {
        spec = LedgerStateTest.spec("db", Level.RESTART, "1G", "2G");
        run(List.of(volumes("h1", "h2").getFirst(), volumes("h1").getLast()));
        assertThat(step(new ReplicaFailed(disk(0), H1, "dead"))).noneMatch(KillGuest.class::isInstance);
        learn(4, new Solo(SELF), volumes("h1", "h2"));
        step(new PeerLost(at(1_000)));
        assertThat(step(new ReplicaFailed(disk(1), H1, "dead"))).noneMatch(KillGuest.class::isInstance);
        assertThat(state.part()).isEqualTo(new Part.Running());
    }

    @Test
    void atLevelComponentItIsServedThroughTheOtherHost() {
        run(volumes("h1", "h2"));
        List<ViewEffect> effects = step(new ReplicaFailed(disk(0), H1, "dead"));
        assertProposed(
                4,
                new Solo(SELF),
                List.of(volumes("h2").getFirst(), volumes("h1", "h2").getLast()),
                effects);
    }

    /// Whoever was overruled may not have heard of it.
    @Test
    void whereAStartWasForcedTheGuestIsBootedOnlyWhenNoLeaseCanRun() {
        standBy("h2");
        List<VolumeView> forced = volumes("h1").stream()
                .map(it -> it.replaced(H2, UUID.randomUUID()))
                .toList();
        learn(8, new Stopped(), forced);
        step(new ReplicasFound(List.of(disk(0), disk(1))));
        assertProposed(9, new Solo(SELF), forced, step(new Tick(at(1_000))));
        assertThat(learn(9, new Solo(SELF), forced))
                .contains(new ViewEffect.OutwaitLease(9))
                .doesNotContain(new ViewEffect.BootGuest());
        assertThat(step(new ViewInput.LeaseOutwaited(9))).contains(new ViewEffect.BootGuest());
    }

    // ---- the words of this test ----

    /// The other host runs the VM in view 7.
    private void standBy(String... inSync) {
        step(new PeerHeard(H2, PEER.life(), at(0)));
        learn(7, new Solo(PEER), volumes(inSync));
        step(new ReplicasFound(List.of(disk(0), disk(1))));
    }

    /// A takeover is asked for in view 8.
    private void take() {
        state = machine.initial(at(0));
        standBy("h1", "h2");
        step(new PeerLost(at(1_000)));
        step(new Tick(at(1_000 + CLAIM)));
        assertThat(state.part()).isEqualTo(new Part.Taking());
    }

    private void assertNothingIsTaken() {
        step(new PeerLost(at(1_000)));
        assertThat(step(new Tick(at(100_000)))).isEmpty();
    }

    /// Runs it here under view 3.
    private void run(List<VolumeView> volumes) {
        step(new PeerHeard(H2, PEER.life(), at(0)));
        learn(1, new Stopped(), volumes("h1", "h2"));
        step(new ReplicasFound(List.of(disk(0), disk(1))));
        step(new Tick(at(20)));
        learn(2, new Solo(SELF), volumes("h1"));
        step(new GuestRunning(at(300)));
        learn(3, new Solo(SELF), volumes);
        assertThat(state.part()).isInstanceOf(Part.Running.class);
    }

    private VolumeId disk(int number) {
        return spec.disks().get(number).id();
    }

    private List<VolumeView> volumes(String... hosts) {
        return LedgerStateTest.volumes(spec, hosts);
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
                VmRecord known = state.known().orElseThrow();
                assertThat(Transitions.refusal(known, view))
                        .as(input + ": " + view)
                        .isEmpty();
            }
        }
        return step.effects();
    }

    private static Moment at(long millis) {
        return new Moment(Duration.ofMillis(millis).toNanos());
    }
}
