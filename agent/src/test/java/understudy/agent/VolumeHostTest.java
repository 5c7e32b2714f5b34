package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static understudy.agent.VolumePair.DISK;
import static understudy.agent.VolumePair.H1;
import static understudy.agent.VolumePair.H2;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import understudy.agent.ReplicaReport.Condition;
import understudy.api.VmState;
import understudy.linux.BlockFile;
import understudy.model.HostName;
import understudy.model.VolumeId;
import understudy.protocol.ViewInput;
import understudy.volume.store.Expected;
import understudy.volume.store.ReplicaStore;

class VolumeHostTest {
    private static final byte[] DATA = {1, 2, 3, 4, 5};

    @TempDir
    Path directory;

    private VolumePair pair;

    @BeforeEach
    void open() throws IOException {
        pair = new VolumePair(directory);
        pair.tell();
        soon(() ->
                Files.exists(pair.host(H1).file()) && Files.exists(pair.host(H2).file()));
        assertThat(found(H1)).containsExactly(DISK.id());
        assertThat(found(H2)).containsExactly(DISK.id());
    }

    @AfterEach
    void close() {
        pair.close();
    }

    private static void soon(Callable<Boolean> condition) {
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(10))
                .until(condition);
    }

    /// What a host finds next.
    private List<VolumeId> found(HostName host) {
        try {
            while (true) {
                ViewInput input = pair.host(host).desk.steps.poll(30, TimeUnit.SECONDS);
                if (input == null) {
                    throw new AssertionError("nothing was found; " + pair.host(host).desk.events);
                }
                if (input instanceof ViewInput.ReplicasFound(var good)) {
                    return good;
                }
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void assertEqualFiles() {
        pair.stop();
        soon(() -> Files.mismatch(pair.host(H1).file(), pair.host(H2).file()) == -1);
    }

    @Test
    void theHostThatIsActiveServesAndTheOtherFollows() {
        pair.start(H1, H1);
        pair.write(H1, 4096, DATA);
        soon(pair::isWhole);
        pair.write(H1, 100, DATA);
        assertThat(pair.read(H1, 100, 5)).isEqualTo(DATA);
        assertEqualFiles();
    }

    @Test
    void theRolesChangeWithTheViews() {
        pair.start(H1, H1);
        soon(pair::isWhole);
        pair.write(H1, 100, DATA);
        pair.stop();
        pair.start(H2, H2);
        assertThat(pair.read(H2, 100, 5)).isEqualTo(DATA);
        soon(pair::isWhole);
        pair.stop();
        pair.start(H1, H1);
        assertThat(pair.read(H1, 100, 5)).isEqualTo(DATA);
        soon(pair::isWhole);
        assertEqualFiles();
    }

    @Test
    void aHostWhoseReplicaDoesNotCountServesTheOthersAndComesBack() {
        pair.start(H1, H2);
        pair.write(H1, 100, DATA);
        assertThat(pair.read(H1, 100, 5)).isEqualTo(DATA);
        soon(pair::isWhole);
        assertEqualFiles();
    }

    @Test
    void anEmptyDiskUnderTheActiveIsTakenUpByItself() throws IOException {
        UUID first = pair.replica(H1).id();
        pair.start(H1, H1);
        pair.write(H1, 100, DATA);
        soon(pair::isWhole);
        pair.stop();
        soon(() -> isClosed(pair.host(H1)));
        VolumePair.replaceDisk(pair.host(H1));
        pair.start(H1, H2);
        assertThat(pair.read(H1, 100, 5)).isEqualTo(DATA);
        soon(pair::isWhole);
        assertThat(pair.replica(H1).id()).isNotEqualTo(first);
        assertEqualFiles();
    }

    @Test
    void anEmptyDiskOfTheOtherHostIsFilled() throws IOException {
        UUID first = pair.replica(H2).id();
        VolumePair.replaceDisk(pair.host(H2));
        pair.start(H1, H1);
        pair.write(H1, 100, DATA);
        soon(pair::isWhole);
        assertThat(pair.replica(H2).id()).isNotEqualTo(first);
        assertEqualFiles();
    }

    @Test
    void whatAForcedStartOverruledIsOverwrittenWhenItIsBack() throws IOException {
        pair.start(H1, H1);
        soon(pair::isWhole);
        pair.write(H1, 100, DATA);
        UUID overruled = pair.replica(H1).id();
        pair.host(H2).end();
        pair.write(H1, 100, new byte[] {9, 9, 9, 9, 9});
        pair.write(H1, 5 << 20, DATA);
        pair.host(H1).end();
        pair.force(H2, pair.replica(H2).id());
        restart(pair.host(H2), H2, pair.host(H2).boot);
        assertThat(found(H2)).containsExactly(DISK.id());
        pair.start(H2, H2);
        assertThat(pair.read(H2, 100, 5)).isEqualTo(DATA);
        pair.write(H2, 2 << 20, DATA);
        restart(pair.host(H1), H1, pair.host(H1).boot);
        soon(pair::isWhole);
        assertThat(pair.replica(H1).id()).isEqualTo(overruled);
        assertThat(pair.read(H2, 5 << 20, 5)).isEqualTo(new byte[5]);
        assertEqualFiles();
    }

    /// Both have gone on alone from the same view, and each still counts what the other lacks since then.
    @Test
    void whatWasForcedThereAndBackIsComparedInFull() throws IOException {
        pair.start(H1, H1);
        soon(pair::isWhole);
        UUID one = pair.replica(H1).id();
        pair.host(H2).end();
        pair.write(H1, 100, DATA);
        pair.stop();
        soon(() -> isClosed(pair.host(H1)));
        pair.host(H1).end();

        pair.force(H2, pair.replica(H2).id());
        restart(pair.host(H2), H2, pair.host(H2).boot);
        pair.start(H2, H2);
        for (int mib = 1; mib < 7; mib++) {
            pair.write(H2, (long) mib << 20, DATA);
        }
        pair.stop();
        soon(() -> isClosed(pair.host(H2)));

        pair.force(H1, one);
        restart(pair.host(H1), H1, pair.host(H1).boot);
        pair.start(H1, H1);
        soon(pair::isWhole);
        assertThat(pair.read(H1, 100, 5)).isEqualTo(DATA);
        assertThat(pair.read(H1, 3 << 20, 5)).isEqualTo(new byte[5]);
        assertEqualFiles();
    }

    @Test
    void aReplicaThatIsGoneIsToldAndNotBegunOn() throws IOException {
        VolumePair.Host host = pair.host(H1);
        Files.delete(host.file());
        restart(host, host.boot);
        assertThat(found(H1)).isEmpty();
        assertThat(host.desk.events).anyMatch(text -> text.startsWith("replica-unusable ERROR"));
        assertThat(host.volumes.replicas()).containsExactly(ReplicaReport.unusable(DISK.id()));
    }

    @Test
    void anAgentThatIsStartedAnewTakesItsReplica() throws IOException {
        VolumePair.Host host = usedWhenItEnded();
        restart(host, host.boot);
        assertThat(found(H1)).containsExactly(DISK.id());
    }

    @Test
    void aHostThatIsStartedAnewLeavesTheBeginningToOneThatWasNot() throws IOException {
        VolumePair.Host host = usedWhenItEnded();
        host.peersReport = Optional.of(report(Condition.SOUND));
        restart(host, UUID.randomUUID());
        assertThat(found(H1)).isEmpty();
        assertThat(host.desk.events).anyMatch(text -> text.startsWith("replica-lossy WARNING"));
    }

    @Test
    void twoHostsThatAreStartedAnewBeginWithWhatWasFlushed() throws IOException {
        VolumePair.Host host = usedWhenItEnded();
        host.peersReport = Optional.of(report(Condition.LOSSY));
        restart(host, UUID.randomUUID());
        assertThat(found(H1)).containsExactly(DISK.id());
    }

    @Test
    void aHostThatIsStartedAnewAloneBeginsAfterAWhile() throws IOException {
        VolumePair.Host host = usedWhenItEnded();
        restart(host, UUID.randomUUID());
        assertThat(found(H1)).containsExactly(DISK.id());
        assertThat(host.desk.events).anyMatch(text -> text.contains("what was not flushed may be missing"));
    }

    /// As a power loss leaves it: marked as in use.
    private VolumePair.Host usedWhenItEnded() throws IOException {
        pair.start(H1, H1);
        soon(pair::isWhole);
        VolumePair.Host host = pair.host(H1);
        byte[] meta = Files.readAllBytes(Path.of(host.file() + ".meta"));
        pair.stop();
        soon(() -> isClosed(host));
        host.end();
        Files.write(Path.of(host.file() + ".meta"), meta);
        host.desk.steps.clear();
        return host;
    }

    /// That it says so is not enough: it is written twice, and who writes it holds the lock until then.
    private static boolean isClosed(VolumePair.Host host) throws IOException {
        try (BlockFile metadata = BlockFile.open(ReplicaStore.metadata(host.file()))) {
            return metadata.tryLock()
                    && ReplicaStore.inspect(host.file(), Expected.ANYTHING).isClean();
        }
    }

    private void restart(VolumePair.Host host, UUID boot) throws IOException {
        restart(host, H1, boot);
    }

    private void restart(VolumePair.Host host, HostName name, UUID boot) throws IOException {
        host.boot = boot;
        host.start(name);
        pair.tell();
    }

    private static VmReport report(Condition condition) {
        return new VmReport(
                VolumePair.SPEC.id(),
                VmState.STOPPED,
                false,
                "",
                Optional.empty(),
                Optional.empty(),
                List.of(),
                List.of(new ReplicaReport(DISK.id(), condition, Optional.empty(), 1, Optional.empty())));
    }
}
