package understudy.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.VmRecord;

/// One fault at a time below level `system`, in a quiet cluster with production's waits. The VM has a disk, runs on
/// h1, and could be taken over by h2.
class TakeoverScenarioTest {
    private static final long MS = Schedule.MILLISECOND;
    private static final HostName H1 = new HostName("h1");
    private static final HostName H2 = new HostName("h2");
    private static final HostName W1 = new HostName("w1");

    private SimulationRun run = new SimulationRun(1, SimulationOptions.QUIET.with(Level.COMPONENT, 1));

    @BeforeEach
    void protectTheVm() {
        run.settle(10_000 * MS);
        assertThat(vm().view().isActive(H1) && vm().view().isInSync(H2)).isTrue();
        assertThat(boots()).isEqualTo(1);
    }

    @AfterEach
    void everythingHealsAndNothingIsBroken() {
        run.faults().heal();
        run.settle(45_000 * MS);
        assertThat(run.outcome().isOk()).as(run.outcome().report()).isTrue();
    }

    @Test
    void theOtherHostBootsTheVmWhenTheActiveLosesItsPower() {
        run.faults().loseHost(H1);
        assertThat(run.until(6_500 * MS, () -> runs(H2))).isTrue();
        assertThat(boots()).isEqualTo(2);
    }

    @Test
    void theActiveGoesOnWhenTheOtherHostLosesItsPowerAndThenTheWitness() {
        run.faults().loseHost(H2);
        run.pass(2_000 * MS);
        run.faults().loseHost(W1);
        run.pass(60_000 * MS);
        assertGoesOn(H1);
    }

    @Test
    void theActiveGoesOnWhenTheWitnessIsLost() {
        run.faults().loseHost(W1);
        run.pass(60_000 * MS);
        assertGoesOn(H1);
    }

    @Test
    void aHostThatIsCutFromBothOthersFallsSilentBeforeTheOtherOneStartsTheVm() {
        run.faults().cut(H1, H2);
        run.faults().cut(H1, W1);
        assertThat(run.until(6_500 * MS, () -> runs(H2))).isTrue();
        assertThat(run.cluster().host(H1).guest(vm().spec().id()))
                .as("it runs on, unheard")
                .isPresent();
        run.pass(5_000 * MS);
        run.faults().join(H1, H2);
        run.faults().join(H1, W1);
        assertThat(run.until(
                        2_000 * MS,
                        () -> run.cluster().host(H1).guest(vm().spec().id()).isEmpty()))
                .isTrue();
    }

    @Test
    void theActiveGoesOnWhenOnlyThePeerLinksAreCut() {
        run.faults().cut(H1, H2);
        run.pass(30_000 * MS);
        assertGoesOn(H1);
    }

    @Test
    void anAgentThatIsBackWithinItsGraceKeepsItsGuest() {
        run.faults().crashAgent(H1);
        run.pass(6_000 * MS);
        run.faults().startAgent(H1);
        run.pass(10_000 * MS);
        assertGoesOn(H1);
    }

    @Test
    void theOtherHostTakesOverFromAnAgentThatStaysDead() {
        run.faults().crashAgent(H1);
        assertThat(run.until(14_500 * MS, () -> runs(H2))).isTrue();
    }

    @Test
    void anAgentThatStoodStillFindsItsLeaseGoneAndItsGuestTakenOver() {
        run.faults().pauseAgent(H1);
        assertThat(run.until(6_500 * MS, () -> runs(H2))).isTrue();
        run.pass(1_000 * MS);
        run.faults().wakeAgent(H1);
        assertThat(run.until(
                        2_000 * MS,
                        () -> run.cluster().host(H1).guest(vm().spec().id()).isEmpty()))
                .isTrue();
    }

    @Test
    void aVmWhoseTwoHostsLoseTheirPowerIsStartedByTheFirstThatIsBackAlone() {
        run.faults().loseHost(H1);
        run.faults().loseHost(H2);
        run.pass(5_000 * MS);
        run.faults().returnHost(H2);
        assertThat(run.until(20_000 * MS, () -> runs(H2))).isTrue();
    }

    @Test
    void aVmOfLevelComponentGoesOnWhereItsDiskFails() {
        run.faults().breakDisk(H1, vm().spec().disks().getFirst().id());
        run.pass(10_000 * MS);
        assertGoesOn(H1);
    }

    @Test
    void aVmOfLevelRestartBeginsAnewWhereItsDiskIsGood() {
        run = new SimulationRun(1, SimulationOptions.QUIET.with(Level.RESTART, 1));
        protectTheVm();
        run.faults().breakDisk(H1, vm().spec().disks().getFirst().id());
        assertThat(run.until(3_000 * MS, () -> runs(H2))).isTrue();
        assertThat(boots()).isEqualTo(2);
    }

    private void assertGoesOn(HostName host) {
        assertThat(runs(host)).isTrue();
        assertThat(boots()).isEqualTo(1);
        var driver = run.cluster().host(host).agent().orElseThrow().driver(vm().spec());
        assertThat(driver.mayGoOn()).as("frames leave").isTrue();
    }

    private long boots() {
        return run.outcome().timeline().stream()
                .filter(it -> it.event().equals("vm-started"))
                .count();
    }

    private boolean runs(HostName host) {
        return vm().view().isActive(host)
                && run.cluster()
                        .host(host)
                        .guest(vm().spec().id())
                        .filter(Guest::isRunning)
                        .isPresent();
    }

    private VmRecord vm() {
        return run.cluster().ledger().vms().iterator().next();
    }
}
