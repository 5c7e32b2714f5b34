package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import understudy.model.Level;
import understudy.model.Placement;
import understudy.model.Placement.Paired;
import understudy.model.Placement.Solo;
import understudy.model.Placement.Stopped;
import understudy.model.Problem;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.model.VolumeView;

class TransitionsTest {
    private static final Replica A = LedgerStateTest.replica("h1");
    private static final Replica A2 = LedgerStateTest.replica("h1");
    private static final Replica S = LedgerStateTest.replica("h2");
    private static final Replica S2 = LedgerStateTest.replica("h2");

    private static final List<Placement> ALL = List.of(
            new Stopped(),
            new Solo(A),
            new Solo(A2),
            new Solo(S),
            new Solo(S2),
            new Paired(A, S),
            new Paired(A2, S),
            new Paired(A, S2),
            new Paired(S, A));

    @Test
    void aStoppedVmStartsAlone() {
        assertAllowed(new Stopped(), new Solo(A), new Solo(A2), new Solo(S), new Solo(S2));
    }

    @Test
    void aSoloVmStaysOnItsHostIsPairedByTheReplicaThatRunsOrStops() {
        assertAllowed(new Solo(A), new Solo(A), new Solo(A2), new Paired(A, S), new Paired(A, S2), new Stopped());
    }

    @Test
    void aPairBecomesSoloOnEitherHostOrStops() {
        assertAllowed(new Paired(A, S), new Solo(A), new Solo(A2), new Solo(S), new Solo(S2), new Stopped());
    }

    /// It may have been asked for before its active heard of a lower level.
    @Test
    void aVmWithDisksMayBePairedAtAnyLevel() {
        VmSpec spec = LedgerStateTest.spec("db", Level.COMPONENT, "1G");
        List<VolumeView> both = LedgerStateTest.volumes(spec, "h1", "h2");
        List<VolumeView> there = LedgerStateTest.volumes(spec, "h2");
        assertThat(follows(spec, new Solo(A), both, new Paired(A, S), both)).isEmpty();
        assertThat(follows(spec, new Paired(A, S), both, new Paired(A, S), there))
                .isEmpty();
        assertThat(follows(spec, new Paired(A, S), both, new Solo(A), both)).isEmpty();
    }

    @Test
    void aVmWithoutDisksIsPairedAtLevelSystemOnly() {
        VmRecord vm = new VmRecord(
                LedgerStateTest.spec("web", Level.COMPONENT), true, new View(7, new Solo(A), UUID.randomUUID()));
        assertThat(Transitions.refusal(vm, new View(8, new Paired(A, S), UUID.randomUUID())))
                .map(Problem::code)
                .contains("view-out-of-turn");
    }

    @Test
    void belowLevelSystemAHostThatHasAllDisksTakesOverAndItsDisksCountAlone() {
        VmSpec spec = LedgerStateTest.spec("db", Level.COMPONENT, "1G", "2G");
        List<VolumeView> both = LedgerStateTest.volumes(spec, "h1", "h2");
        List<VolumeView> here = LedgerStateTest.volumes(spec, "h1");
        List<VolumeView> there = LedgerStateTest.volumes(spec, "h2");
        assertThat(taken(spec, both, there)).isEmpty();
        assertThat(taken(spec, both, both)).contains("host-not-in-sync");
        assertThat(taken(spec, both, here)).contains("host-not-in-sync");
        assertThat(taken(spec, List.of(both.getFirst(), here.getLast()), there)).contains("host-not-in-sync");
        assertThat(taken(spec, List.of(here.getFirst(), there.getLast()), there))
                .contains("host-not-in-sync");
        assertThat(taken(LedgerStateTest.spec("web", Level.RESTART), List.of(), List.of()))
                .isEmpty();
    }

    @Test
    void atLevelSystemAHostThatHasAllDisksBootsWhatNobodyHoldsAnImageOf() {
        VmSpec spec = LedgerStateTest.spec("db", Level.SYSTEM, "1G", "2G");
        List<VolumeView> both = LedgerStateTest.volumes(spec, "h1", "h2");
        List<VolumeView> there = LedgerStateTest.volumes(spec, "h2");
        assertThat(taken(spec, both, there)).isEmpty();
        assertThat(taken(spec, both, both)).contains("host-not-in-sync");
        assertThat(taken(LedgerStateTest.spec("web", Level.SYSTEM), List.of(), List.of()))
                .contains("host-not-in-sync");
    }

    @Test
    void inEveryPairTheStandbyHasAllDisks() {
        VmSpec spec = LedgerStateTest.spec("db", Level.SYSTEM, "1G", "2G");
        List<VolumeView> both = LedgerStateTest.volumes(spec, "h1", "h2");
        List<VolumeView> there = LedgerStateTest.volumes(spec, "h2");
        List<VolumeView> half =
                List.of(both.getFirst(), LedgerStateTest.volumes(spec, "h1").getLast());
        Paired pair = new Paired(A, S);
        assertThat(follows(spec, new Solo(A), both, pair, both)).isEmpty();
        assertThat(follows(spec, new Solo(A), there, pair, there)).isEmpty();
        assertThat(follows(spec, new Solo(A), half, pair, half)).contains("host-not-in-sync");
        assertThat(follows(spec, new Solo(A), both, pair, half)).contains("host-not-in-sync");
        assertThat(follows(spec, pair, both, pair, there)).isEmpty();
        assertThat(follows(spec, pair, both, pair, both)).isEmpty();
        assertThat(follows(spec, pair, there, pair, both)).isEmpty();
        assertThat(follows(spec, pair, both, pair, half)).contains("host-not-in-sync");
        assertThat(follows(spec, pair, both, new Paired(A, S2), both)).contains("view-out-of-turn");
    }

