package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.Level;
import understudy.model.Life;
import understudy.model.Moment;
import understudy.model.Placement;
import understudy.model.Placement.Paired;
import understudy.model.Placement.Solo;
import understudy.model.Placement.Stopped;
import understudy.model.PlacementRule;
import understudy.model.PlacementRule.Kind;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmName;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.model.VolumeReplica;
import understudy.model.VolumeView;
import understudy.protocol.LedgerAnswer.Accepted;
import understudy.protocol.LedgerAnswer.Conflict;
import understudy.protocol.LedgerAnswer.Refused;
import understudy.protocol.LedgerCommand.ChangePair;
import understudy.protocol.LedgerCommand.ChangeView;
import understudy.protocol.LedgerCommand.CreateVm;
import understudy.protocol.LedgerCommand.Maintain;
import understudy.protocol.LedgerCommand.MoveVm;
import understudy.protocol.LedgerCommand.RegisterHost;
import understudy.protocol.LedgerCommand.SetRule;
import understudy.protocol.LedgerCommand.SetWanted;

/// A host that comes in the place of another: as the ledger decides it, and as the hosts take it.
class PairingTest {
    private static final Replica H1 = LedgerStateTest.replica("h1");
    private static final Replica H2 = LedgerStateTest.replica("h2");
    private static final Replica H3 = LedgerStateTest.replica("h3");
    private static final HostName N1 = H1.host();
    private static final HostName N2 = H2.host();
    private static final HostName N3 = H3.host();
    private static final Duration PATIENCE = Duration.ofMinutes(30);

    private final VmSpec db = LedgerStateTest.spec("db", Level.COMPONENT, "1G", "2G");
    private final List<VolumeView> both = LedgerStateTest.volumes(db, "h1", "h2");
    private final List<VolumeView> here = LedgerStateTest.volumes(db, "h1");
    private LedgerState state = LedgerState.empty();

    @BeforeEach
    void begin() {
        for (String host : List.of("h1", "h2", "h3", "h4")) {
            state = state.apply(new RegisterHost(host(host, 16, HostRecord.Role.HOST)))
                    .state();
        }
        apply(new CreateVm(db, true, new View(1, new Stopped(), both, UUID.randomUUID())));
        apply(view(2, new Solo(H1), both));
    }

    // ---- the ledger ----

    @Test
    void whoRunsAVmAloneGetsAnotherHostWhichBeginsWithNothing() {
        apply(view(3, new Solo(H1), here));
        ChangePair change = change(3, H1, "h3");
        assertThat(apply(change)).isInstanceOf(Accepted.class);
        VmRecord vm = vm();
        assertThat(vm.spec().hosts()).containsExactly(N1, N3);
        assertThat(vm.view().number()).isEqualTo(4);
        assertThat(vm.view().placement()).isEqualTo(new Solo(H1));
        assertThat(vm.view().isInSync(N1)).isTrue();
        for (int i = 0; i < 2; i++) {
            VolumeView volume = vm.view().volumes().get(i);
            assertThat(volume.replicas())
                    .containsExactly(
                            here.get(i).on(N1).orElseThrow(),
                            new VolumeReplica(N3, change.replicas().get(i), false, true));
        }

        assertThat(apply(change)).as("again").isInstanceOf(Accepted.class);
        assertThat(vm()).isEqualTo(vm);
        assertThat(apply(change(3, H1, "h4"))).isInstanceOf(Conflict.class);
        apply(view(5, new Solo(H1), mapped(it -> it.replaced(N3, UUID.randomUUID()))));
        apply(view(6, new Solo(H1), mapped(it -> it.with(N3))));
        assertThat(vm().view().isWhole()).isTrue();
        assertThat(vm().view().volumes()).allMatch(it -> it.replicas().stream().noneMatch(VolumeReplica::fresh));
    }

