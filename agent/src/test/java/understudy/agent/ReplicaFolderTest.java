package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import understudy.agent.ReplicaReport.Condition;
import understudy.model.HostName;
import understudy.model.Placement;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.model.VolumeReplica;
import understudy.model.VolumeSpec;
import understudy.model.VolumeView;
import understudy.protocol.MirrorWishes;
import understudy.volume.store.ReplicaStore;
import understudy.volume.store.Standing;
import understudy.volume.store.StoreRefusedException;

class ReplicaFolderTest {
    private static final HostName H1 = new HostName("h1");
    private static final HostName H2 = new HostName("h2");
    private static final UUID HERE = new UUID(2, 1);
    private static final UUID THERE = new UUID(2, 2);
    private static final UUID BOOT = new UUID(3, 1);
    private static final VolumeSpec DISK = VolumePair.DISK;

    @TempDir
    Path directory;

    private final Links links = new Links();
    private FileStore files;
    private ReplicaFolder folder;

    @BeforeEach
    void open() throws IOException {
        files = new FileStore(directory.resolve("files"), links.add("h1"));
        folder = folder(BOOT, true);
        folder.makeFirst(record(1, true));
    }

    @AfterEach
    void close() {
        links.close();
    }

    private ReplicaFolder folder(UUID boot, boolean isDisk) {
        return new ReplicaFolder(
                directory.resolve("disk"), VolumePair.CLUSTER, VolumePair.SPEC, H1, boot, files, _ -> isDisk);
    }

    private static VmRecord record(long number, boolean inSync) {
        return new VmRecord(VolumePair.SPEC, true, view(number, inSync));
    }

    private static View view(long number, boolean inSync) {
        return view(number, new VolumeReplica(H1, HERE, inSync));
    }

    private static View view(long number, VolumeReplica here) {
        return new View(
                number,
                new Placement.Stopped(),
                List.of(new VolumeView(DISK.id(), List.of(here, new VolumeReplica(H2, THERE, true)))),
                new UUID(6, number));
    }

    private Path data() {
        return folder.file(DISK);
    }

    private void lose() throws IOException {
        Files.delete(data());
        Files.delete(ReplicaStore.metadata(data()));
    }

    @Test
    void theFirstViewHasReplicasMadeAndNoLaterOne() throws IOException {
        assertThat(folder.look(view(1, true), DISK).condition()).isEqualTo(Condition.SOUND);
        lose();
        folder.makeFirst(record(2, true));
        assertThat(data()).doesNotExist();
        assertThatThrownBy(() -> folder.look(view(2, true), DISK))
                .isInstanceOf(StoreRefusedException.class)
                .hasMessageContaining("is not there");
    }

    @Test
    void aReplicaThatIsMadeAlreadyIsLeftAsItIs() throws IOException {
        try (FileChannel channel = FileChannel.open(data(), StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 4096);
        }
        folder.makeFirst(record(1, true));
        assertThat(Files.readAllBytes(data())).startsWith(new byte[4096]).contains((byte) 2);
    }

    @Test
    void whatWasOpenWhenTheHostEndedIsLossyUntilItIsOpenedAgain() throws IOException {
        folder.open(view(2, true), DISK).close();
        assertThat(folder.look(view(2, true), DISK).condition()).isEqualTo(Condition.SOUND);
        ReplicaFolder later = folder(new UUID(3, 2), true);
        assertThat(later.look(view(2, true), DISK).condition()).isEqualTo(Condition.LOSSY);
        assertThat(later.look(view(2, true), DISK).condition()).isEqualTo(Condition.LOSSY);
        later.open(view(3, true), DISK).close();
        assertThat(later.look(view(3, true), DISK).condition()).isEqualTo(Condition.SOUND);
    }

    @Test
    void whatWasClosedCleanlyHasLostNothing() throws IOException {
        folder.open(view(2, true), DISK).close(true);
        assertThat(folder(new UUID(3, 2), true).look(view(2, true), DISK).condition())
                .isEqualTo(Condition.SOUND);
    }

    @Test
    void aReplicaInUseCanBeLookedAt() throws IOException {
        try (ReplicaStore open = folder.open(view(2, true), DISK)) {
            assertThat(folder.look(view(2, true), DISK).condition()).isEqualTo(Condition.SOUND);
            assertThat(open.failure()).isEmpty();
            assertThatThrownBy(() -> folder.open(view(2, true), DISK))
                    .isInstanceOf(StoreRefusedException.class)
                    .hasMessageContaining("in use");
        }
    }

    @Test
    void anEmptyDiskGetsAReplicaOfItsOwnOnlyWhereNoneIsCountedOn() throws IOException {
        lose();
        assertThatThrownBy(() -> folder.open(view(2, true), DISK)).isInstanceOf(StoreRefusedException.class);
        assertThat(data()).doesNotExist();
        try (ReplicaStore fresh = folder.open(view(2, false), DISK)) {
            assertThat(fresh.identity().volume()).isEqualTo(DISK.id().value());
            assertThat(fresh.identity().replica()).isNotEqualTo(HERE);
        }
    }

    @Test
    void twoWhoMakeAReplicaAtOnceLeaveAWholeOne() throws Exception {
        try (ExecutorService other = Executors.newSingleThreadExecutor()) {
            for (int round = 0; round < 100; round++) {
                lose();
                Future<?> first = other.submit(() -> {
                    folder.makeFirst(record(1, true));
                    return null;
                });
                try (ReplicaStore fresh = folder.open(view(2, false), DISK)) {
                    assertThat(fresh.identity().volume()).isEqualTo(DISK.id().value());
                } catch (StoreRefusedException e) {
                    assertThat(e.getMessage()).containsAnyOf("is being made", "no metadata", "in use");
                }
                first.get();
                assertThat(ReplicaStore.presence(data())).isEqualTo(ReplicaStore.Presence.BOTH);
            }
        }
    }