    @Test
    void whoFollowsAPairOnTheOtherHostGoesOnWithItsOwnDisksAlone() {
        VmSpec spec = LedgerStateTest.spec("db", Level.SYSTEM, "1G", "2G");
        List<VolumeView> both = LedgerStateTest.volumes(spec, "h1", "h2");
        List<VolumeView> here = LedgerStateTest.volumes(spec, "h1");
        List<VolumeView> there = LedgerStateTest.volumes(spec, "h2");
        Paired pair = new Paired(A, S);
        for (Replica next : List.of(S, S2)) {
            assertThat(follows(spec, pair, both, new Solo(next), there)).isEmpty();
            assertThat(follows(spec, pair, both, new Solo(next), both)).contains("host-not-in-sync");
            assertThat(follows(spec, pair, both, new Solo(next), here)).contains("host-not-in-sync");
        }
        assertThat(follows(spec, pair, both, new Solo(A), both)).isEmpty();
    }

    @Test
    void whileASoloGrantStandsOnlyViewsOfTheActivesHostFollow() {
        for (Placement from : List.of(new Paired(A, S), new Solo(A))) {
            VmSpec spec = LedgerStateTest.spec("web", from instanceof Paired ? Level.SYSTEM : Level.RESTART);
            View granted = new View(7, from, List.of(), UUID.randomUUID(), true);
            for (Placement next : List.of(new Stopped(), new Solo(S), new Solo(S2))) {
                assertThat(Transitions.refusal(new VmRecord(spec, true, granted), new View(8, next, UUID.randomUUID())))
                        .map(Problem::code)
                        .contains("solo-grant-stands");
            }
            for (Placement next : List.of(new Solo(A), new Solo(A2), from)) {
                assertThat(Transitions.refusal(new VmRecord(spec, true, granted), new View(8, next, UUID.randomUUID())))
                        .isEmpty();
            }
        }
    }

    @Test
    void aSoloGrantComesOnlyWhereAnotherHostCouldGoOnAndWithNothingElse() {
        assertThat(granted(new Paired(A, S), new Paired(A, S))).isEmpty();
        assertThat(granted(new Solo(A), new Solo(A))).contains("view-out-of-turn");
        assertThat(granted(new Stopped(), new Solo(A))).contains("view-out-of-turn");
        assertThat(granted(new Solo(A), new Paired(A, S))).contains("view-out-of-turn");
        VmSpec spec = LedgerStateTest.spec("db", Level.COMPONENT, "1G", "2G");
        List<VolumeView> both = LedgerStateTest.volumes(spec, "h1", "h2");
        List<VolumeView> here = LedgerStateTest.volumes(spec, "h1");
        assertThat(granted(spec, both, both)).isEmpty();
        assertThat(granted(spec, here, here)).contains("view-out-of-turn");
        assertThat(granted(spec, here, both)).contains("view-out-of-turn");
    }

    private static Optional<String> granted(Placement from, Placement to) {
        VmRecord vm = new VmRecord(LedgerStateTest.spec("web"), true, new View(7, from, UUID.randomUUID()));
        return Transitions.refusal(vm, new View(8, to, List.of(), UUID.randomUUID(), true))
                .map(Problem::code);
    }

    private static Optional<String> granted(VmSpec spec, List<VolumeView> before, List<VolumeView> after) {
        View view = new View(7, new Solo(A), before, UUID.randomUUID());
        return Transitions.refusal(
                        new VmRecord(spec, true, view), view.next(view.placement(), after, UUID.randomUUID(), true))
                .map(Problem::code);
    }

    /// What is said to a claim by h2 of what h1 runs.
    private static Optional<String> taken(VmSpec spec, List<VolumeView> before, List<VolumeView> after) {
        return follows(spec, new Solo(A), before, new Solo(S), after);
    }

    private static Optional<String> follows(
            VmSpec spec, Placement from, List<VolumeView> before, Placement to, List<VolumeView> after) {
        View view = new View(7, from, before, UUID.randomUUID());
        return Transitions.refusal(new VmRecord(spec, true, view), view.next(to, after, UUID.randomUUID()))
                .map(Problem::code);
    }

    private static void assertAllowed(Placement from, Placement... allowed) {
        VmRecord vm = new VmRecord(LedgerStateTest.spec("web"), true, new View(7, from, UUID.randomUUID()));
        for (Placement next : ALL) {
            assertThat(Transitions.refusal(vm, new View(8, next, UUID.randomUUID()))
                            .isEmpty())
                    .as("%s -> %s", from, next)
                    .isEqualTo(List.of(allowed).contains(next));
        }
    }
}