    @Test
    void aVmThatIsToBeMovedElsewhereGetsThatHostFirst() {
        apply(new MoveVm(db.id(), Optional.of(N3)));
        assertThat(vm().replaced()).contains(N2);
        assertThat(vm().isCopied()).as("its standby is given up").isFalse();
        assertThat(Pairing.isForMove(vm(), H1)).as("both have all").isFalse();
        apply(view(3, new Solo(H1), here));
        assertThat(Pairing.isForMove(vm(), H2)).isFalse();
        assertThat(Pairing.isForMove(vm(), H1)).isTrue();
        assertThat(Pairing.candidate(state, vm(), _ -> true, _ -> true)).contains(N3);
        assertThat(Pairing.candidate(state, vm(), up -> !up.equals(N3), _ -> true))
                .as("no other one")
                .isEmpty();
        assertThat(Pairing.candidate(state, vm(), _ -> true, it -> !it.name().equals(N3)))
                .isEmpty();
        assertRefused("moves-elsewhere", change(3, H1, "h4"));
        apply(change(3, H1, "h3"));
        assertThat(vm().spec().hosts()).containsExactly(N1, N3);
        assertThat(vm().destination()).contains(N3);
        assertThat(vm().replaced()).isEmpty();
        assertThat(vm().isCopied()).as("to be moved").isTrue();
        assertThat(vm().view().placement()).isEqualTo(new Solo(H1));
    }

    @Test
    void aHostThatHasAllAloneIsNotGivenUpForAMove() {
        apply(new MoveVm(db.id(), Optional.of(N3)));
        apply(view(3, new Solo(H1), mapped(it -> it.keeping(N2::equals))));
        assertThat(vm().replaced()).isEmpty();
        assertThat(Pairing.isForMove(vm(), H1)).isFalse();
        apply(new MoveVm(db.id(), Optional.empty()));
        assertRefused("host-not-in-sync", new MoveVm(db.id(), Optional.of(N3)));
    }

    @Test
    void aHostThatCannotTakeTheVmIsNoDestination() {
        assertRefused("no-such-host", new MoveVm(db.id(), Optional.of(new HostName("h9"))));
        apply(new LedgerCommand.Maintain(N3, true));
        assertRefused("host-in-maintenance", new MoveVm(db.id(), Optional.of(N3)));
    }

    /// Whoever says where to is right, and may say that it is to stay: the other host is needed then.
    @Test
    void aVmOfAHostInMaintenanceMovesWhereItIsToldTo() {
        apply(new LedgerCommand.Maintain(N1, true));
        assertThat(vm().destination()).contains(N2);
        apply(new MoveVm(db.id(), Optional.of(N3)));
        assertThat(vm().destination()).contains(N3);
        apply(new LedgerCommand.Maintain(N2, true));
        assertThat(vm().destination()).contains(N3);
        apply(new MoveVm(db.id(), Optional.empty()));
        assertThat(vm().destination()).isEmpty();
    }

    /// Whatever it believes, no view of its can follow.
    @Test
    void theFormerHostHasNoPartInTheVmAnyMore() {
        apply(view(3, new Solo(H1), here));
        apply(change(3, H1, "h3"));
        for (Placement next : List.of(new Solo(H2), new Paired(H1, H2))) {
            assertRefused("host-not-of-vm", view(5, next, vm().view().volumes()));
        }
        assertRefused("view-volumes", view(5, new Solo(H1), here));
    }

    @Test
    void aHostThatIsInSyncOrCouldGoOnIsNotReplaced() {
        assertRefused("not-alone", change(2, H1, "h3"));
        apply(view(3, new Paired(H1, H2), both));
        assertRefused("not-alone", change(3, H1, "h3"));
        apply(view(4, new Solo(H1), both));
        apply(new ChangeView(db.id(), 4, new View(5, new Solo(H1), both, UUID.randomUUID(), true)));
        assertRefused("not-alone", change(5, H1, "h3"));
    }

    @Test
    void onlyWhoRunsItInThisLifeWithAllOfItsDisksChangesThePair() {
        apply(view(3, new Solo(H1), here));
        assertRefused("not-alone", change(3, new Replica(N1, new Life(UUID.randomUUID())), "h3"));
        assertRefused("not-alone", change(3, H2, "h3"));
        apply(view(4, new Stopped(), here));
        assertRefused("not-alone", change(4, H1, "h3"));
    }

    @Test
    void whoRunsItThroughTheOtherHostsDiskKeepsThatHost() {
        apply(view(3, new Solo(H1), List.of(LedgerStateTest.volumes(db, "h2").getFirst(), here.getLast())));
        assertRefused("not-alone", change(3, H1, "h3"));
    }

