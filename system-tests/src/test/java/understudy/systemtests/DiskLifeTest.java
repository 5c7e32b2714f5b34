package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import understudy.api.ResyncTerms;
import understudy.lab.DiskRepair;
import understudy.model.ByteSize;

/// Agents and hosts that die under a guest that uses its disks.
@ExtendWith(OnStage.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class DiskLifeTest {
    private static final ByteSize SLOWLY = ByteSize.ofMebibytes(2);
    private static final Duration LONGEST_STALL = Duration.ofSeconds(20);
    private static final long MIB = 1 << 20;
    private static final int SECTOR = 512;

    @AfterAll
    static void endDisks(Stage stage) {
        stage.endDisks();
    }

    @ParameterizedTest(name = "the agent of the {0} is killed")
    @ValueSource(strings = {"active", "standby"})
    void qemuKeepsItsDisksOverTheDeathOfAnAgent(String role, Stage stage) {
        DiskGuest guest = stage.disks();
        String active = guest.vm().active();
        String boot = guest.vm().bootId();
        List<Long> qemus = guest.vm().qemusOn(active);
        for (int round = 0; round < DiskGuest.ROUNDS; round++) {
            stage.lab().breakAgent(role.equals("active") ? active : Stage.otherThan(active), false);
            guest.awaitRequests();
            guest.awaitWhole();
            guest.useFiles();
        }
        assertThat(guest.vm().active()).isEqualTo(active);
        assertThat(guest.vm().bootId()).isEqualTo(boot);
        assertThat(guest.vm().qemusOn(active)).isEqualTo(qemus);
        end(guest);
    }

    @Test
    void aHostThatLostItsPowerGetsWhatItMissedAndNoMore(Stage stage) {
        DiskGuest guest = stage.disks();
        String standby = Stage.otherThan(guest.vm().active());
        guest.fillFiles();
        for (int round = 0; round < DiskGuest.ROUNDS; round++) {
            long all = allocated(stage, guest, standby);
            stage.lab().breakHost(standby);
            guest.awaitOut(standby);
            guest.awaitRequests();
            stage.lab().repairHost(standby);
            long before = written(stage, standby);
            guest.awaitWhole();
            long written = written(stage, standby) - before;
            System.out.printf("%d of %d MiB were written to bring it back%n", written / MIB, all / MIB);
            assertThat(written).isLessThan(all / 2);
            guest.useFiles();
        }
        end(guest);
    }

    @ParameterizedTest(name = "the agent of the {0} is killed")
    @ValueSource(strings = {"active", "standby"})
    void aCopyGoesOnAfterTheDeathOfAnAgentInTheMiddleOfIt(String role, Stage stage) {
        DiskGuest guest = stage.disks();
        String active = guest.vm().active();
        String standby = Stage.otherThan(active);
        for (int round = 0; round < DiskGuest.ROUNDS; round++) {
            beginToCopy(guest, stage, standby);
            stage.lab().breakAgent(role.equals("active") ? active : standby, false);
            guest.awaitRequests();
            hurry(guest, stage);
            guest.awaitWhole();
            guest.useFiles();
        }
        end(guest);
    }

    /// So slowly that it goes on until [#hurry].
    private static void beginToCopy(DiskGuest guest, Stage stage, String standby) {
        limit(guest, stage, SLOWLY);
        guest.fillFiles();
        stage.lab().repairDisk(standby, DiskRepair.REPLACED);
        guest.nudgeFiles();
        assertThat(guest.seesResyncing(DiskGuest.FILES_DISK)).isTrue();
    }

    private static void hurry(DiskGuest guest, Stage stage) {
        limit(guest, stage, new ByteSize(0));
    }

    private static void limit(DiskGuest guest, Stage stage, ByteSize bytesPerSecond) {
        ResyncTerms terms = new ResyncTerms(Optional.empty(), Optional.of(bytesPerSecond));
        Stage.eventually("new terms of a resync", Vm.PATIENCE, () -> {
            stage.api().resync(guest.vm().id(), DiskGuest.FILES_DISK, terms);
            return true;
        });
    }

    private static void end(DiskGuest guest) {
        guest.endFio(LONGEST_STALL);
        guest.assertReplicasEqual();
        guest.startFio();
    }

    /// Bytes that a host's replicas take on its disk.
    private static long allocated(Stage stage, DiskGuest guest, String host) {
        return 1024
                * Long.parseLong(stage.node(host)
                        .run("du -ks /var/lib/understudy/volumes/"
                                + guest.vm().status().id() + " | cut -f1")
                        .strip());
    }

    /// Bytes written to the device of a host's disk, by whomever it was before, too.
    private static long written(Stage stage, String host) {
        String device = stage.node(host)
                .run("awk '$2 == \"/var/lib/understudy/volumes\" {print substr($1, 6)}' /proc/mounts")
                .strip();
        String[] words = stage.node(host)
                .run("cat /sys/block/" + device + "/stat")
                .strip()
                .split("\\s+", -1);
        return SECTOR * Long.parseLong(words[6]);
    }
}
