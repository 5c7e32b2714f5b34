package understudy.volume.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import understudy.volume.Geometry;

/// A replica and its twin, and somebody who does random things to both.
final class StoreModel implements AutoCloseable {
    private static final int BLOCK = Geometry.BLOCK_BYTES;
    private static final long EXTENT = Geometry.EXTENT_BYTES;
    private static final int LONGEST = 80_000;
    private static final UUID[] PEERS = {new UUID(1, 1), new UUID(2, 2)};

    private final SplittableRandom random;
    private final SimulatedPower power = new SimulatedPower();
    private final SimulatedDisk data;
    private final SimulatedDisk meta;
    private final StoreTwin twin = new StoreTwin();
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment buffer = arena.allocate(LONGEST + 2 * BLOCK);

    /// Few places, so that requests meet.
    private final long[] places = new long[6];

    private long size;
    private ReplicaStore store;
    private @Nullable Retirement retirement;
    private boolean isPersisted;

    /// What the standing is, and what it may be if a request for it never came back.
    private Standing standing = Standing.FRESH;

    private Optional<Standing> wanted = Optional.empty();
    private long wantedSize;
    private long view = 1;
    private int crashes;
    private int damage;

    StoreModel(long seed) throws IOException {
        random = new SplittableRandom(seed);
        size = (33 + random.nextInt(3)) * EXTENT + (random.nextBoolean() ? 0 : random.nextInt(8192) * 512L);
        wantedSize = size;
        data = new SimulatedDisk(power, size);
        meta = new SimulatedDisk(power, ReplicaFormat.bytes(size));
        for (int i = 0; i < places.length; i++) {
            places[i] = random.nextInt(4) == 0 ? size : random.nextLong(size);
        }
        StoreOpening.format(
                data, meta, new Identity(new UUID(3, 3), new UUID(4, 4), size, Instant.EPOCH), Geometry.extents(size));
        store = opened();
    }

    int crashes() {
        return crashes;
    }

    int damageFound() {
        return damage;
    }

    private ReplicaStore opened() throws IOException {
        return StoreOpening.open(data, meta, Expected.ANYTHING, 3);
    }

    void run(int steps) throws IOException {
        for (int i = 0; i < steps; i++) {
            if (random.nextInt(6) == 0) {
                power.cutAfter(random.nextInt(random.nextBoolean() ? 40 : 2000));
            }
            try {
                step();
            } catch (PowerLostException e) {
                crash(random.nextInt(3) != 0);
            }
        }
        power.on();
        store.close(true);
        store = opened();
        settle(false);
        assertThat(store.statistics().damagedRecords()).isZero();
    }

    private void step() throws IOException {
        switch (random.nextInt(24)) {
            case 0, 1, 2, 3, 4, 5 -> change(false);
            case 6, 7 -> change(true);
            case 8 -> copy();
            case 9, 10, 11 -> read();
            case 12, 13 -> flush();
            case 14 -> {
                retirement = store.startRetirement(1 + random.nextInt(12));
                isPersisted = false;
            }
            case 15 -> persist();
            case 16 -> finish();
            case 17 -> track();
            case 18 -> clear();
            case 19 -> record(random.nextBoolean() ? standing.inSyncIn(++view) : standing.outOfSync());
            case 20 -> {
                boolean _ = store.computeNext();
            }
            case 21 -> reopen();
            case 22 -> damage();
            default -> grow();
        }
    }

    private long place(long length) {
        long near = places[random.nextInt(places.length)] + random.nextInt(-LONGEST, LONGEST);
        return Math.clamp(near, 0, size - length);
    }

    private void fill(long length) {
        long tag = random.nextLong();
        for (long at = 0; at < length; at += Long.BYTES) {
            buffer.set(ValueLayout.JAVA_LONG_UNALIGNED, at, tag + at);
        }
    }

    private void heat(long offset, long length) throws IOException {
        if (!store.touch(offset, length)) {
            assertThat(store.heat()).isTrue();
        }
    }

    private void change(boolean isZero) throws IOException {
        long length = 1L + random.nextInt(random.nextBoolean() ? 9000 : LONGEST);
        long offset = place(length);
        if (random.nextBoolean()) {
            offset -= offset % BLOCK;
        }
        fill(length);
        heat(offset, length);
        twin.change(offset, length, buffer, isZero);
        if (isZero) {
            store.zero(offset, length, random.nextBoolean());
        } else {
            store.write(offset, buffer.asSlice(0, length));
        }
        twin.done();
    }

    private void copy() throws IOException {
        long blocks = 1L + random.nextInt(LONGEST / BLOCK);
        long offset = place(blocks * BLOCK) / BLOCK * BLOCK;
        fill(blocks * BLOCK);
        for (int i = 0; i < blocks; i++) {
            if (random.nextInt(3) == 0) {
                buffer.asSlice((long) i * BLOCK, BLOCK).fill((byte) 0);
            }
        }
        heat(offset, blocks * BLOCK);
        twin.change(offset, blocks * BLOCK, buffer, false);
        store.writeCopy(offset, buffer.asSlice(0, blocks * BLOCK));
        twin.done();
    }

    private void read() throws IOException {
        long length = (1 + random.nextInt(LONGEST / 512)) * 512L;
        long offset = place(length) / 512 * 512;
        MemorySegment target = buffer.asSlice(0, length);
        store.read(offset, target);
        twin.check(offset, target);
    }

    private void flush() throws IOException {
        store.sync();
        twin.flushed();
    }

