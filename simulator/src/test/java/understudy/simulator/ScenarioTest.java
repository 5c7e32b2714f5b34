package understudy.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import understudy.model.HostName;
import understudy.model.Placement;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.protocol.Part;

/// One fault at a time, in a quiet cluster with production's waits. The VM runs on h1, with standby h2.
class ScenarioTest {
    private static final long MS = Schedule.MILLISECOND;
    private static final HostName H1 = new HostName("h1");
    private static final HostName H2 = new HostName("h2");
    private static final HostName W1 = new HostName("w1");

    private final SimulationRun run = new SimulationRun(1, SimulationOptions.QUIET);
    private final Cluster cluster = run.cluster();
    private final Faults faults = run.faults();

    @BeforeEach
    void protectTheVm() {
        run.settle(10_000 * MS);
        assertThat(view().isActive(H1) && view().isStandby(H2)).isTrue();
    }

    @AfterEach
    void everythingHealsAndNothingIsBroken() {
        faults.heal();
        run.settle(45_000 * MS);
        assertThat(run.outcome().isOk()).as(run.outcome().report()).isTrue();
    }

    @Test
    void theStandbyTakesOverWhenTheActiveLosesItsPower() {
        faults.loseHost(H1);
        assertThat(run.until(600 * MS, () -> runs(H2))).isTrue();
        assertResumed(1);
    }

    @Test
    void theActiveGoesOnAloneWhenTheStandbyLosesItsPower() {
        faults.loseHost(H2);
        assertThat(run.until(600 * MS, () -> isSolo(H1))).isTrue();
        assertResumed(0);
    }

    @Test
    void aHostThatIsCutFromBothOthersLetsNothingOutAndIsStoppedWhenItIsBack() {
        faults.cut(H1, H2);
        faults.cut(H1, W1);
        assertThat(run.until(600 * MS, () -> runs(H2))).isTrue();
        assertThat(cluster.host(H1).guest(vm().spec().id())).isPresent();
        assertThat(part(H1)).isInstanceOf(Part.Dropping.class);
        run.pass(5_000 * MS);
        faults.join(H1, H2);
        faults.join(H1, W1);
        assertThat(run.until(1_000 * MS, () -> !(part(H1) instanceof Part.Dropping)))
                .isTrue();
        assertResumed(1);
    }

    @Test
    void theActiveWinsWhenOnlyThePeerLinksAreCut() {
        faults.cut(H1, H2);
        run.pass(5_000 * MS);
        assertThat(isSolo(H1)).isTrue();
        assertResumed(0);
    }

    @Test
    void nothingHappensWhenTheWitnessIsLost() {
        View before = view();
        faults.loseHost(W1);
        run.pass(10_000 * MS);
        assertThat(view()).isEqualTo(before);
    }

    @Test
    void aTakeoverWithoutAMajorityIsRefusedAndHealsWhenTheWitnessIsBack() {
        faults.loseHost(W1);
        run.pass(1_000 * MS);
        View before = view();
        faults.loseHost(H1);
        run.pass(10_000 * MS);
        assertThat(view()).isEqualTo(before);
        assertThat(part(H2)).isInstanceOf(Part.Claiming.class);
        faults.returnHost(W1);
        assertThat(run.until(2_000 * MS, () -> runs(H2))).isTrue();
        assertResumed(1);
    }

    @Test
    void aGuestThatKeepsDyingRestsLongerAndLongerAndIsThenLeftAloneUntilSomebodyStartsIt() {
        faults.loseHost(H2);
        run.until(1_000 * MS, () -> part(H1) instanceof Part.Running);
        long begin = cluster.millis();
        for (int death = 1; death <= 6; death++) {
            faults.crashGuest(H1, vm());
            if (death < 6) {
                assertThat(run.until(60_000 * MS, () -> part(H1) instanceof Part.Running && runs(H1)))
                        .isTrue();
            }
        }
        assertThat(cluster.millis() - begin).as("1, 2, 4 and 8 s of rest").isBetween(15_000L, 20_000L);
        assertThat(run.until(1_000 * MS, () -> view().placement() instanceof Placement.Stopped))
                .isTrue();
        assertThat(vm().failure()).contains("its guest died 6 times within 10 min");
        run.pass(60_000 * MS);
        assertThat(view().placement()).isInstanceOf(Placement.Stopped.class);
        faults.want(vm(), true);
        assertThat(run.until(2_000 * MS, () -> runs(H1))).isTrue();
    }

