package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import understudy.api.VmStatus;
import understudy.lab.probe.EchoClient;
import understudy.model.HostName;
import understudy.model.Level;

/// The level of a guest that runs changes, and from then on it has what the new one promises. Neither it nor its
/// client notices the change itself.
@ExtendWith(OnStage.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class LevelChangeTest {

    @Test
    void aGuestIsRaisedAndLoweredWhileItRunsAndHasWhatEachLevelPromises(Stage stage) {
        try (Vm vm = stage.createWithDisk("changing", 43, Level.COMPONENT, List.of("h1", "h2"))) {
            String boot = vm.bootId();
            String written;
            try (EchoClient client = vm.client()) {
                vm.write("at level component");
                VmStatus raised = change(stage, vm, Level.SYSTEM);
                String active = raised.active().orElseThrow().value();
                written = vm.write("at level system");
                stage.lab().breakHost(active);
                vm.awaitActiveOn(Stage.otherThan(active));
                Vm.awaitEchoes(client, 100);
                assertThat(vm.read()).isEqualTo(written);
                stage.lab().repairHost(active);
                vm.awaitProtected();

                VmStatus lowered = change(stage, vm, Level.COMPONENT);
                assertThat(lowered.active()).contains(new HostName(Stage.otherThan(active)));
                written = vm.write("lowered");
                Vm.awaitEchoes(client, 100);
                Vm.endFlawless(client);
            }
            assertThat(vm.bootId()).isEqualTo(boot);

            String active = vm.active();
            stage.lab().breakHost(active);
            vm.awaitActiveOn(Stage.otherThan(active));
            assertThat(vm.bootId()).isNotEqualTo(boot);
            assertThat(vm.read()).isEqualTo(written);
            stage.lab().repairHost(active);
            vm.awaitProtected();
        }
    }

    private static VmStatus change(Stage stage, Vm vm, Level level) {
        assertThat(stage.api().protect(vm.id(), level).level()).isEqualTo(level);
        return vm.await(
                "to be at level " + level,
                v -> v.level() == level && v.isProtected() && v.checkpoints().isPresent() == (level == Level.SYSTEM));
    }
}
