package understudy.volume.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Arrays;
import java.util.Random;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import understudy.volume.Geometry;
import understudy.volume.Lane.Allocation;
import understudy.volume.store.ReplicaStore.Presence;

/// A store on real files.
class ReplicaStoreTest {
    private static final int BLOCK = Geometry.BLOCK_BYTES;
    private static final long EXTENT = Geometry.EXTENT_BYTES;

    /// The last extent is cut short, and so is the last block.
    private static final long SIZE = 9 * EXTENT + 5 * BLOCK + 512;

    private static final UUID PEER = new UUID(7, 7);

    private final Identity identity = new Identity(UUID.randomUUID(), UUID.randomUUID(), SIZE, Instant.now());
    private final Arena arena = Arena.ofShared();

    @TempDir
    Path folder;

    private Path file;
    private ReplicaStore store;

    @BeforeEach
    void create() throws IOException {
        file = folder.resolve("disk.raw");
        store = ReplicaStore.create(file, identity);
    }

    @AfterEach
    void close() {
        store.close();
        arena.close();
    }

    private MemorySegment random(long seed, long length) {
        byte[] bytes = new byte[(int) length];
        new Random(seed).nextBytes(bytes);
        MemorySegment segment = arena.allocate(length);
        segment.copyFrom(MemorySegment.ofArray(bytes));
        return segment;
    }

    private void heat(long offset, long length) throws IOException {
        if (!store.touch(offset, length)) {
            assertThat(store.heat()).isTrue();
        }
    }

    private void write(long offset, MemorySegment data) throws IOException {
        heat(offset, data.byteSize());
        store.write(offset, data);
    }

    private MemorySegment read(long offset, long length) throws IOException {
        MemorySegment target = arena.allocate(length);
        store.read(offset, target);
        return target;
    }

    private void assertHolds(long offset, MemorySegment data) throws IOException {
        assertThat(read(offset, data.byteSize()).mismatch(data)).isEqualTo(-1);
    }

    private void reopen() throws IOException {
        store = ReplicaStore.open(file, Expected.ANYTHING);
    }

    private void crash() throws IOException {
        store.close();
        reopen();
    }

    private int retire() throws IOException {
        Retirement retirement = store.startRetirement(ReplicaStore.HOT_EXTENTS_MAX);
        store.sync();
        retirement.persist();
        return retirement.finish();
    }

    private boolean isKnown(int extent) throws IOException {
        return store.checksums(extent, new int[Geometry.EXTENT_BLOCKS]);
    }