    @Test
    void aHostThatCannotComeIsRefused() {
        apply(view(3, new Solo(H1), here));
        apply(new RegisterHost(host("w1", 16, HostRecord.Role.WITNESS)));
        apply(new RegisterHost(host("h4", 0, HostRecord.Role.HOST)));
        apply(new Maintain(N2, true));
        assertRefused("no-such-host", change(3, H1, "h9"));
        assertRefused("no-such-host", change(3, H1, "w1"));
        assertRefused("host-of-vm", change(3, H1, "h2"));
        assertRefused("no-memory", change(3, H1, "h4"));
        UUID twice = UUID.randomUUID();
        UUID known = here.getLast().on(N1).orElseThrow().id();
        for (List<UUID> replicas : List.of(List.<UUID>of(), List.of(twice, twice), List.of(twice, known))) {
            assertRefused("view-volumes", new ChangePair(db.id(), 3, H1, N3, replicas, UUID.randomUUID()));
        }
        assertThat(apply(new ChangePair(LedgerStateTest.spec("none").id(), 3, H1, N3, List.of(), UUID.randomUUID())))
                .isInstanceOf(Refused.class);
        assertThat(vm().spec().hosts()).containsExactly(N1, N2);
    }

    @Test
    void whatWasToBeMovedToTheFormerHostStays() {
        apply(view(3, new Solo(H1), here));
        apply(new MoveVm(db.id(), Optional.of(N2)));
        apply(change(3, H1, "h3"));
        assertThat(vm().destination()).isEmpty();
        apply(new Maintain(N1, true));
        assertThat(vm().destination()).contains(N3);
    }

    /// Nobody may say so but by a change of the pair: a host makes such a replica without asking.
    @Test
    void aReplicaThatWasMadeIsNotToBeMadeAgain() {
        apply(view(3, new Solo(H1), here));
        List<VolumeView> unmade = here.stream()
                .map(it -> it.moved(N2, N2, it.on(N2).orElseThrow().id()))
                .toList();
        assertRefused("replica-out-of-turn", view(4, new Solo(H1), unmade));
    }

    @Test
    void whereHostsStandAtTwoSitesTheOneToComeIsAtAnotherThanTheActive() {
        apply(view(3, new Solo(H1), here));
        for (String host : List.of("h1", "h3")) {
            apply(new RegisterHost(host(host, 16, HostRecord.Role.HOST, Optional.of("north"))));
        }
        for (String host : List.of("h2", "h4")) {
            apply(new RegisterHost(host(host, 4, HostRecord.Role.HOST, Optional.of("south"))));
        }
        assertThat(candidate(_ -> true)).contains(new HostName("h4"));
        assertThat(candidate(host -> !host.value().equals("h4"))).isEmpty();
    }

    @Test
    void theHostThatIsUsedLeastIsTheOneToCome() {
        apply(view(3, new Solo(H1), here));
        apply(new RegisterHost(host("h3", 4, HostRecord.Role.HOST)));
        assertThat(candidate(_ -> true)).contains(new HostName("h4"));
        assertThat(candidate(host -> host.value().equals("h3"))).contains(N3);
        assertThat(candidate(host -> host.value().equals("h2"))).isEmpty();
        apply(new Maintain(new HostName("h4"), true));
        assertThat(candidate(_ -> true)).contains(N3);
    }

    @Test
    void theHostThatSuitsTheRulesComesBeforeOneThatIsUsedLess() {
        apply(view(3, new Solo(H1), here));
        apply(new RegisterHost(host("h3", 4, HostRecord.Role.HOST)));
        VmName name = vm().spec().name();
        VmSpec near = LedgerStateTest.spec("near").moved(N2, N3);
        apply(new CreateVm(near, true, new View(1, new Stopped(), UUID.randomUUID())));
        apply(new SetRule(PlacementRule.of(Kind.TOGETHER, name, near.name()), true));
        assertThat(candidate(_ -> true)).contains(N3);
        apply(new SetRule(PlacementRule.of(Kind.APART, name, near.name()), true));
        assertThat(state.rules()).as("one for any two").hasSize(1);
        assertThat(candidate(_ -> true)).contains(new HostName("h4"));
        assertThat(candidate(N3::equals)).as("better than none").contains(N3);
    }

    private Optional<HostName> candidate(Predicate<HostName> isUp) {
        return Pairing.candidate(state, vm(), isUp, _ -> true);
    }

    // ---- time ----