    @Test
    void aSoloVmGoesOnWithoutAMajority() {
        faults.loseHost(H2);
        run.until(1_000 * MS, () -> part(H1) instanceof Part.Running);
        faults.loseHost(W1);
        run.pass(10_000 * MS);
        assertThat(runs(H1)).isTrue();
        assertThat(part(H1)).isInstanceOf(Part.Running.class);
    }

    @Test
    void anAgentThatCrashesAndComesBackLosesNothing() {
        faults.crashAgent(H1);
        run.pass(100 * MS);
        faults.startAgent(H1);
        run.settle(10_000 * MS);
        assertThat(events("vm-started")).isEqualTo(1);
    }

    @Test
    void theStandbyTakesOverFromAnAgentThatStaysDead() {
        faults.crashAgent(H1);
        assertThat(run.until(600 * MS, () -> runs(H2))).isTrue();
        run.pass(5_000 * MS);
        assertResumed(1);
    }

    @Test
    void aSwitchoverMovesTheGuestWithoutABoot() {
        faults.askSwitchover(vm());
        assertThat(run.until(1_000 * MS, () -> runs(H2))).isTrue();
        run.settle(5_000 * MS);
        assertThat(view().isActive(H2) && view().isStandby(H1)).isTrue();
        assertResumed(1);
    }

    @Test
    void aVmIsBootedAgainAfterBothHostsLostTheirPower() {
        faults.loseHost(H1);
        faults.loseHost(H2);
        run.pass(3_000 * MS);
        faults.returnHost(H1);
        faults.returnHost(H2);
        run.settle(30_000 * MS);
        assertThat(events("vm-started")).isEqualTo(2);
    }

    @Test
    void theFormerStandbyBootsTheVmWhenItAloneComesBack() {
        faults.loseHost(H1);
        faults.loseHost(H2);
        run.pass(3_000 * MS);
        faults.returnHost(H2);
        assertThat(run.until(15_000 * MS, () -> runs(H2))).isTrue();
    }

    @Test
    void anActiveWhoseAgentSleepsForTwoSecondsWakesAsTheLoser() {
        faults.pauseAgent(H1);
        assertThat(run.until(600 * MS, () -> runs(H2))).isTrue();
        run.pass(1_400 * MS);
        faults.wakeAgent(H1);
        run.settle(10_000 * MS);
        assertThat(view().isActive(H2) && view().isStandby(H1)).isTrue();
        assertResumed(1);
    }

    @Test
    void aGuestThatDiesIsTakenOverByItsStandby() {
        faults.crashGuest(H1, vm());
        assertThat(run.until(600 * MS, () -> runs(H2))).isTrue();
        assertResumed(1);
    }

    private VmRecord vm() {
        return cluster.ledger().vms().iterator().next();
    }

    private View view() {
        return vm().view();
    }

    private boolean isSolo(HostName host) {
        return view().placement() instanceof Placement.Solo(var active)
                && active.host().equals(host);
    }

    private boolean runs(HostName host) {
        return view().isActive(host)
                && cluster.host(host)
                        .guest(vm().spec().id())
                        .filter(Guest::isRunning)
                        .isPresent();
    }

    private Part part(HostName host) {
        return cluster.host(host)
                .agent()
                .flatMap(agent -> agent.driver(vm().spec().id()))
                .orElseThrow()
                .part();
    }

    private void assertResumed(long times) {
        assertThat(events("vm-resumed"))
                .as(cluster.timeline().stream().map(TimelineEntry::toString).collect(Collectors.joining("\n")))
                .isEqualTo(times);
        assertThat(events("vm-started")).as("only the first boot").isEqualTo(1);
    }

    private long events(String event) {
        return cluster.timeline().stream()
                .filter(entry -> entry.event().equals(event))
                .count();
    }
}
