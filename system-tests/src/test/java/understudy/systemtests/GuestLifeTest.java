package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import understudy.api.VmState;
import understudy.api.VmStatus;
import understudy.lab.probe.EchoClient;
import understudy.model.HostName;
import understudy.model.VmName;

/// What users and guests do to a VM when nothing is broken.
@ExtendWith(OnStage.class)
class GuestLifeTest {

    @Test
    void aSwitchoverAndTheWayBackAreNotNoticedByTheClient(Stage stage) {
        Vm vm = stage.vm();
        String boot = vm.bootId();
        String first = vm.active();
        String second = Stage.otherThan(first);
        try (EchoClient client = vm.client()) {
            vm.switchOver();
            vm.awaitActiveOn(second);
            Vm.awaitEchoes(client, 20);
            VmStatus there = vm.awaitVerified();
            assertThat(there.standby().orElseThrow().value()).isEqualTo(first);
            vm.switchOver();
            vm.awaitActiveOn(first);
            Vm.awaitEchoes(client, 20);
            vm.awaitVerified();
            Vm.endFlawless(client);
        }
        assertThat(vm.bootId()).isEqualTo(boot);
    }

    @Test
    void aGuestThatRebootsStaysProtected(Stage stage) {
        Vm vm = stage.vm();
        String boot = vm.bootId();
        String active = vm.active();
        List<Long> qemus = vm.qemusOn(active);
        vm.lastCommand("reboot -f");
        Stage.eventually(
                "another boot of the guest",
                Duration.ofSeconds(40),
                () -> !vm.bootId().equals(boot));
        assertThat(vm.awaitVerified().active()).contains(new HostName(active));
        assertThat(vm.qemusOn(active)).as("a reboot is no fault").isEqualTo(qemus);
    }

    @Test
    void aGuestThatSwitchesItselfOffIsStoppedAndLeavesNothing(Stage stage) {
        stage.vm();
        List<String> before = remains(stage);
        try (Vm vm = stage.create("leaves", 21, List.of("h2", "h1"))) {
            vm.awaitProtected();
            assertThat(vm.shell("echo up")).isEqualTo("up");
            vm.lastCommand("poweroff -f");
            VmStatus stopped = vm.await("to be stopped", v -> v.state() == VmState.STOPPED);
            assertThat(stopped.wanted()).isFalse();
            awaitRemains(stage, before);
        }
    }

    @Test
    void aVmThatIsStoppedStartedAndDeletedLeavesNothing(Stage stage) {
        stage.vm();
        List<String> before = remains(stage);
        try (Vm vm = stage.create("passes", 22, List.of("h1", "h2"))) {
            vm.awaitProtected();
            assertThat(remains(stage).size()).isGreaterThan(before.size());
            stage.api().stop(vm.id(), true);
            vm.await("to be stopped", v -> v.state() == VmState.STOPPED);
            awaitRemains(stage, before);
            stage.api().start(vm.id());
            vm.awaitVerified();
            vm.client().close();
        }
        assertThat(stage.api().vms()).noneMatch(v -> v.name().equals(new VmName("passes")));
        awaitRemains(stage, before);
    }

    private static List<String> remains(Stage stage) {
        return List.of("h1", "h2").stream()
                .flatMap(host -> stage.node(host).remains().stream().map(one -> host + " " + one))
                .sorted()
                .toList();
    }

    /// @param most what was there before; of an earlier test's VM it may have been the last
    private static void awaitRemains(Stage stage, List<String> most) {
        try {
            Stage.eventually("nothing to be left", Duration.ofSeconds(20), () -> most.containsAll(remains(stage)));
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            assertThat(most).as("what may be left on the hosts").containsAll(remains(stage));
        }
    }
}
