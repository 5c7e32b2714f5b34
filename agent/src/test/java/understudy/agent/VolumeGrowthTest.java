package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Placement;
import understudy.model.Policy;
import understudy.model.Problem;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmName;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.model.VolumeId;
import understudy.model.VolumeSpec;
import understudy.volume.store.ReplicaStore;
import understudy.volume.store.StoreRefusedException;

@Timeout(60)
class VolumeGrowthTest {
    private static final HostName H1 = new HostName("h1");
    private static final HostName H2 = new HostName("h2");

    /// Neither a whole number of extents nor of blocks.
    private static final VolumeSpec SMALL =
            new VolumeSpec(new VolumeId(UUID.randomUUID()), "disk0", new ByteSize((1 << 20) + 512), Optional.empty());

    private static final VolumeSpec LARGE = SMALL.grown(new ByteSize((300L << 20) + 1024));

    @TempDir
    Path directory;

    private final Links links = new Links();
    private final VmSpec spec = new VmSpec(
            new VmId(UUID.randomUUID()),
            new VmName("db-1"),
            Level.COMPONENT,
            Policy.BALANCED,
            ByteSize.ofMebibytes(128),
            1,
            "pc-q35-7.2",
            "qemu64",
            List.of(),
            List.of(SMALL),
            Optional.empty(),
            List.of(H1, H2));
    private final View view = new View(1, new Placement.Stopped(), NewVolumes.of(spec), UUID.randomUUID());
    private ReplicaFolder folder;

    @BeforeEach
    void make() throws IOException {
        FileStore images = new FileStore(directory.resolve("files"), links.add("h1"));
        folder =
                new ReplicaFolder(directory.resolve("volumes"), UUID.randomUUID(), spec, H1, UUID.randomUUID(), images);
        folder.makeFirst(new VmRecord(spec, false, view));
    }

    @AfterEach
    void close() {
        links.close();
    }

    @Test
    void aReplicaBecomesAsLargeAsTheLedgerSaysWhenItIsOpened() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment block = arena.allocate(4096);
            block.fill((byte) 7);
            ReplicaStore store = folder.open(view, SMALL);
            store.touch(0, block.byteSize());
            assertThat(store.heat()).isTrue();
            store.write(0, block);
            store.close(false);

            ReplicaStore grown = folder.open(view, LARGE);
            assertThat(grown.sizeBytes()).isEqualTo(LARGE.size().bytes());
            MemorySegment read = arena.allocate(4096);
            grown.read(0, read);
            assertThat(read.mismatch(block)).isEqualTo(-1);
            grown.read(LARGE.size().bytes() - 4096, read);
            assertThat(read.mismatch(arena.allocate(4096))).isEqualTo(-1);
            grown.close(true);
        }
        ReplicaStore again = folder.open(view, LARGE);
        assertThat(again.sizeBytes()).isEqualTo(LARGE.size().bytes());
        again.close(true);
        assertThat(Files.size(folder.file(SMALL))).isEqualTo(LARGE.size().bytes());
    }

    @Test
    void aReplicaThatIsLargerThanTheLedgerIsKnownToSayHereIsLeftAlone() throws IOException {
        folder.open(view, LARGE).close(true);
        assertThatThrownBy(() -> folder.open(view, SMALL))
                .isInstanceOf(StoreRefusedException.class)
                .hasMessageContaining("ledger");
        ReplicaStore store = folder.open(view, LARGE);
        assertThat(store.sizeBytes()).isEqualTo(LARGE.size().bytes());
        store.close(true);
    }

    @Test
    void whatAFileSystemCanHoldIsTriedWithoutTouchingTheReplica() throws IOException {
        VolumeGrowth.check(folder.file(SMALL), LARGE.size(), H1);
        try (var files = Files.list(folder.file(SMALL).getParent())) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("disk0", "disk0.meta", "cluster");
        }
        assertThat(Files.size(folder.file(SMALL))).isEqualTo(SMALL.size().bytes());
    }

    @Test
    void aReplicaThatIsNotThereCannotGrow() throws IOException {
        Files.delete(ReplicaStore.metadata(folder.file(SMALL)));
        assertThatThrownBy(() -> VolumeGrowth.check(folder.file(SMALL), LARGE.size(), H1))
                .isInstanceOfSatisfying(
                        Problem.Refused.class,
                        refused -> assertThat(refused.problem().code()).isEqualTo("replica-missing"));
    }
}
