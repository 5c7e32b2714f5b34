package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import understudy.api.VolumePieces;
import understudy.link.Link;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.Problem;
import understudy.model.VmId;
import understudy.model.VolumeId;
import understudy.model.VolumeSpec;
import understudy.volume.store.Expected;
import understudy.volume.store.Identity;
import understudy.volume.store.ReplicaStore;

@Timeout(60)
class ReplicaExportTest {
    private static final long SIZE = (64L << 20) + 512;
    private static final int DATA = (3 << 20) + 4096;
    private static final HostName H2 = new HostName("h2");
    private static final VolumeSpec DISK =
            new VolumeSpec(new VolumeId(UUID.randomUUID()), "disk0", new ByteSize(SIZE), Optional.empty());

    @TempDir
    Path folder;

    private final Links links = new Links();
    private Path file;

    /// Remembers where pieces were.
    private static final class Seen implements VolumePieces.Sink {
        private final List<Long> offsets = new ArrayList<>();
        private long bytes;
        private long sum;
        private long size = -1;

        @Override
        public void piece(long offset, byte[] piece, int length) {
            offsets.add(offset);
            bytes += length;
            for (int i = 0; i < length; i++) {
                sum += piece[i];
            }
        }

        @Override
        public void end(long all) {
            size = all;
        }
    }

    @BeforeEach
    void make() throws IOException {
        file = folder.resolve("disk0");
        Identity identity = new Identity(DISK.id().value(), UUID.randomUUID(), SIZE, Instant.now());
        ReplicaStore store = ReplicaStore.create(file, identity);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocate(DATA);
            data.fill((byte) 1);
            store.touch(8 << 20, DATA);
            assertThat(store.heat()).isTrue();
            store.write(8 << 20, data);
        }
        store.close(true);
    }

    @AfterEach
    void close() {
        links.close();
    }

    private ReplicaExport open(int pieces) throws IOException {
        AtomicInteger left = new AtomicInteger(pieces);
        ReplicaStore store = ReplicaStore.open(file, Expected.ANYTHING);
        return new ReplicaExport(store, DISK, () -> left.getAndDecrement() > 0);
    }

    @Test
    void allDataComesAndNoHoles() throws IOException {
        Seen seen = new Seen();
        try (ReplicaExport export = open(1000)) {
            export.sendTo(seen);
        }
        assertThat(seen.size).isEqualTo(SIZE);
        assertThat(seen.sum).isEqualTo(DATA);
        assertThat(seen.bytes).isLessThan(DATA + (1 << 20));
        assertThat(seen.offsets.getFirst()).isEqualTo(8 << 20);
    }

    @Test
    void whoStartsTheVmComesFirst() throws IOException {
        Seen seen = new Seen();
        try (ReplicaExport export = open(1)) {
            assertThatThrownBy(() -> export.sendTo(seen))
                    .isInstanceOfSatisfying(
                            Problem.Refused.class,
                            refused -> assertThat(refused.problem().code()).isEqualTo("vm-not-stopped"));
        }
        assertThat(seen.offsets).hasSize(1);
        assertThat(seen.size).isEqualTo(-1);
        ReplicaStore.open(file, Expected.ANYTHING).close(true);
    }

    @Test
    void corruptBlocksAreNotExported() throws IOException {
        try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
            raw.seek((9 << 20) + 77);
            raw.write(5);
        }
        Seen seen = new Seen();
        try (ReplicaExport export = open(1000)) {
            assertThatThrownBy(() -> export.sendTo(seen))
                    .isInstanceOfSatisfying(
                            Problem.Refused.class,
                            refused -> assertThat(refused.problem().code()).isEqualTo("corrupt-blocks"));
        }
        assertThat(seen.size).isEqualTo(-1);
    }

    @Test
    void anotherHostsReplicaComesOverTheLink() throws IOException {
        Link h1 = links.add("h1");
        ExportService one = new ExportService(new HostName("h1"), h1, (_, _, _) -> {
            throw new AssertionError("it is on h2");
        });
        VmId vm = new VmId(UUID.randomUUID());
        new ExportService(H2, links.add("h2"), (asked, volume, sink) -> {
            if (!asked.equals(vm)) {
                throw Problem.of("vm-unknown", "h2 does not know it.", "").refused();
            }
            try (ReplicaExport export = open(1000)) {
                export.sendTo(sink);
            }
        });
        Seen seen = new Seen();
        one.export(H2, vm, DISK.id(), seen);
        assertThat(seen.size).isEqualTo(SIZE);
        assertThat(seen.sum).isEqualTo(DATA);
        Seen none = new Seen();
        assertThatThrownBy(() -> one.export(H2, new VmId(UUID.randomUUID()), DISK.id(), none))
                .isInstanceOfSatisfying(
                        Problem.Refused.class,
                        refused -> assertThat(refused.problem().code()).isEqualTo("vm-unknown"));
        assertThatThrownBy(() -> one.export(new HostName("h9"), vm, DISK.id(), none))
                .isInstanceOfSatisfying(
                        Problem.Refused.class,
                        refused -> assertThat(refused.problem().code()).isEqualTo("no-answer-from-host"));
    }
}
