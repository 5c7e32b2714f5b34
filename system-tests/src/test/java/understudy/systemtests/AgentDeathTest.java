package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import understudy.api.VmStatus;
import understudy.lab.probe.EchoClient;

/// Agents and QEMUs that die or hang alone, under a host that lives.
@ExtendWith(OnStage.class)
class AgentDeathTest {

    @Test
    void whenTheAgentOfTheActiveIsKilledTheGuestGoesOnAndTheOldCopyIsEnded(Stage stage) {
        Vm vm = stage.vm();
        String boot = vm.bootId();
        String killed = vm.active();
        List<Long> old = vm.qemusOn(killed);
        assertThat(old).hasSize(1);
        try (EchoClient client = vm.client()) {
            stage.lab().breakAgent(killed, false);
            vm.await(
                    stage.api(Stage.otherThan(killed)), "to be in another view", v -> v.view() > 0 && !v.isProtected());
            Vm.awaitEchoes(client, 50);
            vm.awaitVerified();
            for (String host : List.of("h1", "h2")) {
                assertThat(vm.qemusOn(host)).as("one active and one standby").hasSize(1);
            }
            Vm.endFlawless(client);
        }
        if (!vm.active().equals(killed)) {
            assertThat(vm.qemusOn(killed)).doesNotContainAnyElementsOf(old);
        }
        assertThat(vm.bootId()).isEqualTo(boot);
    }

    @Test
    void whenTheAgentOfTheStandbyIsKilledTheGuestStaysWhereItIs(Stage stage) {
        Vm vm = stage.vm();
        VmStatus before = vm.status();
        String active = vm.active();
        List<Long> qemu = vm.qemusOn(active);
        try (EchoClient client = vm.client()) {
            stage.lab().breakAgent(Stage.otherThan(active), false);
            vm.await(stage.api(active), "to be in a later view", v -> v.view() > before.view());
            Vm.awaitEchoes(client, 50);
            vm.awaitVerified();
            Vm.endFlawless(client);
        }
        assertThat(vm.active()).isEqualTo(active);
        assertThat(vm.qemusOn(active)).isEqualTo(qemu);
    }

    @Test
    void aVmOfOneHostIsTakenUpAgainByTheNextLifeOfItsAgent(Stage stage) {
        stage.vm();
        try (Vm solo = stage.create("solo", 20, List.of("h1"));
                EchoClient client = solo.client()) {
            String boot = solo.bootId();
            List<Long> qemus = solo.qemusOn("h1");
            assertThat(qemus).hasSize(1);
            stage.lab().breakAgent("h1", false);
            Vm.awaitEchoes(client, 50);
            Vm.endFlawless(client);
            assertThat(solo.qemusOn("h1")).isEqualTo(qemus);
            assertThat(solo.bootId()).isEqualTo(boot);
        }
        stage.vm().awaitVerified();
    }

    @Test
    void anActiveThatHangsIsTakenOverAndLetsNothingOutWhenItWakes(Stage stage) {
        Vm vm = stage.vm();
        String boot = vm.bootId();
        String hung = vm.active();
        String other = Stage.otherThan(hung);
        try (EchoClient client = vm.client();
                LanWatch lan = vm.watch()) {
            stage.lab().pauseAgent(hung);
            long woken = System.nanoTime() + Duration.ofMillis(1500).toNanos();
            vm.awaitActiveOn(other);
            Vm.awaitEchoes(client, 50);
            long before = lan.framesFrom(hung);
            while (System.nanoTime() < woken) {
                LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
            }
            stage.lab().resumeAgent(hung);
            vm.awaitVerified();
            assertThat(lan.framesFrom(hung)).as("frames of the deposed copy").isEqualTo(before);
            assertThat(lan.framesFrom(other)).isPositive();
            Vm.endFlawless(client);
        }
        assertThat(vm.active()).isEqualTo(other);
        assertThat(vm.bootId()).isEqualTo(boot);
    }

    @Test
    void whenTheQemuOfTheActiveIsKilledTheStandbyGoesOnFromTheLastCommit(Stage stage) {
        Vm vm = stage.vm();
        String boot = vm.bootId();
        String active = vm.active();
        try (EchoClient client = vm.client()) {
            stage.node(active).kill(vm.qemusOn(active).getFirst());
            vm.awaitActiveOn(Stage.otherThan(active));
            Vm.awaitEchoes(client, 50);
            vm.awaitVerified();
            Vm.endFlawless(client);
        }
        assertThat(vm.bootId()).isEqualTo(boot);
    }

    @Test
    void whenTheQemuOfTheStandbyIsKilledTheGuestIsProtectedAgain(Stage stage) {
        Vm vm = stage.vm();
        String active = vm.active();
        String standby = Stage.otherThan(active);
        long view = vm.status().view();
        try (EchoClient client = vm.client()) {
            stage.node(standby).kill(vm.qemusOn(standby).getFirst());
            vm.await("to be in a later view", v -> v.view() > view);
            vm.awaitVerified();
            Vm.endFlawless(client);
        }
        assertThat(vm.active()).isEqualTo(active);
    }
}
