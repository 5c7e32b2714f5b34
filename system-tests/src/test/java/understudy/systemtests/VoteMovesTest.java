package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import understudy.api.ClusterStatus;
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
        // Whichever two hosts vote: in an earlier test one may have been away long enough to lose its vote.
        awaitThatWitnessVotes(stage, "w1");
        List<String> pair =
                voters(stage, "w1").filter(name -> !name.equals("w1")).toList();
        String lost = pair.getFirst();
        String stays = pair.getLast();
        String third = Stream.of("h1", "h2", "h3")
                .filter(name -> !pair.contains(name))
                .findFirst()
                .orElseThrow();
        Vm vm = stage.create("voted", 10, List.of(lost, stays));
        vm.awaitProtected();
        String boot = vm.bootId();
        try (EchoClient client = vm.client()) {
            stage.lab().breakWitness("w1");
            Stage.eventually(
                    "h1, h2 and h3 to vote, as " + stays + " says",
                    PATIENCE,
                    () -> voters(stage, stays).toList().equals(List.of("h1", "h2", "h3")));
            vm.awaitProtected();
            stage.lab().breakHost(lost);
            vm.awaitActiveOn(stays);
            Vm.awaitEchoes(client, 100);
            stage.lab().repairHost(lost);
            stage.lab().repairWitness("w1");
            // It is the better voter; what comes back knows no more of what was decided than it did.
            awaitThatWitnessVotes(stage, "w1");
            awaitThatWitnessVotes(stage, third);
            vm.awaitProtected();
            Vm.endFlawless(client);
        }
        assertThat(vm.bootId()).isEqualTo(boot);
        vm.close();
    }

    private static void awaitThatWitnessVotes(Stage stage, String asked) {
        Stage.eventually("two hosts and w1 to vote, as " + asked + " says", PATIENCE, () -> {
            List<String> voters = voters(stage, asked).toList();
            return voters.size() == 3 && voters.contains("w1");
        });
    }

    /// As one agent says, in order; none while it knows nothing yet.
    private static Stream<String> voters(Stage stage, String asked) {
        ClusterStatus status = stage.api(asked).status();
        return status.ready() ? status.voters().stream().map(HostName::value) : Stream.empty();
    }
}
