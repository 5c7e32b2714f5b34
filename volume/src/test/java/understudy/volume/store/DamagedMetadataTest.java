package understudy.volume.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import understudy.volume.Geometry;
import understudy.volume.store.ReplicaFormat.SuperblockField;

/// What is refused, in which words, and what is not refused although it is damaged.
class DamagedMetadataTest {
    private static final long SIZE = 3L * Geometry.EXTENT_BYTES;
    private static final UUID PEER = new UUID(8, 8);
    private static final Identity IDENTITY = new Identity(new UUID(1, 2), new UUID(3, 4), SIZE, Instant.EPOCH);

    private final SimulatedPower power = new SimulatedPower();
    private final SimulatedDisk data = new SimulatedDisk(power, SIZE);
    private final SimulatedDisk meta = new SimulatedDisk(power, ReplicaFormat.bytes(SIZE));
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment content =
            arena.allocate(5 * Geometry.BLOCK_BYTES).fill((byte) 7);

    @AfterEach
    void free() {
        arena.close();
    }

    private static void write(ReplicaStore store, long offset, MemorySegment bytes) throws IOException {
        if (!store.touch(offset, bytes.byteSize())) {
            assertThat(store.heat()).isTrue();
        }
        store.write(offset, bytes);
    }

    /// In sync in view 5; tracking; extent 0 has left the log, extent 2 is in it unless it is closed cleanly.
    private void live(boolean endsCleanly) throws IOException {
        ReplicaStore store = ReplicaStore.create(data, meta, IDENTITY);
        store.record(store.standing().inSyncIn(5).tracking(PEER, 5));
        write(store, 100, content);
        store.sync();
        Retirement retirement = store.startRetirement(5);
        retirement.persist();
        assertThat(retirement.finish()).isEqualTo(1);
        write(store, 2L * Geometry.EXTENT_BYTES, content);
        if (endsCleanly) {
            store.close(true);
        } else {
            store.close();
        }
    }

    private static ReplicaStore open(SimulatedDisk data, SimulatedDisk meta) throws IOException {
        return ReplicaStore.open(data, meta, Expected.ANYTHING);
    }

    private void assertRefused(Expected expected, String... words) {
        long changes = data.changes() + meta.changes();
        assertThatThrownBy(() -> ReplicaStore.open(data, meta, expected))
                .isInstanceOfSatisfying(
                        StoreRefusedException.class,
                        e -> assertThat(e.getMessage() + e.correction()).contains(words));
        assertThat(data.changes() + meta.changes()).isEqualTo(changes);
    }

    @Test
    void noFlippedByteIsBelieved() throws IOException {
        for (boolean endsCleanly : new boolean[] {true, false}) {
            live(endsCleanly);
            long[] places = {
                ReplicaFormat.SUPERBLOCKS,
                ReplicaFormat.GROUPS,
                ReplicaFormat.dirtyPage(0),
                ReplicaFormat.DIRTY_PAGE_BYTES,
                ReplicaFormat.record(0),
                ReplicaFormat.RECORD_BYTES
            };
            int lost = 0;
            for (int i = 0; i < places.length; i += 2) {
                for (long at = places[i]; at < places[i] + places[i + 1]; at += endsCleanly ? 17 : 1) {
                    lost += survives(at) ? 0 : 1;
                }
            }
            assertThat(lost).as("single flips that make the log unreadable").isZero();
            meta.flip(ReplicaFormat.LOGS + 5);
            meta.flip(ReplicaFormat.LOGS + ReplicaFormat.SLOT_BYTES + 5);
            assertThat(survives(1)).as("both slots of the log").isFalse();
            meta.flip(ReplicaFormat.LOGS + 5);
            meta.flip(ReplicaFormat.LOGS + ReplicaFormat.SLOT_BYTES + 5);
        }
    }

