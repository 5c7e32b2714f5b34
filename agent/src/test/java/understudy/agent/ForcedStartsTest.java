package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import understudy.agent.ReplicaReport.Condition;
import understudy.api.ForceStartPlan;
import understudy.api.HostState;
import understudy.api.VmState;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.model.Placement;
import understudy.model.Problem;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.model.VolumeReplica;
import understudy.model.VolumeView;

/// h1 ran the VM alone in view 9 and is lost; h2 has an older copy.
class ForcedStartsTest {
    private static final HostName H1 = new HostName("h1");
    private static final HostName H2 = new HostName("h2");
    private static final Instant WRITTEN = Instant.parse("2026-11-29T05:12:10Z");

    private final Map<HostName, HostState> states = new TreeMap<>(Map.of(H1, HostState.LOST, H2, HostState.UP));
    private final Map<HostName, VmReport> reports = new TreeMap<>();
    private boolean renews;
    private final ForcedStarts forced = new ForcedStarts(
            host -> states.getOrDefault(host, HostState.LOST),
            _ -> renews,
            (host, _) -> Optional.ofNullable(reports.get(host)));
    private boolean granted;
    private boolean inSyncOnH2;

    ForcedStartsTest() {
        report(H2, VmState.STARTING, Condition.SOUND, false);
    }

    private void report(HostName host, VmState state, Condition condition, boolean isWaiting) {
        reports.put(
                host,
                new VmReport(
                        VolumePair.SPEC.id(),
                        state,
                        false,
                        "",
                        Optional.empty(),
                        Optional.empty(),
                        List.of(new VolumeReport(
                                VolumePair.DISK.id(),
                                isWaiting,
                                "",
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty())),
                        List.of(
                                condition == Condition.UNUSABLE
                                        ? ReplicaReport.unusable(VolumePair.DISK.id())
                                        : new ReplicaReport(
                                                VolumePair.DISK.id(),
                                                condition,
                                                Optional.of(new UUID(2, 2)),
                                                4,
                                                Optional.of(WRITTEN)))));
    }

    private VmRecord record() {
        View view = new View(
                9,
                new Placement.Solo(new Replica(H1, new Life(new UUID(1, 1)))),
                List.of(new VolumeView(
                        VolumePair.DISK.id(),
                        List.of(
                                new VolumeReplica(H1, new UUID(2, 1), true),
                                new VolumeReplica(H2, new UUID(2, 2), inSyncOnH2)))),
                new UUID(3, 3),
                granted);
        return new VmRecord(VolumePair.SPEC, true, view);
    }

    private ForceStartPlan plan() {
        return forced.plan(record(), Optional.empty());
    }

    private String refusal(Optional<HostName> host) {
        return catchThrowableOfType(Problem.Refused.class, () -> forced.plan(record(), host))
                .problem()
                .code();
    }

    @Test
    void thePlanNamesTheOnlyHostAndAllThatMayBeLost() {
        ForceStartPlan plan = plan();
        assertThat(plan.host()).isEqualTo(H2);
        assertThat(plan.view()).isEqualTo(9);
        assertThat(plan.disks()).containsExactly(new ForceStartPlan.DiskCopy("disk0", 4, Optional.of(WRITTEN)));
        assertThat(plan.warnings()).hasSize(3);
        assertThat(plan.warnings().get(0)).contains("up to view 4", "2026-11-29 05:12:10 UTC", "is lost", "mixture");
        assertThat(plan.warnings().get(1)).contains("h1 does not answer", "switched off");
        assertThat(plan.warnings().get(2)).contains("When h1 is back", "overwritten");
    }

    @Test
    void underAGrantItSaysWhoMayHaveGoneOn() {
        granted = true;
        inSyncOnH2 = true;
        assertThat(plan().warnings().getFirst()).contains("h1 may have gone on", "alone");
    }

    @Test
    void whoHasAllNeedsNoForce() {
        inSyncOnH2 = true;
        assertThat(refusal(Optional.empty())).isEqualTo("nothing-to-force");
        assertThat(refusal(Optional.of(H2))).isEqualTo("nothing-to-force");
    }

    @Test
    void aHostThatDoesNotAnswerCannotBeForced() {
        states.put(H2, HostState.LOST);
        assertThat(refusal(Optional.of(H2))).isEqualTo("host-lost");
        assertThat(refusal(Optional.empty())).isEqualTo("name-a-host");
    }

    @Test
    void aVmThatRunsIsLeftAloneUnlessItWaitsForItsDisks() {
        states.put(H1, HostState.UP);
        report(H1, VmState.RUNNING, Condition.UNUSABLE, false);
        assertThat(refusal(Optional.of(H2))).isEqualTo("vm-runs");
        report(H1, VmState.RUNNING, Condition.UNUSABLE, true);
        assertThat(plan().warnings()).anyMatch(text -> text.startsWith("h1 is up"));
    }

    @Test
    void aHostThatIsUpAndHasAllIsNotOverruled() {
        states.put(H1, HostState.UP);
        report(H1, VmState.STARTING, Condition.SOUND, false);
        assertThat(refusal(Optional.of(H2))).isEqualTo("better-host-up");
    }

    @Test
    void aHostThatHasNotSaidThatItsCopyIsLostCountsAsOneThatHasIt() {
        for (HostState state : List.of(HostState.UP, HostState.DOUBTED)) {
            states.put(H1, state);
            assertThat(refusal(Optional.of(H2))).as("%s", state).isEqualTo("better-host-up");
        }
    }

    @Test
    void aHostThatIsNotHeardButRenewsItsLeaseIsNotOverruled() {
        renews = true;
        assertThat(refusal(Optional.of(H2))).isEqualTo("host-lives");
    }

    @Test
    void whatTheHostHasIsNamedByWhatItIs() {
        report(H2, VmState.STARTING, Condition.OTHER, false);
        assertThat(plan().host()).isEqualTo(H2);
        assertThat(forced.replicas(record(), H2)).containsExactly(new UUID(2, 2));
    }

    @Test
    void aCopyThatWasInUseAtALossOfPowerIsToldSo() {
        report(H2, VmState.STARTING, Condition.LOSSY, false);
        assertThat(plan().warnings()).anyMatch(text -> text.contains("what was not flushed then may be missing"));
    }

    @Test
    void aCopyThatCannotBeUsedIsNone() {
        report(H2, VmState.STARTING, Condition.UNUSABLE, false);
        assertThat(refusal(Optional.of(H2))).isEqualTo("no-replica");
        reports.remove(H2);
        assertThat(refusal(Optional.of(H2))).isEqualTo("no-replica");
    }

    @Test
    void aHostOfNobodyIsRefused() {
        assertThat(refusal(Optional.of(new HostName("h3")))).isEqualTo("host-not-of-vm");
    }
}
