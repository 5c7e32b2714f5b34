package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import understudy.model.HostName;

/// A host's system disk is replaced, and with it goes its copy of the ledger.
@ExtendWith(OnStage.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class ReinstalledHostTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration LONG_ENOUGH = Duration.ofSeconds(12);

    /// What the two hosts decided while the witness was away only they know. One of them forgets it, and the other one
    /// is away. The witness and the one that has forgotten would be a majority.
    @Test
    void itDecidesNothingBesideAWitnessThatKnowsLess(Stage stage) {
        stage.lab().breakWitness("w1");
        Vm vm = stage.create("late", 10, List.of("h1", "h2"));
        vm.awaitProtected();
        stage.lab().breakHost("h2");
        stage.lab().breakHost("h1");
        stage.lab().repairWitness("w1");
        stage.lab().reinstall("h2");
        Stage.eventually("h2 to hear the witness and to wait", PATIENCE, () -> {
            var status = stage.api("h2").status();
            return !status.ready() && status.alarms().stream().anyMatch(text -> text.contains("no copy"));
        });
        Stage.during(
                LONG_ENOUGH,
                () -> assertThat(Stream.of("h2", "w1"))
                        .noneMatch(name -> stage.api(name).status().ready()));
        stage.lab().repairHost("h1");
        awaitVoters(stage, "h2", "h1", "h2", "w1");
        vm.awaitProtected();
        String lost = vm.active();
        stage.lab().breakHost(lost);
        vm.awaitActiveOn(Stage.otherThan(lost));
        stage.lab().repairHost(lost);
        vm.awaitProtected();
        vm.close();
    }

    static void awaitVoters(Stage stage, String asked, String... voters) {
        List<HostName> names = Stream.of(voters).map(HostName::new).toList();
        Stage.eventually(String.join(", ", voters) + " to vote, as " + asked + " says", PATIENCE, () -> {
            var status = stage.api(asked).status();
            return status.ready() && status.voters().equals(names);
        });
    }
}
