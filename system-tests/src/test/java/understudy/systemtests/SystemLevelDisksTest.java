package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import understudy.api.VmState;
import understudy.api.VmStatus;
import understudy.api.VolumeState;
import understudy.lab.DiskFault;
import understudy.lab.DiskRepair;
import understudy.lab.probe.EchoClient;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.Level;

/// A guest of level `system` that uses its disks all the time, with fio and a file system, while hosts, agents and
/// disks fail: neither it nor its client notices, and afterwards both hosts have the same bytes.
@ExtendWith(OnStage.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SystemLevelDisksTest {
    /// What fio may wait at the longest, while an agent or a host begins anew on the same two processors.
    private static final Duration LONGEST_STALL = Duration.ofSeconds(20);

    /// How often a host may be cut too late.
    private static final int ATTEMPTS = 5;

    private static final ByteSize LARGER = ByteSize.ofMebibytes(48);

    @AfterAll
    static void endDisks(Stage stage) {
        stage.endDisks();
    }

    @Test
    @Order(1)
    void aGuestItsDisksAndItsClientOutliveThePowerLossOfOneHostAndThenOfTheOther(Stage stage) {
        DiskGuest guest = stage.disks(Level.SYSTEM);
        Vm vm = guest.vm();
        String boot = vm.bootId();
        String first = vm.awaitVerified().active().orElseThrow().value();
        String second = Stage.otherThan(first);
        try (EchoClient client = vm.client()) {
            for (String lost : List.of(first, second)) {
                stage.lab().breakHost(lost);
                vm.awaitActiveOn(Stage.otherThan(lost));
                Vm.awaitEchoes(client, 50);
                guest.awaitRequests();
                guest.useFiles();
                stage.lab().repairHost(lost);
                guest.awaitWhole();
                vm.awaitVerified();
            }
            Vm.endFlawless(client);
        }
        assertThat(vm.bootId()).isEqualTo(boot);
        guest.endFio(LONGEST_STALL);
        guest.awaitEqual();
        guest.startFio();
    }

    @Test
    @Order(2)
    void anAgentThatDiesTakesNothingOfItWithIt(Stage stage) {
        goesOnElsewhere(stage, active -> stage.lab().breakAgent(active, false));
        DiskGuest guest = stage.disks(Level.SYSTEM);
        guest.endFio(LONGEST_STALL);
        guest.startFio();
    }

    @Test
    @Order(3)
    void aSwitchoverTakesTheDisksAlong(Stage stage) {
        Vm vm = stage.disks(Level.SYSTEM).vm();
        goesOnElsewhere(stage, _ -> vm.switchOver());
    }

    /// @param cause has the guest leave the host that it is given
    private static void goesOnElsewhere(Stage stage, Consumer<String> cause) {
        DiskGuest guest = stage.disks(Level.SYSTEM);
        Vm vm = guest.vm();
        String boot = vm.bootId();
        String first = vm.awaitVerified().active().orElseThrow().value();
        try (EchoClient client = vm.client()) {
            cause.accept(first);
            vm.awaitActiveOn(Stage.otherThan(first));
            guest.awaitRequests();
            guest.awaitWhole();
            vm.awaitVerified();
            Vm.endFlawless(client);
        }
        guest.useFiles();
        assertThat(vm.bootId()).isEqualTo(boot);
    }

    @ParameterizedTest(name = "the disk of the {0}")
    @ValueSource(strings = {"standby", "active"})
    @Order(4)
    void aDiskThatFailsIsDoneWithoutAndTheGuestIsProtectedAgainWhenItIsRepaired(String role, Stage stage) {
        DiskGuest guest = stage.disks(Level.SYSTEM);
        Vm vm = guest.vm();
        String boot = vm.bootId();
        VmStatus before = vm.awaitVerified();
        String active = before.active().orElseThrow().value();
        String host = role.equals("active") ? active : Stage.otherThan(active);
        try (EchoClient client = vm.client()) {
            stage.lab().breakDisk(host, DiskFault.ERROR);
            try {
                guest.useFiles();
                guest.awaitOut(host);
                guest.awaitRequests();
                vm.await("to be said unprotected", v -> !v.isProtected());
                Vm.awaitEchoes(client, 50);
            } finally {
                stage.lab().repairDisk(host, DiskRepair.BACK);
            }
            guest.awaitWhole();
            assertThat(vm.awaitVerified().active()).contains(new HostName(active));
            Vm.endFlawless(client);
        }
        assertThat(vm.bootId()).isEqualTo(boot);
        guest.endFio(LONGEST_STALL);
        guest.awaitEqual();
        guest.startFio();
    }

    /// What a client was told is flushed is there when the guest boots again, although nobody has its memory.
    @Test
    @Order(5)
    void whatAClientWasToldIsFlushedOutlivesTheLossOfAllPower(Stage stage) {
        stage.endDisks();
        try (Vm vm = stage.createWithDisk("powerless", 35, Level.SYSTEM, List.of("h1", "h2"))) {
            String boot = vm.bootId();
            String written = vm.write("told");
            stage.lab().breakHost("h1");
            stage.lab().breakHost("h2");
            stage.lab().repairHost("h1");
            stage.lab().repairHost("h2");
            vm.await(
                    "to run again",
                    v -> v.state() == VmState.RUNNING && v.active().isPresent());
            assertThat(vm.bootId()).isNotEqualTo(boot);
            assertThat(vm.read()).isEqualTo(written);
            vm.awaitProtected();
        }
    }

    /// A guest that is asked to end writes until its last moment. Its disk grows before it starts again, on both hosts.
    @Test
    @Order(6)
    void whatAGuestWritesBeforeItStopsIsThereWhenItStarts(Stage stage) {
        try (Vm vm = stage.createWithDisk("stopped", 36, Level.SYSTEM, List.of("h1", "h2"))) {
            vm.awaitProtected();
            vm.shell("printf '%-511s\\n' late | dd of=/dev/vda bs=512 count=1 2>/dev/null");
            stage.api().stop(vm.id(), false);
            vm.await("to be stopped", v -> v.state() == VmState.STOPPED);
            stage.api().grow(vm.id(), "disk0", LARGER);
            stage.api().start(vm.id());
            vm.await("to run again", v -> v.state() == VmState.RUNNING);
            assertThat(vm.read()).isEqualTo("late");

            String active = vm.awaitProtected().active().orElseThrow().value();
            long last = LARGER.bytes() / 512 - 1;
            vm.shell("printf '%-511s\\n' grown | dd of=/dev/vda bs=512 count=1 conv=fsync seek=" + last
                    + " 2>/dev/null");
            vm.awaitProtected();
            vm.switchOver();
            vm.awaitActiveOn(Stage.otherThan(active));
            String there =
                    vm.shell("echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/vda bs=512 skip=" + last + " 2>/dev/null");
            assertThat(there).isEqualTo("grown");
        }
    }

    /// What was kept of its writes died with both agents, though its QEMU lives.
    @Test
    @Order(7)
    void aGuestWhoseAgentsBothDieIsBootedWithAllThatWasFlushed(Stage stage) {
        try (Vm vm = stage.createWithDisk("orphan", 38, Level.SYSTEM, List.of("h1", "h2"))) {
            String written = vm.write("flushed");
            String boot = vm.bootId();
            stage.lab().breakAgents(List.of("h1", "h2"));
            vm.awaitProtected();
            assertThat(vm.bootId()).isNotEqualTo(boot);
            assertThat(vm.read()).isEqualTo(written);
        }
    }

    /// While a guest is copied anew its other host has no image of it, but all of its disk. How long that lasts is for
    /// the machine to say; a copy that is complete by then is a takeover, and no boot.
    @Test
    @Order(8)
    void aGuestWithoutAStandbyIsBootedFromItsDisk(Stage stage) {
        try (Vm vm = stage.createWithDisk("alone", 37, Level.SYSTEM, List.of("h1", "h2"))) {
            String boot = vm.bootId();
            for (int attempt = 0; attempt < ATTEMPTS && vm.bootId().equals(boot); attempt++) {
                String active = vm.awaitProtected().active().orElseThrow().value();
                String other = Stage.otherThan(active);
                String written = vm.write("before " + attempt);
                stage.lab().breakAgent(other, true);
                vm.await(stage.api(active), "to miss a replica", v -> !areDisksInSync(v));
                stage.lab().repairAgent(other);
                vm.await(stage.api(active), "to have its disk in sync", SystemLevelDisksTest::areDisksInSync);
                stage.lab().breakHost(active);
                vm.awaitActiveOn(other);
                assertThat(vm.read()).isEqualTo(written);
                stage.lab().repairHost(active);
            }
            assertThat(vm.bootId()).isNotEqualTo(boot);
            vm.awaitProtected();
        }
    }

    private static boolean areDisksInSync(VmStatus vm) {
        return vm.disks().stream().allMatch(disk -> disk.state() == VolumeState.IN_SYNC);
    }
}