    @Test
    void timeRunsFromWhenTheVmWasWholeLastHoweverTheOtherHostComesAndGoes() {
        VmRecord whole = vm();
        apply(view(3, new Solo(H1), here));
        PairWatch watch = PairWatch.NOTHING.seen(whole, H1, true, false, at(0));
        assertThat(watch).isEqualTo(PairWatch.NOTHING);
        watch = away(away(watch, 1).seen(vm(), H1, true, false, at(20)), 25);
        assertThat(watch.isDue(vm(), PATIENCE, at(30))).isFalse();
        assertThat(watch.isDue(vm(), PATIENCE, at(31))).isTrue();
        assertThat(watch.seen(whole, H1, true, false, at(31)).isDue(whole, PATIENCE, at(99)))
                .as("it is back, whole")
                .isFalse();
        apply(change(3, H1, "h3"));
        assertThat(away(watch, 32).isDue(vm(), PATIENCE, at(61)))
                .as("the new one has its own time")
                .isFalse();
    }

    @Test
    void aHostThatGetsWhatItLacksIsWaitedForAlsoWhereThatIsInterrupted() {
        apply(view(3, new Solo(H1), here));
        PairWatch watch = away(PairWatch.NOTHING, 0).seen(vm(), H1, true, false, at(29));
        assertThat(watch.isDue(vm(), PATIENCE, at(30)))
                .as("it came back a minute ago")
                .isFalse();
        watch = watch.seen(vm(), H1, true, true, at(90));
        assertThat(away(watch, 91).isDue(vm(), PATIENCE, at(91)))
                .as("its link broke just now")
                .isFalse();
        assertThat(away(watch, 91).isDue(vm(), PATIENCE, at(92))).isTrue();
    }

    /// Its disk fills up every time, or its link breaks; copies that last are another matter.
    @Test
    void aHostThatComesInVainAgainAndAgainIsReplaced() {
        apply(view(3, new Solo(H1), here));
        PairWatch watch = away(PairWatch.NOTHING, 0);
        for (int i = 0; i < 5; i++) {
            watch = away(watch.seen(vm(), H1, true, true, at(30 + i)), 30 + i);
            assertThat(watch.isDue(vm(), PATIENCE, at(30 + i))).as("time %d", i).isFalse();
        }
        PairWatch sixth = away(watch.seen(vm(), H1, true, true, at(40)), 40);
        assertThat(sixth.isDue(vm(), PATIENCE, at(40))).isTrue();

        watch = watch.seen(vm(), H1, true, true, at(40)).seen(vm(), H1, true, true, at(42));
        assertThat(watch.isDue(vm(), PATIENCE, at(42))).as("it goes on").isFalse();
        assertThat(away(watch, 43).isDue(vm(), PATIENCE, at(43))).isFalse();
    }

    /// It could not go on, and might never get the rest.
    @Test
    void aHostThatHasSomeOfTheDisksIsReplacedLikeOneThatHasNone() {
        List<VolumeView> some = List.of(both.getFirst(), here.getLast());
        apply(view(3, new Solo(H1), here));
        PairWatch watch = away(PairWatch.NOTHING, 0);
        apply(view(4, new Solo(H1), some));
        watch = watch.seen(vm(), H1, true, false, at(20));
        assertThat(watch.isDue(vm(), PATIENCE, at(30))).isTrue();
        assertThat(apply(change(4, H1, "h3"))).isInstanceOf(Accepted.class);
        assertThat(vm().view().volumes()).allMatch(it -> it.inSync().equals(List.of(N1)));
    }

    /// Being heard is not enough where it is to have an image of the guest.
    @Test
    void aHostThatNeverGetsACopyOfTheGuestIsReplaced() {
        VmSpec web = LedgerStateTest.spec("web");
        apply(new CreateVm(web, true, new View(1, new Stopped(), UUID.randomUUID())));
        apply(new ChangeView(web.id(), 1, new View(2, new Solo(H1), UUID.randomUUID())));
        VmRecord vm = state.vm(web.id()).orElseThrow();
        PairWatch watch = PairWatch.NOTHING.seen(vm, H1, true, false, at(0)).seen(vm, H1, true, false, at(30));
        assertThat(watch.isDue(vm, PATIENCE, at(30))).isTrue();
        assertThat(watch.seen(vm, H1, true, true, at(30)).isDue(vm, PATIENCE, at(31)))
                .as("a copy is under way")
                .isFalse();
    }

