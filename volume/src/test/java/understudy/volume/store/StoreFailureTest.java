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

/// Disks that fail without dying.
class StoreFailureTest {
    private static final long SIZE = 5L * Geometry.EXTENT_BYTES;
    private static final Identity IDENTITY = new Identity(new UUID(1, 2), new UUID(3, 4), SIZE, Instant.EPOCH);

    private final SimulatedPower power = new SimulatedPower();
    private final SimulatedDisk data = new SimulatedDisk(power, SIZE);
    private final SimulatedDisk meta = new SimulatedDisk(power, ReplicaFormat.bytes(SIZE));
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment before =
            arena.allocate(8 * Geometry.BLOCK_BYTES).fill((byte) 1);
    private final MemorySegment after = arena.allocate(8 * Geometry.BLOCK_BYTES).fill((byte) 2);
    private ReplicaStore store;

    @BeforeEach
    void write() throws IOException {
        store = ReplicaStore.create(data, meta, IDENTITY);
        assertThat(store.touch(0, before.byteSize())).isFalse();
        assertThat(store.heat()).isTrue();
        store.write(0, before);
    }

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void aWriteWithoutRoomLeavesBlocksUnknownAndTheStoreGoesOn() throws IOException {
        data.fillAfter(0);
        assertThatThrownBy(() -> store.write(0, after))
                .isInstanceOfSatisfying(
                        DiskFailedException.class, e -> assertThat(e.isFull()).isTrue());
        data.fillAfter(Integer.MAX_VALUE);
        MemorySegment found = arena.allocate(before.byteSize());
        store.read(0, found);
        assertThat(found.asSlice(0, found.byteSize() / 2).mismatch(after)).isEqualTo(found.byteSize() / 2);
        assertThat(store.checksums(0, new int[Geometry.EXTENT_BLOCKS])).isFalse();
        assertThat(store.failure()).isEmpty();
        store.sync();
        Retirement retirement = store.startRetirement(1);
        retirement.persist();
        assertThat(retirement.finish()).isEqualTo(1);
        assertThat(store.checksums(0, new int[Geometry.EXTENT_BLOCKS])).isTrue();
        store.read(0, found);
    }

    @Test
    void metadataWithoutRoomKeepExtentsInTheLog() throws IOException {
        meta.fillAfter(0);
        Retirement retirement = store.startRetirement(1);
        assertThatThrownBy(retirement::persist).isInstanceOf(DiskFailedException.class);
        assertThatThrownBy(retirement::finish).isInstanceOf(IllegalStateException.class);
        assertThat(store.failure()).isEmpty();
        meta.fillAfter(Integer.MAX_VALUE);
        Retirement again = store.startRetirement(1);
        again.persist();
        assertThat(again.finish()).isEqualTo(1);
    }

    /// Else the log that no longer names an extent could outlive a loss of power, and its checksums not: too rare
    /// for random crashes to find.
    @Test
    void whatARetirementRestsOnIsDurable() throws IOException {
        store.startTracking(new UUID(5, 5), 1);
        // The page of marks is known to be there: else its number is noted, in two slots, of which one needs no sync.
        store.persistMarks();
        store.clear(0, new long[] {-1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        store.write(0, after);
        store.sync();
        Retirement retirement = store.startRetirement(1);
        retirement.persist();
        assertThat(meta.isDurable()).isTrue();
        assertThat(retirement.finish()).isEqualTo(1);
    }

    @Test
    void aFailedSyncIsForGood() throws IOException {
        data.failSyncs();
        assertThatThrownBy(store::sync).isInstanceOf(DiskFailedException.class).hasMessage("a sync that fails");
        assertThatThrownBy(store::sync)
                .isInstanceOf(DiskFailedException.class)
                .hasMessage("failed before: a sync that fails");
        assertThat(store.failure()).isPresent();
        assertThatThrownBy(() -> store.write(0, after)).isInstanceOf(DiskFailedException.class);
        long changes = data.changes() + meta.changes();
        store.close(true);
        assertThat(data.changes() + meta.changes()).isEqualTo(changes);
    }

    @Test
    void anExtentIsNotHotWhenTheLogCannotBeWritten() {
        meta.failSyncs();
        assertThat(store.touch(3L * Geometry.EXTENT_BYTES, 1)).isFalse();
        assertThatThrownBy(store::heat).isInstanceOf(DiskFailedException.class);
        assertThatThrownBy(() -> store.write(3L * Geometry.EXTENT_BYTES, after))
                .isInstanceOf(DiskFailedException.class);
        assertThatThrownBy(() -> store.record(Standing.FRESH)).isInstanceOf(DiskFailedException.class);
    }
}
