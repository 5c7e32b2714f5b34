package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import understudy.api.VmStatus;
import understudy.lab.probe.EchoClient;
import understudy.model.HostName;

/// Links that fall silent between nodes that live.
@ExtendWith(OnStage.class)
class PartitionTest {
    private static final Duration A_WHILE = Duration.ofSeconds(3);

    @Test
    void anActiveThatIsCutOffLetsNothingOutOnceTheOtherHasTakenOverAndEndsWhenItIsBack(Stage stage) {
        Vm vm = stage.vm();
        String boot = vm.bootId();
        String cut = vm.active();
        String other = Stage.otherThan(cut);
        List<Long> old = vm.qemusOn(cut);
        try (EchoClient client = vm.client();
                LanWatch lan = vm.watch()) {
            // In this order, or the active may go on alone before the second.
            stage.lab().breakLink(cut, "w1");
            stage.lab().breakLink(cut, other);
            vm.awaitActiveOn(other);
            long before = lan.framesFrom(cut);
            Vm.awaitEchoes(client, 50);
            Stage.during(
                    A_WHILE,
                    () -> assertThat(lan.framesFrom(cut))
                            .as("frames of the deposed copy")
                            .isEqualTo(before));
            assertThat(vm.qemusOn(cut)).as("the copy that is cut off").isEqualTo(old);

            repair(stage, cut, other);
            repair(stage, cut, "w1");
            vm.awaitVerified();
            assertThat(vm.qemusOn(cut)).doesNotContainAnyElementsOf(old);
            assertThat(lan.framesFrom(cut)).as("frames of the deposed copy").isEqualTo(before);
            assertThat(lan.framesFrom(other)).isPositive();
            Vm.endFlawless(client);
        }
        assertThat(vm.active()).isEqualTo(other);
        assertThat(vm.bootId()).isEqualTo(boot);
    }

    @Test
    void whenOnlyThePeerLinksAreCutTheActiveGoesOnAndTheStandbyDoesNotTakeOver(Stage stage) {
        Vm vm = stage.vm();
        String active = vm.active();
        String standby = Stage.otherThan(active);
        // Who cannot reach the leader cannot win.
        Stage.eventually(
                "the witness to lead",
                Duration.ofSeconds(60),
                () -> stage.api(standby).status().leader().equals(Optional.of(new HostName("w1"))));
        long view = vm.status().view();
        try (EchoClient client = vm.client();
                LanWatch lan = vm.watch()) {
            stage.lab().breakLink("h1", "h2");
            VmStatus alone = vm.await(stage.api(active), "to be in a later view", v -> v.view() > view);
            assertThat(alone.active().orElseThrow().value()).isEqualTo(active);
            assertThat(alone.standby()).isEmpty();
            Vm.awaitEchoes(client, 50);
            Stage.during(A_WHILE, () -> assertThat(lan.framesFrom(standby)).isZero());
            repair(stage, "h1", "h2");
            vm.awaitVerified();
            Vm.endFlawless(client);
            assertThat(lan.framesFrom(standby)).isZero();
        }
        assertThat(vm.active()).isEqualTo(active);
    }

    @Test
    void theDeathOfTheWitnessAloneChangesNothing(Stage stage) {
        Vm vm = stage.vm();
        VmStatus before = vm.status();
        try (EchoClient client = vm.client()) {
            stage.lab().breakWitness("w1");
            Stage.during(A_WHILE, () -> {
                assertThat(vm.status().view()).isEqualTo(before.view());
                assertThat(vm.status().active()).isEqualTo(before.active());
            });
            vm.awaitProtected();
            Vm.awaitEchoes(client, 50);
            Stage.eventually(
                    "a majority without the witness",
                    Duration.ofSeconds(20),
                    () -> stage.api("h1").status().ready()
                            && stage.api("h2").status().ready());
            stage.lab().repairWitness("w1");
            Stage.eventually(
                    "the witness",
                    Duration.ofSeconds(40),
                    () -> stage.api("w1").status().ready());
            Vm.endFlawless(client);
        }
        assertThat(vm.status().view()).isEqualTo(before.view());
        assertThat(vm.status().active()).isEqualTo(before.active());
        vm.awaitVerified();
    }

    private static void repair(Stage stage, String one, String other) {
        stage.lab().repairLink(one, other);
        stage.lab().repairLink(other, one);
    }
}
