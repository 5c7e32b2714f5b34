package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import understudy.lab.probe.EchoClient;
import understudy.model.HostName;

/// Three hosts and a witness, of which three vote. The witness is lost, its vote moves to the third host, and so the
/// loss of another host is survived, too: by a guest, by its client's one connection, and by who decides it.
@ExtendWith(OnStage.class)
@OnStage.Hosts(3)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class VoteMovesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @Test
    void theWitnessIsLostAndThenAHost(Stage stage) {
        awaitVoters(stage, "h2", "h1", "h2", "w1");
        Vm vm = stage.create("voted", 10, List.of("h1", "h2"));
        vm.awaitProtected();
        String boot = vm.bootId();
        try (EchoClient client = vm.client()) {
            stage.lab().breakWitness("w1");
            awaitVoters(stage, "h2", "h1", "h2", "h3");
            vm.awaitProtected();
            stage.lab().breakHost("h1");
            vm.awaitActiveOn("h2");
            Vm.awaitEchoes(client, 100);
            stage.lab().repairHost("h1");
            stage.lab().repairWitness("w1");
            // It is the better voter; what comes back knows no more of what was decided than it did.
            awaitVoters(stage, "w1", "h1", "h2", "w1");
            awaitVoters(stage, "h3", "h1", "h2", "w1");
            vm.awaitProtected();
            Vm.endFlawless(client);
        }
        assertThat(vm.bootId()).isEqualTo(boot);
        vm.close();
    }

    private static void awaitVoters(Stage stage, String asked, String... voters) {
        List<HostName> names = Stream.of(voters).map(HostName::new).toList();
        Stage.eventually(String.join(", ", voters) + " to vote, as " + asked + " says", PATIENCE, () -> {
            var status = stage.api(asked).status();
            return status.ready() && status.voters().equals(names);
        });
    }
}