    /// Whether the log was still known; all else holds in any case.
    private boolean survives(long at) throws IOException {
        SimulatedPower itsPower = new SimulatedPower();
        SimulatedDisk itsData = data.copy(itsPower);
        SimulatedDisk itsMeta = meta.copy(itsPower);
        itsMeta.flip(at);
        ReplicaStore store = open(itsData, itsMeta);
        assertThat(store.standing())
                .as("byte %d", at)
                .isEqualTo(Standing.FRESH.inSyncIn(5).tracking(PEER, 5));
        try (Arena here = Arena.ofConfined()) {
            MemorySegment found = here.allocate(content.byteSize());
            store.read(100, found);
            assertThat(found.mismatch(content)).as("byte %d", at).isEqualTo(-1);
            store.read(2L * Geometry.EXTENT_BYTES, found);
            assertThat(found.mismatch(content)).as("byte %d", at).isEqualTo(-1);
        }
        long[] bits = new long[16];
        int _ = store.dirty(0, bits);
        assertThat(bits[0] & 0x3f).as("byte %d", at).isEqualTo(0x3f);
        int _ = store.dirty(2, bits);
        assertThat(bits[0] & 0x1f).as("byte %d", at).isEqualTo(0x1f);
        while (store.computeNext()) {
            assertThat(store.failure()).isEmpty();
        }
        assertThat(store.checksums(0, new int[Geometry.EXTENT_BLOCKS])).isTrue();
        boolean isKnown = store.loggedExtents().length < 3;
        if (!isKnown) {
            assertThat(store.dirtyBlocks()).isEqualTo(SIZE / Geometry.BLOCK_BYTES);
            store.record(store.standing().inSyncIn(6));
            assertThat(store.loggedExtents()).isEmpty();
        }
        return isKnown;
    }

    @Test
    void twoDamagedSuperblocksAreRefused() throws IOException {
        live(true);
        meta.flip(20);
        meta.flip(ReplicaFormat.SLOT_BYTES + 20L);
        assertRefused(Expected.ANYTHING, "both superblocks of the replica are damaged", "let it be copied anew");
    }

    @Test
    void somethingElseIsRefused() {
        assertRefused(Expected.ANYTHING, "both superblocks", "this is no replica's metadata");
    }

    @Test
    void anotherVersionIsRefused() throws IOException {
        live(true);
        putVersion(3);
        assertRefused(Expected.ANYTHING, "format version 3, and this release knows versions 1 to 2");
    }

    /// Of version 1: it knew no bad blocks and counted no dirty pages, and has zeros there.
    @Test
    void aReplicaOfTheFirstVersionIsTakenUp() throws IOException {
        live(false);
        zero(SuperblockField.DIRTY_PAGES.offset, ReplicaFormat.SECTOR_BYTES);
        zero(ReplicaFormat.SLOT_BYTES + SuperblockField.DIRTY_PAGES.offset, ReplicaFormat.SLOT_BYTES + 512);
        putVersion(1);
        ReplicaStore store = open(data, meta);
        assertThat(store.standing()).isEqualTo(Standing.FRESH.inSyncIn(5).tracking(PEER, 5));
        assertThat(store.nextDirty(0)).isZero();
        assertThat(store.bad()).isEqualTo(BadBlocks.NONE);
        store.close(false);
        MemorySegment version = arena.allocate(4);
        meta.read(SuperblockField.VERSION.offset, version);
        assertThat(version.get(ValueLayout.JAVA_INT_UNALIGNED, 0))
                .as("from here on")
                .isEqualTo(2);
    }

    private void zero(long from, long to) throws IOException {
        meta.write(from, arena.allocate(to - from));
    }

    private void putVersion(int version) throws IOException {
        for (int slot = 0; slot < 2; slot++) {
            putVersion((long) slot * ReplicaFormat.SLOT_BYTES, version);
        }
    }

    private void putVersion(long at, int version) throws IOException {
        MemorySegment sector = arena.allocate(ReplicaFormat.SECTOR_BYTES);
        meta.read(at, sector);
        sector.set(ValueLayout.JAVA_INT_UNALIGNED, SuperblockField.VERSION.offset, version);
        sector.set(
                ValueLayout.JAVA_INT_UNALIGNED,
                SuperblockField.CHECKSUM.offset,
                Scratch.structure(sector.asByteBuffer(), SuperblockField.CHECKSUM.offset));
        meta.write(at, sector);
    }

