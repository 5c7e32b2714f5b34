package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import understudy.api.HandOver;
import understudy.lab.probe.EchoClient;
import understudy.model.HostName;
import understudy.model.Level;

/// A VM below level `system` moves between its hosts: neither guest nor client notices, and then it has what its level
/// promises, and no more.
@ExtendWith(OnStage.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class MoveTest {

    @Test
    void aGuestOfLevelComponentIsMovedThereAndBackAndThenBootedAfterALossOfPower(Stage stage) {
        try (Vm vm = stage.createWithDisk("moving", 46, Level.COMPONENT, List.of("h1", "h2"))) {
            vm.awaitProtected();
            String boot = vm.bootId();
            String written = "";
            try (EchoClient client = vm.client()) {
                for (int i = 0; i < 2; i++) {
                    String from = vm.active();
                    written = vm.write("before move " + i);
                    vm.switchOver();
                    vm.awaitActiveOn(Stage.otherThan(from));
                    Vm.awaitEchoes(client, 100);
                    assertThat(vm.read()).isEqualTo(written);
                    vm.await(
                            "to be protected where it is, and not copied",
                            v -> v.isProtected()
                                    && v.movingTo().isEmpty()
                                    && v.checkpoints().isEmpty());
                }
                Vm.endFlawless(client);
            }
            assertThat(vm.bootId()).isEqualTo(boot);

            vm.bootElsewhere(boot, written);
        }
    }

    @Test
    void aHostInMaintenanceIsEmptiedAndItsGuestsLiveOn(Stage stage) {
        Vm copied = stage.vm();
        try (Vm mirrored = stage.createWithDisk("mirrored", 48, Level.COMPONENT, List.of("h1", "h2"))) {
            HostName host = copied.awaitProtected().active().orElseThrow();
            mirrored.awaitProtected();
            if (!mirrored.active().equals(host.value())) {
                mirrored.switchOver();
                mirrored.awaitActiveOn(host.value());
            }
            String other = Stage.otherThan(host.value());
            String bootOfCopied = copied.bootId();
            String bootOfMirrored = mirrored.bootId();
            try (Maintenance maintenance = new Maintenance(stage, host);
                    EchoClient client = copied.client();
                    EchoClient second = mirrored.client()) {
                HandOver.Report report = maintenance.begin();
                assertThat(report.moved()).contains(copied.id(), mirrored.id());
                copied.awaitActiveOn(other);
                mirrored.awaitActiveOn(other);
                stage.lab().breakHost(host.value());
                Vm.awaitEchoes(client, 100);
                Vm.awaitEchoes(second, 100);
                Vm.endFlawless(client);
                Vm.endFlawless(second);
            }
            assertThat(copied.bootId()).isEqualTo(bootOfCopied);
            assertThat(mirrored.bootId()).isEqualTo(bootOfMirrored);
            mirrored.awaitProtected();
            assertThat(copied.awaitProtected().active()).contains(new HostName(other));
        }
    }

    @Test
    void aMoveThatIsAskedForBeforeTheOtherHostIsReadyIsMadeWhenItIs(Stage stage) {
        try (Vm vm = stage.createWithDisk("waiting", 47, Level.RESTART, List.of("h1", "h2"))) {
            vm.awaitProtected();
            String boot = vm.bootId();
            String from = vm.active();
            String to = Stage.otherThan(from);
            stage.lab().breakAgent(to, true);
            vm.await(stage.api(from), "to miss a replica", v -> !v.isProtected());
            String written = vm.write("while one host is away");
            stage.lab().repairAgent(to);
            Stage.eventually(
                    "a move that is taken",
                    Vm.PATIENCE,
                    () -> stage.api(from)
                            .switchover(vm.id(), Optional.of(new HostName(from)), Optional.empty())
                            .movingTo()
                            .equals(Optional.of(new HostName(to))));
            vm.awaitActiveOn(to);
            assertThat(vm.read()).isEqualTo(written);
            assertThat(vm.bootId()).isEqualTo(boot);
            assertThat(vm.awaitProtected().movingTo()).isEmpty();
        }
    }

    /// Ends with power and without maintenance, whatever happens in between.
    private record Maintenance(Stage stage, HostName host) implements AutoCloseable {
        HandOver.Report begin() {
            return HandOver.maintain(stage.api(), host, _ -> {});
        }

        @Override
        public void close() {
            stage.lab().repairHost(host.value());
            Stage.eventually(
                    "the end of a maintenance",
                    Vm.PATIENCE,
                    () -> !stage.api(Stage.otherThan(host.value()))
                            .maintain(host, false)
                            .maintenance());
        }
    }
}
