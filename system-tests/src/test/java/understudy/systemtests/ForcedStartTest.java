package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import understudy.api.Event;
import understudy.api.ForceStartPlan;
import understudy.lab.probe.EchoClient;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Problem;

/// The host with the newest copy is lost, and somebody decides that the older one is to do.
@ExtendWith(OnStage.class)
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class ForcedStartTest {
    private static final Duration A_WHILE = Duration.ofSeconds(5);

    @Test
    void anOlderCopyIsBegunFromWhenSomebodySaysSoAndTheOverruledOneIsOverwritten(Stage stage) {
        stage.vm();
        try (Vm vm = stage.createWithDisk("forced", 42, Level.COMPONENT, List.of("h1", "h2"))) {
            assertThat(refusal(stage, "h1", vm)).isEqualTo("nothing-to-force");
            String old = vm.write("what both have");
            stage.lab().breakHost("h2");
            vm.write("what h1 alone has");
            stage.lab().breakHost("h1");
            stage.lab().repairHost("h2");

            ForceStartPlan plan = plan(stage, "h2", vm);
            assertThat(plan.host()).isEqualTo(new HostName("h2"));
            assertThat(plan.warnings()).anyMatch(text -> text.contains("is lost"));
            Stage.during(A_WHILE, () -> assertThat(vm.qemusOn("h2")).isEmpty());

            stage.api("h2").forceStart(plan, vm.id());
            vm.awaitActiveOn("h2");
            assertThat(vm.read()).isEqualTo(old);
            String later = vm.write("what was written after that");
            assertThat(stage.node("h2").run("cat /var/lib/understudy/audit.log"))
                    .contains("\"action\":\"force-start\"", "\"subject\":\"forced\"", "is lost");
            assertThat(stage.eventsOf(vm)).extracting(Event::kind).contains("start-forced");

            stage.lab().repairHost("h1");
            vm.awaitProtected();
            stage.lab().breakHost("h2");
            vm.awaitActiveOn("h1");
            assertThat(vm.read()).isEqualTo(later);
            stage.lab().repairHost("h2");
            vm.awaitProtected();
        }
    }

    @Test
    void underASoloGrantTheStandbyGoesOnFromItsImage(Stage stage) {
        Vm vm = stage.vm();
        String boot = vm.bootId();
        String active = vm.active();
        String other = Stage.otherThan(active);
        try (EchoClient client = vm.client()) {
            stage.lab().breakWitness("w1");
            vm.await("to have a solo grant", v -> v.reason().contains("solo grant"));
            stage.lab().breakHost(active);
            stage.lab().repairWitness("w1");
            ForceStartPlan plan = plan(stage, other, vm);
            assertThat(plan.warnings()).anyMatch(text -> text.startsWith(active + " may have gone on"));
            stage.api(other).forceStart(plan, vm.id());
            vm.awaitActiveOn(other);
            stage.lab().repairHost(active);
            vm.awaitVerified();
            Vm.endFlawless(client);
        }
        assertThat(vm.bootId()).isEqualTo(boot);
    }

    /// As soon as a majority is there, and the host has looked at its disks.
    private static ForceStartPlan plan(Stage stage, String host, Vm vm) {
        AtomicReference<Optional<ForceStartPlan>> plan = new AtomicReference<>(Optional.empty());
        Stage.eventually("a plan of a forced start", Duration.ofSeconds(60), () -> {
            plan.set(Optional.of(stage.api(host).forceStartPlan(vm.id(), Optional.of(new HostName(host)))));
            return true;
        });
        return plan.get().orElseThrow();
    }

    private static String refusal(Stage stage, String host, Vm vm) {
        return catchThrowableOfType(
                        Problem.Refused.class,
                        () -> stage.api(host).forceStartPlan(vm.id(), Optional.of(new HostName(host))))
                .problem()
                .code();
    }
}