    @Test
    void aFolderThatIsNoDiskIsNotTakenForAnEmptyOne() throws IOException {
        lose();
        ReplicaFolder unmounted = folder(BOOT, false);
        assertThatThrownBy(() -> unmounted.open(view(2, false), DISK)).isInstanceOf(StoreRefusedException.class);
        assertThat(data()).doesNotExist();
    }

    /// It was told to, and may have been interrupted.
    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"nothing", "half a replica"})
    void aHostThatHasJustComeMakesItsReplicaWhateverItsFolderIs(String left) throws Exception {
        if (left.equals("nothing")) {
            lose();
        } else {
            Files.delete(ReplicaStore.metadata(data()));
        }
        VolumeReplica unmade = new VolumeReplica(H1, new UUID(7, 7), false, true);
        ReplicaFolder unmounted = folder(BOOT, false);
        try (ReplicaStore store = unmounted.open(view(2, unmade), DISK)) {
            assertThat(store.identity().replica()).isNotEqualTo(HERE);
        }
        try (ReplicaStore again = unmounted.open(view(2, unmade), DISK)) {
            assertThat(again.sizeBytes()).isEqualTo(DISK.size().bytes());
        }
    }

    /// It was a host of the VM before.
    @Test
    void aHostThatComesAgainBeginsWithWhatItHas() throws Exception {
        VolumeReplica unmade = new VolumeReplica(H1, new UUID(7, 7), false, true);
        try (ReplicaStore store = folder(BOOT, false).open(view(2, unmade), DISK)) {
            assertThat(store.identity().replica()).isEqualTo(HERE);
        }
    }

    @Test
    void halfAReplicaIsNeitherUsedNorOverwritten() throws IOException {
        Files.delete(ReplicaStore.metadata(data()));
        assertThatThrownBy(() -> folder.open(view(2, false), DISK)).isInstanceOf(StoreRefusedException.class);
        assertThatThrownBy(() -> folder.look(view(2, true), DISK))
                .isInstanceOf(StoreRefusedException.class)
                .hasMessageContaining("no metadata");
        assertThat(data()).exists();
    }

    @Test
    void aDamagedSuperblockIsFoundAndLeft() throws IOException {
        Path meta = ReplicaStore.metadata(data());
        byte[] damaged = Files.readAllBytes(meta);
        java.util.Arrays.fill(damaged, 0, 8192, (byte) 7);
        Files.write(meta, damaged);
        assertThatThrownBy(() -> folder.look(view(2, true), DISK))
                .isInstanceOf(StoreRefusedException.class)
                .hasMessageContaining("damaged");
        assertThat(Files.readAllBytes(meta)).isEqualTo(damaged);
    }

    @Test
    void anotherReplicaIsUsedOnlyWhereNoneIsCountedOn() throws IOException {
        VolumeView another = new VolumeView(
                DISK.id(), List.of(new VolumeReplica(H1, new UUID(2, 9), true), new VolumeReplica(H2, THERE, true)));
        View view = new View(2, new Placement.Stopped(), List.of(another), new UUID(6, 2));
        assertThatThrownBy(() -> folder.look(view, DISK))
                .isInstanceOf(StoreRefusedException.class)
                .hasMessageContaining("belongs to replica");
        assertThatThrownBy(() -> folder.open(view, DISK)).isInstanceOf(StoreRefusedException.class);
        View without =
                new View(3, new Placement.Stopped(), List.of(another.keeping(host -> host.equals(H2))), new UUID(6, 3));
        try (ReplicaStore open = folder.open(without, DISK)) {
            assertThat(open.identity().replica()).isEqualTo(HERE);
        }
    }

    @Test
    void anotherReplicaThanTheViewNamesIsToldAsSuch() throws IOException {
        VolumeView another = new VolumeView(
                DISK.id(), List.of(new VolumeReplica(H1, new UUID(2, 9), false), new VolumeReplica(H2, THERE, true)));
        View forced = new View(3, new Placement.Stopped(), List.of(another), new UUID(6, 3));
        ReplicaReport report = folder.look(forced, DISK);
        assertThat(report.condition()).isEqualTo(Condition.OTHER);
        assertThat(report.replica()).contains(HERE);
    }

    @Test
    void aCopyThatDidNotComeToItsEndWasInSyncInNoView() throws IOException {
        try (ReplicaStore open = folder.open(view(2, true), DISK)) {
            open.record(new Standing(9, false, true, Optional.empty()));
        }
        assertThat(folder.look(view(5, false), DISK).inSyncView()).isZero();
    }

    @Test
    void aReplicaTellsInWhichViewItHadAllAndWhenItWasWritten() throws IOException {
        long mirrorsNumber = MirrorWishes.at(DISK.id(), view(3, true)).telling().told();
        try (ReplicaStore open = folder.open(view(2, true), DISK)) {
            open.record(new Standing(mirrorsNumber, true, false, Optional.empty()));
        }
        ReplicaReport report = folder.look(view(5, false), DISK);
        assertThat(report.inSyncView()).isEqualTo(3);
        assertThat(report.written()).isPresent();
    }

    @Test
    void removalLeavesNothing() throws IOException {
        folder.probe();
        folder.open(view(2, true), DISK).close();
        folder.remove();
        assertThat(directory.resolve("disk")).isEmptyDirectory();
    }
}