    @Test
    void nobodyIsReplacedInAVmThatIsToStopOrThatAnotherRuns() {
        apply(view(3, new Solo(H1), here));
        assertThat(PairWatch.NOTHING.seen(vm(), H2, false, false, at(0))).isEqualTo(PairWatch.NOTHING);
        assertThat(PairWatch.NOTHING.seen(vm(), new Replica(N1, H2.life()), false, false, at(0)))
                .as("an earlier life")
                .isEqualTo(PairWatch.NOTHING);
        apply(new SetWanted(db.id(), false));
        assertThat(away(PairWatch.NOTHING, 0)).isEqualTo(PairWatch.NOTHING);
    }

    private PairWatch away(PairWatch watch, long minutes) {
        return watch.seen(vm(), H1, false, false, at(minutes));
    }

    // ---- the hosts ----

    @Test
    void theActiveKnowsNothingOfTheHostThatComesAndHearsNothingOfTheFormerOne() {
        List<ViewInput> before = new ArrayList<>();
        before.add(new ViewInput.PeerHeard(N2, H2.life(), at(0)));
        Machine active = new Machine(H1, before);
        apply(view(3, new Solo(H1), here));
        active.learnAndRun(vm());
        apply(change(3, H1, "h3"));
        active.step(new ViewInput.RecordLearnt(vm()));
        assertThat(active.state.peer()).isInstanceOf(PeerState.Unknown.class);
        assertThat(active.state.part()).isInstanceOf(Part.Running.class);
        for (ViewInput late : List.of(
                new ViewInput.ReplicaCaughtUp(db.disks().getFirst().id(), N2),
                new ViewInput.ReplicaReplaced(db.disks().getFirst().id(), N2, UUID.randomUUID()),
                new ViewInput.ReplicaFailed(db.disks().getFirst().id(), N2, "it is lost"))) {
            assertThat(active.step(late)).isEmpty();
        }
        assertThat(active.step(
                        new ViewInput.ReplicaCaughtUp(db.disks().getFirst().id(), N3)))
                .hasAtLeastOneElementOfType(ViewEffect.Propose.class);
    }

    @Test
    void aCopyToTheFormerHostEndsAndOneToTheNewHostBeginsWhenItIsHeard() {
        VmSpec web = LedgerStateTest.spec("web");
        apply(new CreateVm(web, true, new View(1, new Stopped(), UUID.randomUUID())));
        apply(new ChangeView(web.id(), 1, new View(2, new Solo(H1), UUID.randomUUID())));
        Machine active = new Machine(H1, List.of(new ViewInput.PeerHeard(N2, H2.life(), at(0))));
        active.learnAndRun(state.vm(web.id()).orElseThrow());
        active.step(new ViewInput.Tick(at(2)));
        assertThat(active.state.part()).isEqualTo(new Part.Copying(H2));
        apply(new ChangePair(web.id(), 2, H1, N3, List.of(), UUID.randomUUID()));
        assertThat(active.step(new ViewInput.RecordLearnt(state.vm(web.id()).orElseThrow())))
                .containsExactly(new ViewEffect.CloseStream(), new ViewEffect.OpenGate());
        assertThat(active.step(new ViewInput.Tick(at(3)))).isEmpty();
        active.step(new ViewInput.PeerHeard(N3, H3.life(), at(4)));
        assertThat(active.step(new ViewInput.Tick(at(5)))).containsExactly(new ViewEffect.StartCopy(H3, 3));
    }

