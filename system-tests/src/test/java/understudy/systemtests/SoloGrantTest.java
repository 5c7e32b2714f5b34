package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import understudy.lab.probe.EchoClient;
import understudy.model.HostName;
import understudy.model.Level;

/// The witness is lost for long, and then a host.
@ExtendWith(OnStage.class)
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class SoloGrantTest {

    @Test
    void losingTheWitnessAndAMinuteLaterTheStandbysHostStopsNoVmNorDoesARestartOfItsAgentThen(Stage stage) {
        Vm vm = stage.vm();
        String boot = vm.bootId();
        String active = vm.active();
        String other = Stage.otherThan(active);
        try (Vm disks = stage.createWithDisk("granted", 41, Level.COMPONENT, List.of(active, other));
                EchoClient client = vm.client()) {
            String kept = disks.write("before");
            stage.lab().breakWitness("w1");
            awaitGrant(vm);
            awaitGrant(disks);
            stage.lab().breakHost(other);
            Vm.awaitEchoes(client, 100);
            assertThat(disks.read()).isEqualTo(kept);
            String alone = disks.write("alone");

            stage.lab().breakAgent(active, false);
            Vm.awaitEchoes(client, 100);
            assertThat(disks.read()).isEqualTo(alone);

            stage.lab().repairWitness("w1");
            stage.lab().repairHost(other);
            assertThat(vm.awaitVerified().active()).contains(new HostName(active));
            assertThat(disks.awaitProtected().active()).contains(new HostName(active));
            Vm.endFlawless(client);
        }
        assertThat(vm.bootId()).isEqualTo(boot);
    }

    @Test
    void losingTheWitnessForLongAndThenTheActivesHostMakesTheVmWaitAndLosesNothing(Stage stage) {
        Vm vm = stage.vm();
        String boot = vm.bootId();
        String active = vm.active();
        String other = Stage.otherThan(active);
        try (EchoClient client = vm.client();
                LanWatch lan = vm.watch()) {
            stage.lab().breakWitness("w1");
            awaitGrant(vm);
            stage.lab().breakHost(active);
            stage.lab().repairWitness("w1");
            Stage.eventually(
                    "a majority",
                    Duration.ofSeconds(60),
                    () -> stage.api(other).status().ready());
            Stage.during(
                    Duration.ofSeconds(12),
                    () -> assertThat(lan.framesFrom(other))
                            .as("frames of a guest that must not run")
                            .isZero());
            stage.lab().repairHost(active);
            vm.awaitActiveOn(other);
            vm.awaitVerified();
            Vm.endFlawless(client);
        }
        assertThat(vm.bootId()).isEqualTo(boot);
    }

    static void awaitGrant(Vm vm) {
        vm.await("to have a solo grant", v -> !v.isProtected() && v.reason().contains("solo grant"));
    }
}
