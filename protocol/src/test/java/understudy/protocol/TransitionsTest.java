package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
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

    @Test
    void onlyAVmOfLevelSystemIsPaired() {
        VmRecord vm = new VmRecord(
                LedgerStateTest.spec("web", Level.COMPONENT), true, new View(7, new Solo(A), UUID.randomUUID()));
        assertThat(Transitions.refusal(vm, new View(8, new Paired(A, S), UUID.randomUUID())))
                .map(Problem::code)
                .contains("view-out-of-turn");
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