    private void corrupt(long offset) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, offset);
            one.put(0, (byte) (one.get(0) ^ 0x40)).flip();
            channel.write(one, offset);
        }
    }

    @Test
    void aNewVolumeHoldsZerosAndTakesNoSpace() throws IOException {
        assertThat(Files.size(file)).isEqualTo(SIZE);
        assertThat(read(0, SIZE).mismatch(arena.allocate(SIZE))).isEqualTo(-1);
        assertThat(store.allocation(0, SIZE, 10)).containsExactly(new Allocation(SIZE, true, true));
        assertThat(store.standing()).isEqualTo(Standing.FRESH);
        assertThat(store.identity()).isEqualTo(identity);
        assertThat(store.loggedExtents()).isEmpty();
        assertThat(store.computeNext()).isFalse();
        assertThat(isKnown(3)).isTrue();
    }

    /// Two records of a log, each with its own CRC-32C at the end, as databases write them.
    @Test
    void digestsTellBlocksApartWhoseChecksumsAreEqual() throws IOException {
        for (int block = 0; block < 2; block++) {
            ByteBuffer bytes = ByteBuffer.allocateDirect(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
            bytes.putInt(0, 1000 + block);
            CRC32C crc = new CRC32C();
            crc.update(bytes.slice(0, 16));
            bytes.putInt(16, (int) crc.getValue());
            write((long) block * BLOCK, MemorySegment.ofBuffer(bytes));
        }
        int[] sums = new int[Geometry.EXTENT_BLOCKS];
        assertThat(store.checksums(0, sums)).isTrue();
        assertThat(sums[0]).as("this is why").isEqualTo(sums[1]);
        long[] digests = new long[Geometry.EXTENT_BLOCKS];
        digests[3] = 7;
        store.digests(0, new long[] {7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, digests);
        assertThat(digests[0]).isNotEqualTo(digests[1]);
        assertThat(digests[2]).isEqualTo(ReplicaStore.DIGEST_OF_ZEROS);
        assertThat(digests[3]).as("not wanted").isEqualTo(7);
        corrupt(5);
        store.digests(0, new long[] {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, digests);
        assertThat(digests[0]).isEqualTo(ReplicaStore.DIGEST_OF_CORRUPT);
    }

    @Test
    void whatIsMarkedAsBadIsReadByNobodyUntilItIsWrittenAnew() throws IOException {
        write(0, random(1, 8L * BLOCK));
        long[] third = {4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        assertThat(store.markBad(0, third)).isTrue();
        // A hole, and the block that is cut short.
        assertThat(store.markBad(5, third)).isTrue();
        assertThat(store.markBad(9, new long[] {32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}))
                .isTrue();
        for (int life = 0; life < 2; life++) {
            assertBad(2L * BLOCK, BLOCK);
            assertBad(5 * EXTENT + 2 * BLOCK, BLOCK);
            assertBad(SIZE - 512, 512);
            assertHolds(3L * BLOCK, random(1, 8L * BLOCK).asSlice(3L * BLOCK));
            assertThat(store.doubtfulExtents()).containsExactly(0, 5, 9);
            // With the checksums of what was in use computed anew from what is there.
            crash();
            store.compute(0);
        }
        for (long offset : new long[] {2L * BLOCK, 5 * EXTENT + 2 * BLOCK}) {
            heat(offset, BLOCK);
            assertThatThrownBy(() -> store.write(offset + 1, random(2, BLOCK - 1)))
                    .isInstanceOf(CorruptBlocksException.class);
            store.write(offset, random(2, BLOCK));
            assertHolds(offset, random(2, BLOCK));
        }
        heat(SIZE - 512, 512);
        store.zero(SIZE - 512, 512, true);
        crash();
        assertThat(store.bad()).isEqualTo(BadBlocks.NONE);
        assertHolds(2L * BLOCK, random(2, BLOCK));
    }

    private void assertBad(long offset, int length) throws IOException {
        assertThatThrownBy(() -> read(offset, length))
                .isInstanceOfSatisfying(
                        CorruptBlocksException.class,
                        e -> assertThat(e.ranges()).containsExactly(new ByteRange(offset, length)));
        long[] digests = new long[Geometry.EXTENT_BLOCKS];
        long[] all = new long[16];
        Arrays.fill(all, -1);
        store.digests(Geometry.extentOf(offset), all, digests);
        int index = (int) (offset % EXTENT / BLOCK);
        assertThat(digests[index]).isEqualTo(ReplicaStore.DIGEST_OF_CORRUPT);
        assertThat(digests[index + 1]).isNotEqualTo(ReplicaStore.DIGEST_OF_CORRUPT);
    }

    @Test
    void thereIsRoomForSoManyRunsOfBadBlocks() throws IOException {
        long[] everyOther = new long[16];
        Arrays.fill(everyOther, 0x5555_5555_5555_5555L);
        assertThat(store.markBad(0, everyOther)).as("512 runs").isFalse();
        assertThat(store.bad()).isEqualTo(BadBlocks.NONE);
        everyOther[15] = 0;
        everyOther[14] = 0;
        assertThat(store.markBad(0, everyOther)).as("448 runs").isTrue();
        crash();
        assertThat(store.bad().count()).isEqualTo(448);
    }

    @Test
    void whatIsWrittenIsReadAtAnyAlignment() throws IOException {
        MemorySegment twin = arena.allocate(SIZE);
        Random random = new Random(1);
        for (int i = 0; i < 400; i++) {
            long length = 1L + random.nextInt(random.nextBoolean() ? 600 : 300_000);
            long offset = random.nextInt(5) == 0 ? SIZE - length : (long) (random.nextDouble() * (SIZE - length));
            if (random.nextInt(3) == 0) {
                offset -= offset % BLOCK;
            }
            if (random.nextInt(4) == 0) {
                heat(offset, length);
                store.zero(offset, length, random.nextBoolean());
                twin.asSlice(offset, length).fill((byte) 0);
            } else {
                MemorySegment data = random(i, length);
                write(offset, data);
                twin.asSlice(offset, length).copyFrom(data);
            }
            long from = Math.max(0, offset - random.nextInt(9000));
            long to = Math.min(SIZE, offset + length + random.nextInt(9000));
            assertHolds(from, twin.asSlice(from, to - from));
        }
        assertThat(store.statistics().corruptBlocks()).isZero();
        store.close(true);
        reopen();
        assertHolds(0, twin);
        assertThat(store.loggedExtents()).isEmpty();
        assertThat(store.computeNext()).isFalse();
    }

    @Test
    void aWriteIntoAColdExtentIsABug() {
        assertThatThrownBy(() -> store.write(0, random(1, BLOCK)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("extent 0, which is not in the log");
    }

    @Test
    void loggedExtentsAreUnknownAfterACrashUntilTheyAreComputed() throws IOException {
        MemorySegment data = random(1, 3 * BLOCK + 100);
        write(2 * EXTENT - BLOCK, data);
        crash();
        assertThat(store.loggedExtents()).containsExactly(1, 2);
        assertThat(isKnown(1)).isFalse();
        assertHolds(2 * EXTENT - BLOCK, data);
        assertThat(store.computation()).isEqualTo(new Progress(0, 2 * EXTENT));
        while (store.computeNext()) {
            assertThat(store.computation().done()).isPositive();
        }
        assertThat(store.computation().isComplete()).isTrue();
        assertThat(isKnown(1)).isTrue();
        assertThat(isKnown(2)).isTrue();
        assertHolds(2 * EXTENT - BLOCK, data);
        assertThat(retire()).isEqualTo(2);
        assertThat(store.loggedExtents()).isEmpty();
    }

    @Test
    void whatIsRetiredIsKnownAfterACrash() throws IOException {
        write(0, random(1, BLOCK));
        assertThat(retire()).isEqualTo(1);
        write(5 * EXTENT, random(2, BLOCK));
        crash();
        assertThat(store.loggedExtents()).containsExactly(5);
        assertThat(isKnown(0)).isTrue();
        corrupt(17);
        assertThatThrownBy(() -> read(0, 1))
                .isInstanceOfSatisfying(
                        CorruptBlocksException.class,
                        e -> assertThat(e.ranges()).containsExactly(new ByteRange(0, BLOCK)));
    }

    @Test
    void anExtentThatIsTouchedMeanwhileIsNotRetired() throws IOException {
        write(0, random(1, BLOCK));
        write(4 * EXTENT, random(2, BLOCK));
        Retirement retirement = store.startRetirement(10);
        store.sync();
        retirement.persist();
        write(4 * EXTENT + 5, random(3, 20));
        assertThat(retirement.finish()).isEqualTo(1);
        assertThat(store.loggedExtents()).containsExactly(4);
    }

    @Test
    void theColdestAreRetiredFirst() throws IOException {
        for (int extent : new int[] {3, 0, 7, 5}) {
            write(extent * EXTENT, random(1, BLOCK));
        }
        write(3 * EXTENT, random(1, BLOCK));
        Retirement retirement = store.startRetirement(2);
        retirement.persist();
        assertThat(retirement.finish()).isEqualTo(2);
        assertThat(store.loggedExtents()).containsExactly(3, 5);
    }

    @Test
    void aRetirementThatWasNotPersistedCannotFinish() throws IOException {
        write(0, random(1, BLOCK));
        Retirement retirement = store.startRetirement(10);
        assertThatThrownBy(retirement::finish).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void damageIsNamedAndTheRestIsRead() throws IOException {
        MemorySegment data = random(1, 10 * BLOCK);
        write(0, data);
        corrupt(2 * BLOCK);
        corrupt(3 * BLOCK + 9);
        corrupt(7 * BLOCK + 9);
        MemorySegment target = arena.allocate(8 * BLOCK);
        assertThatThrownBy(() -> store.read(100, target))
                .isInstanceOfSatisfying(
                        CorruptBlocksException.class,
                        e -> assertThat(e.ranges())
                                .containsExactly(new ByteRange(2 * BLOCK, 2 * BLOCK), new ByteRange(7 * BLOCK, BLOCK)));
        assertThat(target.asSlice(0, 2 * BLOCK - 100).mismatch(data.asSlice(100, 2 * BLOCK - 100)))
                .isEqualTo(-1);
        assertThat(target.asSlice(4 * BLOCK, BLOCK).mismatch(data.asSlice(100 + 4 * BLOCK, BLOCK)))
                .isEqualTo(-1);
        store.readUnverified(2 * BLOCK, target.asSlice(0, BLOCK));
        assertThat(store.statistics().corruptBlocks()).isEqualTo(3);
        assertThatThrownBy(() -> store.write(2 * BLOCK + 1, random(2, 10))).isInstanceOf(CorruptBlocksException.class);
        write(2 * BLOCK, data.asSlice(2 * BLOCK, 2 * BLOCK));
        write(7 * BLOCK, data.asSlice(7 * BLOCK, BLOCK));
        assertHolds(0, data);
    }

    @Test
    void damageInTheLastBlockNamesWhatThereIsOfIt() throws IOException {
        write(SIZE - 512, random(1, 512));
        corrupt(SIZE - 1);
        assertThatThrownBy(() -> read(SIZE - 10, 10))
                .isInstanceOfSatisfying(
                        CorruptBlocksException.class,
                        e -> assertThat(e.ranges()).containsExactly(new ByteRange(SIZE - 512, 512)));
    }

    @Test
    void trackingMarksWhatIsWrittenAndWhatWasUnderWay() throws IOException {
        write(0, random(1, BLOCK));
        store.startTracking(PEER, 4);
        long[] bits = new long[16];
        assertThat(store.dirty(0, bits)).isEqualTo(1024);
        write(3 * EXTENT + 70 * BLOCK - 1, random(2, 2));
        assertThat(store.dirty(3, bits)).isEqualTo(2);
        assertThat(bits[1]).isEqualTo(0x60);
        assertThat(store.dirtyBlocks()).isEqualTo(1026);
        assertThat(store.nextDirty(1)).isEqualTo(3);
        assertThat(retire()).isEqualTo(2);
        write(9 * EXTENT, random(3, BLOCK));
        crash();
        assertThat(store.standing().tracking()).contains(new Standing.Tracking(PEER, 4));
        assertThat(store.dirty(3, bits)).isEqualTo(2);
        assertThat(store.dirty(9, bits)).as("in the log, and the last").isEqualTo(6);
        assertThat(store.dirtyBlocks()).isEqualTo(1032);
        bits[0] = 1;
        store.clear(9, bits);
        assertThat(store.dirtyBlocks()).isEqualTo(1031);
        assertThat(store.computeNext()).isTrue();
        store.close(true);
        reopen();
        assertThat(store.dirtyBlocks()).isEqualTo(1031);
        store.stopTracking();
        assertThat(store.dirtyBlocks()).isZero();
        store.startTracking(PEER, 9);
        assertThat(store.dirtyBlocks()).isZero();
    }

    @Test
    void trackingTheSamePeerAgainGoesOn() throws IOException {
        store.startTracking(PEER, 4);
        store.mark(5 * BLOCK, 1);
        store.startTracking(PEER, 6);
        assertThat(store.standing().tracking()).contains(new Standing.Tracking(PEER, 4));
        assertThat(store.dirtyBlocks()).isEqualTo(1);
        store.startTracking(new UUID(1, 1), 6);
        assertThat(store.dirtyBlocks()).isZero();
    }

    @Test
    void marksOfAColdExtentArePersistedOnRequest() throws IOException {
        store.startTracking(PEER, 4);
        store.mark(5 * BLOCK, 3 * EXTENT);
        store.persistMarks();
        crash();
        assertThat(store.dirtyBlocks()).isEqualTo(3 * 1024);
    }

    @Test
    void marksOfAColdExtentArePersistedByACleanClose() throws IOException {
        store.startTracking(PEER, 4);
        store.mark(6 * EXTENT, 1);
        store.close(true);
        reopen();
        assertThat(store.dirtyBlocks()).isEqualTo(1);
        assertThat(store.nextDirty(0)).isEqualTo(6);
    }

    @Test
    void aRetirementDoesNotSurviveTheStartOfTracking() throws IOException {
        write(0, random(1, BLOCK));
        Retirement retirement = store.startRetirement(10);
        store.sync();
        retirement.persist();
        store.startTracking(PEER, 4);
        assertThat(retirement.finish()).isZero();
        crash();
        assertThat(store.dirtyBlocks()).isEqualTo(1024);
    }

    @Test
    void aStandingIsRemembered() throws IOException {
        store.record(store.standing().inSyncIn(12));
        crash();
        assertThat(store.standing()).isEqualTo(Standing.FRESH.inSyncIn(12));
        store.record(store.standing().incomplete());
        crash();
        assertThat(store.standing().full()).isTrue();
        assertThat(store.standing().inSync()).isFalse();
        assertThat(store.standing().view()).isEqualTo(12);
    }

    @Test
    void aCopyLeavesHolesWhereThereAreZeros() throws IOException {
        MemorySegment data = random(1, 20 * BLOCK);
        write(0, data);
        data.asSlice(4 * BLOCK, 12 * BLOCK).fill((byte) 0);
        heat(0, data.byteSize());
        store.writeCopy(0, data);
        assertHolds(0, data);
        assertThat(store.allocation(0, 20 * BLOCK, 9))
                .containsExactly(
                        new Allocation(4 * BLOCK, false, false),
                        new Allocation(12 * BLOCK, true, true),
                        new Allocation(4 * BLOCK, false, false));
    }

    @Test
    void aVolumeGrows() throws IOException {
        MemorySegment data = random(1, 512);
        write(SIZE - 512, data);
        store.startTracking(PEER, 1);
        long larger = 70 * EXTENT + 512;
        store.grow(larger);
        assertThat(store.sizeBytes()).isEqualTo(larger);
        assertThat(store.identity().sizeBytes()).isEqualTo(larger);
        assertHolds(SIZE - 512, data);
        MemorySegment more = random(2, 2 * EXTENT);
        write(SIZE - 100, more);
        write(larger - 4 * EXTENT, more);
        store.close(true);
        reopen();
        assertHolds(SIZE - 100, more);
        assertHolds(larger - 4 * EXTENT, more);
        assertThat(store.dirtyBlocks()).isGreaterThanOrEqualTo(1024);
        assertThatThrownBy(() -> store.grow(larger - 512)).isInstanceOf(StoreRefusedException.class);
    }

    @Test
    void aFullLogWaitsForARetirement() throws IOException {
        Path large = folder.resolve("large.raw");
        long extents = 3L * ReplicaStore.HOT_EXTENTS_MAX;
        try (ReplicaStore big = ReplicaStore.create(
                large, new Identity(UUID.randomUUID(), UUID.randomUUID(), extents * EXTENT, Instant.now()))) {
            long half = ReplicaStore.HEAT_EXTENTS_MAX * EXTENT;
            assertThat(big.touch(0, half)).isFalse();
            assertThat(big.heat()).isTrue();
            assertThat(big.wantsRetirement()).isFalse();
            assertThat(big.touch(half, half)).isFalse();
            assertThat(big.heat()).isTrue();
            assertThat(big.wantsRetirement()).isTrue();
            assertThat(big.touch(2 * half, 1)).isFalse();
            assertThat(big.heat()).isFalse();
            Retirement retirement = big.startRetirement(200);
            retirement.persist();
            assertThat(retirement.finish()).isEqualTo(200);
            assertThat(big.touch(2 * half, 1)).isFalse();
            assertThat(big.heat()).isTrue();
            assertThat(big.touch(0, 1)).as("one of the coldest").isFalse();
            assertThatThrownBy(() -> big.touch(0, 3 * half)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aSequentialWriterFindsExtentsHot() throws IOException {
        write(0, random(1, BLOCK));
        write(EXTENT, random(1, BLOCK));
        for (int extent = 2; extent <= 9; extent++) {
            assertThat(store.touch(extent * EXTENT, 1)).isTrue();
        }
        assertThat(store.statistics().logWrites()).isEqualTo(3);
    }

    @Test
    void dataWithoutMetadataAreAdopted() throws IOException {
        MemorySegment data = random(1, 3 * EXTENT);
        write(2 * EXTENT, data);
        store.close(true);
        Files.delete(ReplicaStore.metadata(file));
        assertThat(ReplicaStore.presence(file)).isEqualTo(Presence.DATA_ONLY);
        assertThatThrownBy(this::reopen)
                .isInstanceOf(StoreRefusedException.class)
                .hasMessageContaining("no metadata");
        store = ReplicaStore.adopt(file, UUID.randomUUID(), UUID.randomUUID(), Instant.now());
        assertThat(store.computation().done()).isZero();
        assertHolds(2 * EXTENT, data);
        assertThat(isKnown(2)).isFalse();
        assertThat(store.computeNext()).as("holes first").isTrue();
        assertThat(store.computeNext()).isTrue();
        crash();
        MemorySegment over = random(2, BLOCK + 7);
        write(4 * EXTENT + 5 * BLOCK + 3, over);
        data.asSlice(2 * EXTENT + 5 * BLOCK + 3, over.byteSize()).copyFrom(over);
        while (store.computeNext()) {
            assertThat(store.computation().isComplete()).isFalse();
        }
        assertThat(store.computation().isComplete()).isTrue();
        for (int extent = 0; extent < 10; extent++) {
            assertThat(isKnown(extent)).isTrue();
        }
        assertHolds(2 * EXTENT, data);
        crash();
        assertThat(store.loggedExtents()).containsExactly(4);
        assertThat(isKnown(3)).isTrue();
        assertHolds(2 * EXTENT, data);
    }

    @Test
    void aReplicaIsOpenOnce() throws IOException {
        assertThatThrownBy(this::reopen)
                .isInstanceOf(StoreRefusedException.class)
                .hasMessageContaining("is in use");
        assertThatThrownBy(() -> ReplicaStore.create(file, identity))
                .isInstanceOf(StoreRefusedException.class)
                .hasMessageContaining("exists already");
        store.close();
        reopen();
    }

    @Test
    void aClosedStoreRefusesEverything() throws IOException {
        heat(0, 1);
        store.close();
        assertThatThrownBy(() -> store.write(0, random(1, 1))).isInstanceOf(DiskFailedException.class);
        assertThatThrownBy(() -> read(0, 1)).isInstanceOf(DiskFailedException.class);
        assertThatThrownBy(() -> store.record(Standing.FRESH)).isInstanceOf(DiskFailedException.class);
        store.close();
    }

    @Test
    void whatLiesOutsideTheVolumeIsABug() {
        for (long offset : new long[] {-1, SIZE - 1, SIZE, Long.MAX_VALUE}) {
            assertThatThrownBy(() -> read(offset, 2)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> store.touch(offset, 2)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }
}
