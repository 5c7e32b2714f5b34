package understudy.volume.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import understudy.volume.Geometry;

/// Writes that come between the reading of blocks and the notice of their checksums.
class ComputationTest {
    private static final long SIZE = 2L * Geometry.EXTENT_BYTES;
    private static final Identity IDENTITY = new Identity(new UUID(1, 2), new UUID(3, 4), SIZE, Instant.EPOCH);

    private final SimulatedPower power = new SimulatedPower();
    private final SimulatedDisk disk = new SimulatedDisk(power, SIZE);
    private final InterruptedDisk data = new InterruptedDisk(disk);
    private final SimulatedDisk meta = new SimulatedDisk(power, ReplicaFormat.bytes(SIZE));
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment before =
            arena.allocate(8 * Geometry.BLOCK_BYTES).fill((byte) 1);
    private final MemorySegment after = arena.allocate(4 * Geometry.BLOCK_BYTES).fill((byte) 2);
    private final MemorySegment found = arena.allocate(8 * Geometry.BLOCK_BYTES);
    private ReplicaStore store;

    @BeforeEach
    void crash() throws IOException {
        store = ReplicaStore.create(data, meta, IDENTITY);
        assertThat(store.touch(0, before.byteSize())).isFalse();
        assertThat(store.heat()).isTrue();
        store.write(0, before);
        store.close();
        store = ReplicaStore.open(data, meta, Expected.ANYTHING);
    }

    @AfterEach
    void free() {
        arena.close();
    }

    private void write() throws DiskFailedException {
        try {
            store.write(2L * Geometry.BLOCK_BYTES, after);
        } catch (CorruptBlocksException e) {
            throw new AssertionError(e);
        }
    }

    private boolean isKnown() throws IOException {
        return store.checksums(0, new int[Geometry.EXTENT_BLOCKS]);
    }

    @Test
    void theChecksumOfALaterWriteStays() throws IOException {
        data.afterRead(this::write);
        assertThat(store.computeNext()).isTrue();
        assertThat(isKnown()).isTrue();
        store.read(0, found);
        disk.flip(3L * Geometry.BLOCK_BYTES);
        assertThatThrownBy(() -> store.read(0, found)).isInstanceOf(CorruptBlocksException.class);
    }

    @Test
    void nothingIsBelievedThatWasReadBesideAFailingWrite() throws IOException {
        data.afterRead(() -> {
            disk.fillAfter(0);
            assertThatThrownBy(this::write).isInstanceOf(DiskFailedException.class);
            disk.fillAfter(Integer.MAX_VALUE);
        });
        store.compute(0);
        assertThat(isKnown()).isFalse();
        store.compute(0);
        assertThat(isKnown()).isTrue();
        store.read(0, found);
    }

    @Test
    void aReaderThatWasOvertakenByAWriteLooksAgain() throws IOException {
        store.compute(0);
        data.afterRead(this::write);
        store.read(0, found);
        assertThat(found.asSlice(2L * Geometry.BLOCK_BYTES, after.byteSize()).mismatch(after))
                .isEqualTo(-1);
        assertThat(store.statistics().secondLooks()).isEqualTo(4);
        assertThat(store.statistics().corruptBlocks()).isZero();
    }

    @Test
    void aDamagedRecordIsComputedAnewAndWritten() throws IOException {
        store.sync();
        Retirement retirement = store.startRetirement(1);
        retirement.persist();
        assertThat(retirement.finish()).isEqualTo(1);
        store.close(true);
        meta.flip(ReplicaFormat.record(0) + 1000);
        store = ReplicaStore.open(data, meta, Expected.ANYTHING);
        assertThat(isKnown()).isFalse();
        assertThat(store.statistics().damagedRecords()).isEqualTo(1);
        assertThat(store.computeNext()).isTrue();
        assertThat(store.computeNext()).isFalse();
        store.close(true);
        store = ReplicaStore.open(data, meta, Expected.ANYTHING);
        assertThat(isKnown()).isTrue();
        assertThat(store.statistics().damagedRecords()).isZero();
    }
}
