package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import understudy.api.Disk;
import understudy.api.Nic;
import understudy.api.VmRequest;
import understudy.lab.LabGuest;
import understudy.lab.probe.EchoClient;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Policy;
import understudy.model.VmName;

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
        Vm disks = create(stage, active, other);
        try (EchoClient client = vm.client()) {
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
        } finally {
            disks.discard();
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

    private static void awaitGrant(Vm vm) {
        vm.await("to have a solo grant", v -> !v.isProtected() && v.reason().contains("solo grant"));
    }

    private static Vm create(Stage stage, String active, String other) {
        String address = "10.77.0.41";
        stage.api()
                .create(new VmRequest(
                        new VmName("granted"),
                        Level.COMPONENT,
                        Policy.BALANCED,
                        Stage.GUEST_MEMORY,
                        1,
                        List.of(new Nic(Optional.empty())),
                        List.of(new Disk(Optional.of(ByteSize.ofMebibytes(32)), Optional.empty())),
                        Optional.of(stage.api().upload(stage.guest().kernel(), _ -> {})),
                        Optional.of(stage.api().upload(stage.guest().initrd(), _ -> {})),
                        LabGuest.commandLine(address + "/24"),
                        List.of(new HostName(active), new HostName(other)),
                        false,
                        Optional.empty(),
                        Optional.empty()));
        Vm vm = new Vm(stage, "granted", address);
        vm.awaitProtected();
        vm.shell("echo there");
        return vm;
    }
}