    /// It would say that nothing in its extents is dirty.
    @Test
    void aPageOfTheDirtyMapThatTurnsToZerosIsMissed() throws IOException {
        live(true);
        meta.write(ReplicaFormat.dirtyPage(0), arena.allocate(ReplicaFormat.DIRTY_PAGE_BYTES));
        ReplicaStore store = open(data, meta);
        assertThat(store.dirtyBlocks()).isEqualTo(SIZE / Geometry.BLOCK_BYTES);
        assertThat(store.statistics().damagedDirtyPages()).isEqualTo(1);
    }

    /// So would one whose write never reached the disk.
    @Test
    void aPageOfAnEarlierGenerationInThePlaceOfOneIsMissed() throws IOException {
        live(true);
        MemorySegment old = arena.allocate(ReplicaFormat.DIRTY_PAGE_BYTES);
        meta.read(ReplicaFormat.dirtyPage(0), old);
        ReplicaStore store = open(data, meta);
        store.stopTracking();
        store.startTracking(PEER, 7);
        write(store, 100, content);
        store.close(true);
        meta.write(ReplicaFormat.dirtyPage(0), old);
        assertThat(open(data, meta).dirtyBlocks()).isEqualTo(SIZE / Geometry.BLOCK_BYTES);
    }

    @Test
    void aDamagedListOfBadBlocksIsNotBelieved() throws IOException {
        live(true);
        ReplicaStore store = open(data, meta);
        store.markBad(0, new long[] {6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        store.close(true);
        meta.flip(ReplicaFormat.SECTOR_BYTES + 3L);
        store = open(data, meta);
        assertThat(store.bad().count()).as("the other slot has it").isEqualTo(2);
        store.close(true);
        meta.flip(ReplicaFormat.SECTOR_BYTES + 3L);
        meta.flip(ReplicaFormat.SLOT_BYTES + ReplicaFormat.SECTOR_BYTES + 3L);
        assertRefused(Expected.ANYTHING, "both superblocks of the replica are damaged");
    }

    @Test
    void aStrangerIsRefused() throws IOException {
        live(true);
        assertRefused(
                Expected.replica(new UUID(9, 9), IDENTITY.replica()), "it belongs to volume " + IDENTITY.volume());
        assertRefused(Expected.replica(IDENTITY.volume(), new UUID(9, 9)), "it belongs to replica");
        assertRefused(Expected.size(SIZE + 512), "the replica has " + SIZE + " bytes");
        ReplicaStore store = ReplicaStore.open(
                data,
                meta,
                new Expected(Optional.of(IDENTITY.volume()), Optional.of(IDENTITY.replica()), OptionalLong.of(SIZE)));
        assertThat(store.identity()).isEqualTo(IDENTITY);
    }

    @Test
    void filesOfAnotherSizeAreRefused() throws IOException {
        live(true);
        meta.grow(ReplicaFormat.bytes(SIZE) - 1);
        assertRefused(Expected.ANYTHING, "metadata have", "instead of");
        meta.grow(100);
        assertRefused(Expected.ANYTHING, "metadata end after 100 bytes");
        meta.grow(ReplicaFormat.bytes(SIZE));
        for (long size : new long[] {SIZE - 512, SIZE + 512, 0}) {
            data.grow(size);
            assertRefused(Expected.ANYTHING, "data have " + size + " bytes, and its metadata say " + SIZE);
        }
    }

    @Test
    void aFullDiskAtCreationIsSaidSo() {
        meta.fillAfter(2);
        assertThatThrownBy(() -> ReplicaStore.create(data, meta, IDENTITY))
                .isInstanceOfSatisfying(
                        DiskFailedException.class, e -> assertThat(e.isFull()).isTrue());
    }

    /// Structures mutated, with checksums that fit: they are refused, or make sense.
    @Test
    void mutationsOfSuperblocksMakeSenseOrAreRefused() throws IOException {
        live(true);
        Random random = new Random(5);
        byte[] good = new byte[ReplicaFormat.SLOT_BYTES];
        MemorySegment sector = arena.allocate(ReplicaFormat.SLOT_BYTES);
        meta.read(0, sector);
        MemorySegment.copy(sector, ValueLayout.JAVA_BYTE, 0, good, 0, good.length);
        int valid = 0;
        for (int i = 0; i < 50_000; i++) {
            byte[] bytes = good.clone();
            for (int n = 1 + random.nextInt(3); n > 0; n--) {
                bytes[random.nextInt(144)] = (byte) random.nextInt();
            }
            ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            int checksum = SuperblockField.CHECKSUM.offset;
            buffer.putInt(checksum, Scratch.structure(buffer.slice(0, ReplicaFormat.SECTOR_BYTES), checksum));
            if (Superblock.decode(buffer) instanceof Superblock.Reading.Valid(Superblock superblock)) {
                valid++;
                assertThat(Geometry.isSize(superblock.identity().sizeBytes())).isTrue();
                assertThat(superblock.computed())
                        .isBetween(0, Geometry.extents(superblock.identity().sizeBytes()));
                assertThat(superblock.standing().view()).isNotNegative();
            }
        }
        assertThat(valid).isBetween(1000, 49_000);
    }

    @Test
    void mutationsOfTheLogNameExtentsOfTheVolumeOrNone() throws IOException {
        Random random = new Random(6);
        int known = 0;
        byte[] slot = new byte[ReplicaFormat.SLOT_BYTES];
        ByteBuffer buffer = ByteBuffer.wrap(slot);
        SimulatedDisk disk = new SimulatedDisk(power, ReplicaFormat.bytes(SIZE));
        for (int i = 0; i < 20_000; i++) {
            int[] extents = random.ints(random.nextInt(300), 0, 500).toArray();
            LogSlots.encode(buffer, 1 + random.nextInt(5), extents, extents.length);
            for (int n = random.nextInt(3); n > 0; n--) {
                int sector = random.nextInt(ReplicaFormat.LOG_SECTORS) * ReplicaFormat.SECTOR_BYTES;
                slot[sector + 4 + random.nextInt(40)] = (byte) random.nextInt();
                ByteBuffer part =
                        buffer.slice(sector, ReplicaFormat.SECTOR_BYTES).order(ByteOrder.LITTLE_ENDIAN);
                part.putInt(0, Scratch.structure(part, 0));
            }
            try (Arena here = Arena.ofConfined()) {
                disk.write(
                        ReplicaFormat.LOGS + (long) random.nextInt(2) * ReplicaFormat.SLOT_BYTES,
                        here.allocate(slot.length).copyFrom(MemorySegment.ofArray(slot)));
            }
            Optional<int[]> read = new LogSlots(disk).read(500);
            if (read.isPresent()) {
                known++;
                assertThat(Arrays.stream(read.get()).allMatch(extent -> extent >= 0 && extent < 500))
                        .isTrue();
            }
        }
        assertThat(known).isBetween(1000, 19_900);
    }

    @Test
    void mutationsOfMarksAndChecksumsAreUnsoundOrStayWithinTheVolume() {
        Random random = new Random(7);
        DirtyMap good = new DirtyMap(40, 3);
        good.mark(0, 39 * 1024);
        byte[] page = new byte[ReplicaFormat.DIRTY_PAGE_BYTES];
        byte[] record = new byte[ReplicaFormat.RECORD_BYTES];
        int[] sums = random.ints(Geometry.EXTENT_BLOCKS).toArray();
        int sound = 0;
        for (int i = 0; i < 5_000; i++) {
            ByteBuffer pages = ByteBuffer.wrap(page);
            good.encode(pages, 1);
            page[random.nextInt(80)] = (byte) random.nextInt();
            pages.putInt(4, Scratch.structure(pages, 4));
            DirtyMap map = new DirtyMap(40, 3);
            sound += map.decode(pages, 1, 40L * 1024) ? 1 : 0;
            assertThat(map.count()).isLessThanOrEqualTo(9 * 1024);
            assertThat(map.next(0)).isIn(-1, 31, 32);
            ByteBuffer records = ByteBuffer.wrap(record);
            ChecksumRecord.encode(records, 12, sums);
            int at = random.nextInt(ReplicaFormat.RECORD_BYTES);
            record[at] ^= (byte) (1 + random.nextInt(255));
            int[] found = new int[Geometry.EXTENT_BLOCKS];
            assertThat(ChecksumRecord.decode(records, 12, found)).isFalse();
            assertThat(found).containsOnly(0);
        }
        assertThat(sound).isBetween(200, 4_900);
    }
}
