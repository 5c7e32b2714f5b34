package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import understudy.lab.DiskFault;
import understudy.lab.DiskRepair;
import understudy.lab.Progress;
import understudy.model.Problem;

/// Every fault of every disk, under a guest that uses it with fio and a file system: it sees no error and no
/// wrong byte, and afterwards both hosts have the same again.
@ExtendWith(OnStage.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DiskFaultTest {
    /// A disk that answers nothing is failed after 2 s; the rest is the ledger's, and that of a busy machine.
    private static final Duration LONGEST_STALL = Duration.ofSeconds(8);
    private static final int FLIPPED_BLOCKS = 64;

    @ParameterizedTest(name = "the disk of the {0} fails: {1}, then {2}")
    @CsvSource({
        "active, ERROR, BACK",
        "standby, ERROR, REPLACED",
        "active, HANG, BACK",
        "standby, HANG, BACK",
        "active, FULL, REPLACED",
        "standby, FULL, BACK"
    })
    @Order(1)
    void aDiskThatFailsIsDoneWithoutAndCatchesUpWhenItIsRepaired(
            String role, DiskFault how, DiskRepair repair, Stage stage) {
        DiskGuest guest = stage.disks();
        String host = host(guest, role);
        for (int round = 0; round < DiskGuest.ROUNDS; round++) {
            stage.lab().breakDisk(host, how);
            try {
                guest.useFiles();
                guest.awaitOut(host);
                guest.awaitRequests();
            } finally {
                stage.lab().repairDisk(host, repair);
            }
            guest.awaitWhole();
            guest.awaitRequests();
            guest.useFiles();
        }
    }

    /// What fio would write later does not hide what was forgotten. (Its blocks hold checksums of their own, so that
    /// different ones have equal checksums as a whole.)
    @ParameterizedTest(name = "the disk of the {0} fails: {1}, then {2}")
    @CsvSource({"standby, ERROR, BACK", "standby, HANG, BACK", "active, ERROR, BACK"})
    @Order(2)
    void aReplicaThatHasCaughtUpLacksNothing(String role, DiskFault how, DiskRepair repair, Stage stage) {
        DiskGuest guest = stage.disks();
        String host = host(guest, role);
        stage.lab().breakDisk(host, how);
        try {
            List<String> onlyCopies = onlyCopies(guest.awaitOut(host), guest);
            assertThat(obstacles(stage, Stage.otherThan(host))).containsAll(onlyCopies);
            assertThat(obstacles(stage, host)).doesNotContainAnyElementsOf(onlyCopies);
            assertThatThrownBy(() -> stage.lab().shutdownHost(Stage.otherThan(host), false, Progress.silent()))
                    .isInstanceOf(Problem.Refused.class)
                    .hasMessageContaining(onlyCopies.getFirst());
            guest.awaitRequests();
            // A disk that nobody uses may not be missed yet.
            guest.useFiles();
            guest.endFio(LONGEST_STALL);
        } finally {
            stage.lab().repairDisk(host, repair);
        }
        guest.awaitWhole();
        assertThat(obstacles(stage, Stage.otherThan(host)))
                .doesNotContainAnyElementsOf(onlyCopies(List.of("disk0", "disk1"), guest));
        guest.assertReplicasEqual();
        guest.startFio();
    }

    @Test
    @Order(3)
    void bitsThatFlipOnTheDiskThatTheGuestReadsAreNeverSeenAndAreMended(Stage stage) {
        DiskGuest guest = stage.disks();
        for (int round = 0; round < DiskGuest.ROUNDS; round++) {
            stage.lab().corruptDisk(host(guest, "active"), FLIPPED_BLOCKS, System.nanoTime());
            guest.awaitRequests();
            guest.useFiles();
            guest.readEverything();
        }
    }

    @Test
    @Order(4)
    void afterAllOfThatFioHasSeenNothingAndBothReplicasAreEqual(Stage stage) {
        DiskGuest guest = stage.disks();
        guest.endFio(LONGEST_STALL);
        guest.readEverything();
        guest.assertReplicasEqual();
        guest.startFio();
    }

    /// Why a host should not be switched off.
    private static List<String> obstacles(Stage stage, String host) {
        return stage.api().hosts().stream()
                .filter(it -> it.name().value().equals(host))
                .findFirst()
                .orElseThrow()
                .obstacles();
    }

    private static List<String> onlyCopies(List<String> disks, DiskGuest guest) {
        return disks.stream()
                .map(disk -> "it has the only copy in sync of disk %s of VM %s"
                        .formatted(disk, guest.vm().id()))
                .toList();
    }

    private static String host(DiskGuest guest, String role) {
        String active = guest.vm().active();
        return role.equals("active") ? active : Stage.otherThan(active);
    }
}