    @Test
    void theFormerHostDropsItsImageAndDoesNothingUntilItIsOneOfTheVmsAgain() {
        VmSpec web = LedgerStateTest.spec("web");
        apply(new CreateVm(web, true, new View(1, new Stopped(), UUID.randomUUID())));
        apply(new ChangeView(web.id(), 1, new View(2, new Solo(H1), UUID.randomUUID())));
        Machine former = new Machine(H2, List.of(new ViewInput.PeerHeard(N1, H1.life(), at(0))));
        former.step(new ViewInput.RecordLearnt(state.vm(web.id()).orElseThrow()));
        former.step(new ViewInput.StreamOffered(H1, 2));
        former.step(new ViewInput.ImageCompleted());
        assertThat(former.state.part()).isInstanceOf(Part.Holding.class);

        apply(new ChangePair(web.id(), 2, H1, N3, List.of(), UUID.randomUUID()));
        VmRecord without = state.vm(web.id()).orElseThrow();
        assertThat(former.step(new ViewInput.RecordLearnt(without))).contains(new ViewEffect.DropImage());
        former.step(new ViewInput.PeerLost(at(10)));
        assertThat(former.step(new ViewInput.Tick(at(100)))).isEmpty();
        assertThat(former.step(new ViewInput.StreamOffered(H1, 3)))
                .hasOnlyElementsOfType(ViewEffect.RefuseStream.class)
                .hasSize(1);
        assertThat(former.state.part()).isEqualTo(new Part.Idle());

        apply(new ChangePair(web.id(), 3, H1, N2, List.of(), UUID.randomUUID()));
        former.step(new ViewInput.RecordLearnt(state.vm(web.id()).orElseThrow()));
        former.step(new ViewInput.RecordLearnt(without));
        assertThat(former.step(new ViewInput.StreamOffered(H1, 4))).contains(new ViewEffect.AcceptStream());
    }

    /// Cut off, it may believe that it runs the VM.
    @Test
    void aGuestOfTheFormerHostIsEnded() {
        Machine former = new Machine(H2, List.of(new ViewInput.GuestFound()));
        apply(view(3, new Solo(H1), here));
        apply(change(3, H1, "h3"));
        assertThat(former.step(new ViewInput.RecordLearnt(vm())))
                .hasAtLeastOneElementOfType(ViewEffect.KillGuest.class)
                .doesNotHaveAnyElementsOfTypes(ViewEffect.ApplyInSync.class, ViewEffect.RemoveReplicas.class);
        assertThat(former.state.part()).isEqualTo(new Part.Idle());
    }

    /// One host's machine.
    private static final class Machine {
        private final ViewMachine machine;
        private ViewState state;

        Machine(Replica self, List<ViewInput> before) {
            machine = new ViewMachine(self, ViewMachine.Timing.DEFAULT);
            state = machine.initial(at(0));
            before.forEach(this::step);
        }

        List<ViewEffect> step(ViewInput input) {
            Step<ViewState, ViewEffect> step = machine.step(state, input);
            state = step.state();
            return step.effects();
        }

        /// From being told that it is to run, to running.
        void learnAndRun(VmRecord vm) {
            step(new ViewInput.RecordLearnt(vm));
            state = state.with(new Part.Running());
        }
    }

    // ---- the words of this test ----

    private static HostRecord host(String name, int gibibytes, HostRecord.Role role) {
        return host(name, gibibytes, role, Optional.empty());
    }

    private static HostRecord host(String name, int gibibytes, HostRecord.Role role, Optional<String> site) {
        return new HostRecord(
                new HostName(name),
                role,
                new Life(UUID.randomUUID()),
                "http://192.0.2.1:7800",
                new ByteSize((long) gibibytes << 30),
                4,
                "7.2.22",
                List.of("pc-q35-7.2"),
                List.of("qemu64"),
                "tcg",
                List.of(),
                site);
    }

    private VmRecord vm() {
        return state.vm(db.id()).orElseThrow();
    }

    private List<VolumeView> mapped(UnaryOperator<VolumeView> change) {
        return vm().view().volumes().stream().map(change).toList();
    }

    private ChangeView view(long number, Placement placement, List<VolumeView> volumes) {
        return new ChangeView(db.id(), number - 1, new View(number, placement, volumes, UUID.randomUUID()));
    }

    private ChangePair change(long expected, Replica by, String to) {
        return new ChangePair(
                db.id(),
                expected,
                by,
                new HostName(to),
                List.of(UUID.randomUUID(), UUID.randomUUID()),
                UUID.randomUUID());
    }

    private LedgerAnswer apply(LedgerCommand command) {
        LedgerState.Applied applied = state.apply(command);
        state = applied.state();
        return applied.answer();
    }

    private void assertRefused(String code, LedgerCommand command) {
        assertThat(state.apply(command).answer())
                .isInstanceOfSatisfying(
                        Refused.class, it -> assertThat(it.problem().code()).isEqualTo(code));
    }

    private static Moment at(long minutes) {
        return new Moment(Duration.ofMinutes(minutes).toNanos());
    }
}
