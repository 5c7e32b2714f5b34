package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import understudy.api.Event;
import understudy.api.HandOver;
import understudy.api.VmState;
import understudy.api.VmStatus;
import understudy.lab.Progress;
import understudy.lab.probe.EchoClient;
import understudy.model.Care;

/// Hosts that lose their power, one, then the other, then both.
@ExtendWith(OnStage.class)
class PowerLossTest {

    @Test
    void aGuestAndItsClientOutliveThePowerLossOfOneHostAndThenOfTheOther(Stage stage) {
        Vm vm = stage.vm();
        String boot = vm.bootId();
        String first = vm.awaitVerified().active().orElseThrow().value();
        String second = Stage.otherThan(first);
        try (EchoClient client = vm.client()) {
            stage.lab().breakHost(first);
            vm.awaitActiveOn(second);
            Vm.awaitEchoes(client, 50);
            stage.lab().repairHost(first);
            VmStatus again = vm.awaitVerified();
            assertThat(again.active().orElseThrow().value()).isEqualTo(second);

            stage.lab().breakHost(second);
            vm.awaitActiveOn(first);
            Vm.awaitEchoes(client, 50);
            stage.lab().repairHost(second);
            vm.awaitVerified();
            Vm.endFlawless(client);
        }
        assertThat(vm.bootId()).isEqualTo(boot);
    }

    /// Both of its processors are busy all the time, and stand still at the same moment for each checkpoint.
    @Test
    void aGuestWithTwoProcessorsGoesOnWithBoth(Stage stage) {
        try (Vm vm = stage.createWithTwoProcessors("smp", 12, List.of("h1", "h2"))) {
            String boot = vm.bootId();
            vm.shell("for i in 1 2; do (while :; do :; done) </dev/null >/dev/null 2>&1 & done");
            String first = vm.awaitVerified().active().orElseThrow().value();
            try (EchoClient client = vm.client()) {
                stage.lab().breakHost(first);
                vm.awaitActiveOn(Stage.otherThan(first));
                Vm.awaitEchoes(client, 50);
                stage.lab().repairHost(first);
                vm.awaitVerified();
                Vm.endFlawless(client);
            }
            assertThat(vm.bootId()).isEqualTo(boot);
            assertThat(vm.shell("grep -c ^processor /proc/cpuinfo")).isEqualTo("2");
        }
    }

    @Test
    void theVmOfAHostThatIsShutDownIsMovedFirst(Stage stage) {
        Vm vm = stage.vm();
        String boot = vm.bootId();
        String first = vm.awaitVerified().active().orElseThrow().value();
        String second = Stage.otherThan(first);
        try (EchoClient client = vm.client()) {
            HandOver.Report report = stage.lab().shutdownHost(first, false, Progress.silent());
            // Other VMs of the stage may run there, too.
            assertThat(report.kept()).noneMatch(kept -> kept.vm().equals(vm.id()));
            assertThat(report.moved()).contains(vm.id());
            assertThat(report.obstacles())
                    .noneMatch(obstacle -> obstacle.contains(vm.id().value()));
            vm.awaitActiveOn(second);
            Vm.awaitEchoes(client, 50);
            stage.lab().repairHost(first);
            vm.awaitVerified();
            Vm.endFlawless(client);
        }
        assertThat(vm.bootId()).isEqualTo(boot);
    }

    @Test
    void thePowerLossOfTheStandbyLeavesTheGuestWhereItIs(Stage stage) {
        Vm vm = stage.vm();
        String active = vm.active();
        try (EchoClient client = vm.client()) {
            stage.lab().breakHost(Stage.otherThan(active));
            vm.await(stage.api(active), "to be unprotected", v -> v.standby().isEmpty());
            Vm.awaitEchoes(client, 50);
            stage.lab().repairHost(Stage.otherThan(active));
            assertThat(vm.awaitProtected().active().orElseThrow().value()).isEqualTo(active);
            Vm.endFlawless(client);
        }
    }

    @Test
    void withoutAMajorityNobodyTakesOverUntilTheWitnessIsBack(Stage stage) {
        Vm vm = stage.vm();
        String boot = vm.bootId();
        String lost = vm.active();
        String left = Stage.otherThan(lost);
        try (EchoClient client = vm.client();
                LanWatch lan = vm.watch()) {
            long view = vm.status().view();
            stage.lab().breakWitness("w1");
            Vm.awaitEchoes(client, 50);
            stage.lab().breakHost(lost);
            Stage.during(Duration.ofSeconds(4), () -> {
                assertThat(stage.api(left).vm(vm.id()).view()).isEqualTo(view);
                assertThat(lan.framesFrom(left))
                        .as("frames of a guest that must not run")
                        .isZero();
            });
            assertThat(stage.api(left).status().ready()).isFalse();
            stage.lab().repairWitness("w1");
            vm.awaitActiveOn(left);
            Vm.awaitEchoes(client, 20);
            stage.lab().repairHost(lost);
            vm.awaitVerified();
            Vm.endFlawless(client);
        }
        assertThat(vm.bootId()).isEqualTo(boot);
    }

    @Test
    void afterTheLossOfAllPowerTheVmStartsAgainWithNobodyTypingAnything(Stage stage) {
        Vm vm = stage.vm();
        String boot = vm.bootId();
        stage.lab().breakHost("h1");
        stage.lab().breakHost("h2");
        stage.lab().repairHost("h1");
        stage.lab().repairHost("h2");
        vm.await("to run again", v -> v.state() == VmState.RUNNING && v.active().isPresent());
        assertThat(vm.bootId()).isNotEqualTo(boot);
        vm.awaitVerified();
    }

    @Test
    void afterTheLossOfAllPowerVmsStartInTheirOrderAcrossTheHosts(Stage stage) {
        try (Vm later = stage.create("later", 27, List.of("h1"), Care.DEFAULT.starting(20, 4));
                Vm sooner = stage.create("sooner", 28, List.of("h2"), Care.DEFAULT.starting(10, 0))) {
            String bootOfLater = later.bootId();
            String bootOfSooner = sooner.bootId();
            stage.lab().breakHost("h1");
            stage.lab().breakHost("h2");
            stage.lab().repairHost("h1");
            stage.lab().repairHost("h2");
            sooner.await(stage.api("h2"), "to run again", v -> v.state() == VmState.RUNNING);
            later.await(stage.api("h1"), "to run again", v -> v.state() == VmState.RUNNING);
            assertThat(sooner.bootId()).isNotEqualTo(bootOfSooner);
            assertThat(later.bootId()).isNotEqualTo(bootOfLater);
            Instant ran = last(stage.eventsOf(sooner), "running");
            Instant started = last(stage.eventsOf(later), "starting");
            assertThat(Duration.between(ran, started)).isGreaterThan(Duration.ofMillis(3_900));
        }
        stage.vm().awaitVerified();
    }

    private static Instant last(List<Event> events, String kind) {
        return events.reversed().stream()
                .filter(event -> event.kind().equals(kind))
                .map(Event::time)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no event " + kind + " in " + events));
    }
}
