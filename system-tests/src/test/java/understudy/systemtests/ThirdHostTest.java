package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import understudy.api.HostState;
import understudy.api.HostStatus;
import understudy.api.VmStatus;
import understudy.lab.probe.EchoClient;
import understudy.model.HostName;

/// A host that stays away is replaced by a third one, with nobody typing anything: the guest goes on meanwhile, and the
/// third host is all that the lost one was. Who asks for it has a guest moved there, running.
@ExtendWith(OnStage.class)
@OnStage.Hosts(3)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ThirdHostTest {
    private static final Duration LONGEST_STALL = Duration.ofSeconds(8);

    @Test
    @Order(1)
    void aThirdHostHoldsTheImageOfAGuestAndGoesOnFromIt(Stage stage) {
        Vm vm = stage.create("alone", 10, List.of("h1", "h2"));
        vm.awaitProtected();
        String boot = vm.bootId();
        try (EchoClient client = vm.client()) {
            stage.lab().breakHost("h2");
            awaitPair(vm, "h1", "h3");
            vm.awaitProtected();
            // As if it were gone for good. It is not, and says so.
            assertThatThrownBy(() -> stage.api("h1").removeHost(new HostName("h3")))
                    .hasMessageContaining("h3 is up");
            HostStatus removed = stage.api("h1").removeHost(new HostName("h2"));
            assertThat(removed.state()).isEqualTo(HostState.LOST);
            assertThat(stage.api("h1").hosts()).extracting(HostStatus::name).doesNotContain(removed.name());
            stage.lab().repairHost("h2");
            awaitHosts(stage);
            assertThat(stage.api("h1").hosts()).extracting(HostStatus::name).contains(removed.name());
            Vm.awaitEchoes(client, 100);
            stage.lab().breakHost("h1");
            vm.awaitActiveOn("h3");
            Vm.awaitEchoes(client, 100);
            Vm.endFlawless(client);
        }
        assertThat(vm.bootId()).isEqualTo(boot);
        // The one that is lost now is away for long, too.
        awaitPair(vm, "h3", "h2");
        vm.awaitProtected();
        stage.lab().repairHost("h1");
        awaitHosts(stage);
        vm.close();
    }

    @Test
    @Order(2)
    void aGuestMovesToAHostOutsideItsPair(Stage stage) {
        Vm vm = stage.create("moving", 10, List.of("h1", "h2"));
        vm.awaitProtected();
        String boot = vm.bootId();
        try (EchoClient client = vm.client()) {
            assertThat(vm.moveTo("h3").movingTo()).contains(new HostName("h3"));
            vm.awaitActiveOn("h3");
            assertThat(vm.awaitProtected().hosts()).containsExactlyInAnyOrder(new HostName("h1"), new HostName("h3"));
            Vm.awaitEchoes(client, 100);
            Vm.endFlawless(client);
        }
        assertThat(vm.bootId()).isEqualTo(boot);
        vm.close();
    }

    @Test
    @Order(3)
    void aGuestMovesWithItsDisksToAHostOutsideItsPair(Stage stage) {
        DiskGuest guest = stage.disks();
        Vm vm = guest.vm();
        String boot = vm.bootId();
        String active = vm.active();
        String other = Stage.otherThan(active);
        guest.useFiles();
        vm.moveTo("h3");
        vm.awaitActiveOn("h3");
        guest.awaitWhole();
        guest.useFiles();
        guest.awaitRequests();
        guest.endFio(LONGEST_STALL);
        guest.assertReplicasEqual(active, "h3");
        assertThat(vm.status().hosts()).containsExactlyInAnyOrder(new HostName(active), new HostName("h3"));
        assertThat(vm.bootId()).isEqualTo(boot);
        Stage.eventually("the replaced host to remove what it had", Vm.PATIENCE, () -> !guest.hasReplica(other));
        stage.endDisks();
    }

    @Test
    @Order(4)
    void aThirdHostGetsTheDisksOfAGuestThatGoesOnAndBootsItAfterAnotherLoss(Stage stage) {
        DiskGuest guest = stage.disks();
        Vm vm = guest.vm();
        String active = vm.active();
        String lost = Stage.otherThan(active);
        guest.useFiles();
        assertThat(guest.hasReplica(lost)).isTrue();
        stage.lab().breakHost(lost);
        awaitPair(vm, active, "h3");
        guest.useFiles();
        guest.awaitWhole();
        guest.awaitRequests();
        guest.useFiles();
        guest.endFio(LONGEST_STALL);
        guest.assertReplicasEqual(active, "h3");

        stage.lab().repairHost(lost);
        awaitHosts(stage);
        assertThat(vm.status().hosts()).containsExactlyInAnyOrder(new HostName(active), new HostName("h3"));
        Stage.eventually("the replaced host to remove what it had", Vm.PATIENCE, () -> !guest.hasReplica(lost));

        stage.lab().breakHost(active);
        vm.awaitActiveOn("h3");
        vm.shell("echo there");
        guest.run("export PATH=$PATH:/sbin; mkdir -p /mnt; mount -t ext4 /dev/vdb /mnt");
        guest.run("for sums in /mnt/*/sums; do (cd ${sums%/sums} && md5sum -c -s sums); done; umount /mnt");
        stage.lab().repairHost(active);
        vm.awaitProtected();
        stage.endDisks();
    }

    /// All of them vote, so that another one may be lost.
    private static void awaitHosts(Stage stage) {
        for (String host : List.of("h1", "h2", "h3")) {
            Stage.eventually(
                    host + " to be ready",
                    Vm.PATIENCE,
                    () -> stage.api(host).status().ready());
        }
    }

    private static VmStatus awaitPair(Vm vm, String active, String other) {
        return vm.await(
                "to be of " + active + " and " + other,
                status -> status.hosts().containsAll(List.of(new HostName(active), new HostName(other)))
                        && status.active().equals(Optional.of(new HostName(active))));
    }
}
