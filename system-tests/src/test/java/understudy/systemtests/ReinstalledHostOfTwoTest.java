package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import understudy.lab.probe.EchoClient;
import understudy.model.HostName;

/// Two hosts and no witness: one gets a new system disk, and nobody is left who could take its vote but the other.
@ExtendWith(OnStage.class)
@OnStage.Hosts(value = 2, witnesses = 0)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class ReinstalledHostOfTwoTest {

    @Test
    void theOtherOneGoesOnAloneAndLetsItIn(Stage stage) {
        Vm vm = stage.create("pair", 10, List.of("h1", "h2"));
        vm.awaitProtected();
        String boot = vm.bootId();
        try (EchoClient client = vm.client()) {
            SoloGrantTest.awaitGrant(vm);
            stage.lab().breakHost("h2");
            Vm.awaitEchoes(client, 100);
            stage.lab().reinstall("h2");
            ReinstalledHostTest.awaitVoters(stage, "h1", "h1", "h2");
            ReinstalledHostTest.awaitVoters(stage, "h2", "h1", "h2");
            vm.await("to have its image there again", v -> v.standby().equals(Optional.of(new HostName("h2"))));
            Vm.endFlawless(client);
        }
        assertThat(stage.api("h1").events(0, 100))
                .anySatisfy(event -> assertThat(event.text()).contains("h2 has lost its copy of the ledger"));
        assertThat(vm.bootId()).isEqualTo(boot);
        vm.close();
    }
}