    private void persist() throws IOException {
        if (retirement != null) {
            // Not between the start and here at any price, but never before the start.
            flush();
            retirement.persist();
            isPersisted = true;
        }
    }

    private void finish() {
        if (retirement != null && isPersisted) {
            int _ = retirement.finish();
            twin.retired(Arrays.stream(store.loggedExtents()).boxed().collect(Collectors.toSet()));
            retirement = null;
        }
    }

    private void track() throws IOException {
        if (random.nextInt(4) == 0) {
            record(standing.untracked());
        } else {
            record(standing.tracking(PEERS[random.nextInt(2)], ++view));
        }
    }

    private void record(Standing next) throws IOException {
        wanted = Optional.of(next);
        store.record(next);
        recorded(next);
    }

    private void recorded(Standing next) {
        if (next.tracking().isEmpty()) {
            twin.tracksNobody();
        } else {
            twin.tracks(!next.tracking().equals(standing.tracking()));
        }
        standing = next;
        wanted = Optional.empty();
    }

    private void clear() throws IOException {
        int extent = store.nextDirty(random.nextInt(Geometry.extents(size)));
        if (extent >= 0) {
            long[] bits = new long[16];
            int marked = store.dirty(extent, bits);
            assertThat(marked).isPositive();
            for (int i = 0; i < 16; i++) {
                bits[i] &= random.nextLong();
            }
            // The peer has them now.
            for (int block = 0; block < Geometry.EXTENT_BLOCKS; block++) {
                if ((bits[block / 64] & 1L << block) != 0) {
                    twin.copied((long) extent * Geometry.EXTENT_BLOCKS + block);
                }
            }
            store.clear(extent, bits);
        }
        if (random.nextBoolean()) {
            store.persistMarks();
        }
    }

    /// Cleanly, at times with writes that the peer may lack: then the log must stay.
    private void reopen() throws IOException {
        boolean emptyLog = random.nextInt(3) != 0;
        store.close(emptyLog);
        twin.flushed();
        retirement = null;
        store = opened();
        settle(false);
    }

    private void grow() throws IOException {
        if (random.nextInt(6) == 0) {
            wantedSize = size + (1 + random.nextInt(3000)) * 512L;
            store.grow(wantedSize);
            size = wantedSize;
        }
    }

    /// Flips a byte that was written; it is found, named and mended, if the block's checksum is known.
    private void damage() throws IOException {
        Optional<Long> sector = twin.sectors().stream()
                .skip(random.nextInt(1 + twin.sectors().size()))
                .findFirst();
        if (sector.isEmpty()) {
            return;
        }
        power.cutAfter(Long.MAX_VALUE);
        long block = sector.get() * 512 / BLOCK;
        int extent = (int) (block / Geometry.EXTENT_BLOCKS);
        if (!store.checksums(extent, new int[Geometry.EXTENT_BLOCKS])) {
            return;
        }
        int length = (int) Math.min(BLOCK, size - block * BLOCK);
        MemorySegment target = buffer.asSlice(0, length);
        store.read(block * BLOCK, target);
        MemorySegment good = arena.allocate(length).copyFrom(target);
        data.flip(block * BLOCK + random.nextInt(length));
        try {
            store.read(block * BLOCK, target);
            throw new AssertionError("damage of block " + block + " was not seen");
        } catch (CorruptBlocksException e) {
            assertThat(e.ranges()).containsExactly(new ByteRange(block * BLOCK, length));
            damage++;
        }
        heat(block * BLOCK, length);
        twin.change(block * BLOCK, length, good, false);
        store.write(block * BLOCK, good);
        twin.done();
        // Else the damaged version could come back as one that nobody wrote.
        flush();
    }

    private void crash(boolean losesPower) throws IOException {
        crashes++;
        store.close();
        if (losesPower) {
            data.losePower(random);
            meta.losePower(random);
        }
        retirement = null;
        power.on();
        // Opening is nothing that a crash could not interrupt.
        for (int i = random.nextInt(3); i > 0; i--) {
            power.cutAfter(random.nextInt(40));
            try {
                opened().close();
            } catch (PowerLostException e) {
                if (losesPower) {
                    meta.losePower(random);
                }
            }
            power.on();
        }
        store = opened();
        settle(losesPower);
    }

    /// Compares all that the twin knows.
    private void settle(boolean lostPower) throws IOException {
        Standing found = store.standing();
        if (wanted.isPresent() && found.equals(wanted.get())) {
            recorded(found);
        }
        wanted = Optional.empty();
        assertThat(found).isEqualTo(standing);
        assertThat(store.sizeBytes()).isIn(size, wantedSize);
        size = store.sizeBytes();
        wantedSize = size;
        for (long sector : twin.sectors()) {
            MemorySegment target = buffer.asSlice(0, 512);
            store.read(sector * 512, target);
            twin.settle(sector, target.toArray(ValueLayout.JAVA_BYTE), lostPower);
        }
        twin.done();
        twin.retired(Arrays.stream(store.loggedExtents()).boxed().collect(Collectors.toSet()));
        checkMarks();
        assertThat(store.statistics().damagedRecords()).isZero();
    }

    private void checkMarks() {
        long[] bits = new long[16];
        for (long block : twin.lacking()) {
            int _ = store.dirty((int) (block / Geometry.EXTENT_BLOCKS), bits);
            int index = (int) (block % Geometry.EXTENT_BLOCKS);
            assertThat(bits[index / 64] & 1L << index)
                    .as("mark of block " + block)
                    .isNotZero();
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
