package understudy.volume.store;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/// A disk in memory that has a cache: what was not synced may survive a loss of power or not, sector by sector,
/// in any of the versions that it had.
///
/// It can also fail: writes for want of room, syncs.
final class SimulatedDisk implements Disk {
    private static final int SECTOR = 512;
    private static final byte[] ZEROS = new byte[SECTOR];

    private final SimulatedPower power;
    private final Map<Long, byte[]> sectors = new HashMap<>();

    /// What sectors that are not synced were before, oldest first.
    private final Map<Long, List<byte[]>> earlier = new HashMap<>();

    private final TreeSet<Long> written = new TreeSet<>();
    private long size;
    private int writesUntilFull = Integer.MAX_VALUE;
    private boolean failsSyncs;
    private long changes;

    SimulatedDisk(SimulatedPower power, long size) {
        this.power = power;
        this.size = size;
    }

    /// Another disk with the same content, all of it durable.
    SimulatedDisk copy(SimulatedPower itsPower) {
        SimulatedDisk copy = new SimulatedDisk(itsPower, size);
        sectors.forEach(copy::put);
        return copy;
    }

    /// Whether a loss of power would change nothing.
    boolean isDurable() {
        return earlier.isEmpty();
    }

    /// How many sectors have changed.
    long changes() {
        return changes;
    }

    /// After so many more writes there is no room; the next one fails half-way.
    void fillAfter(int writes) {
        writesUntilFull = writes;
    }

    void failSyncs() {
        failsSyncs = true;
    }

    /// What a loss of power leaves: of each page of eight sectors the newest, the oldest, or anything.
    void losePower(RandomGenerator random) {
        Map<Long, Integer> kinds = new HashMap<>();
        earlier.forEach((sector, versions) -> {
            int kind = kinds.computeIfAbsent(sector / 8, _ -> random.nextInt(3));
            int choice = kind == 0 ? versions.size() : kind == 1 ? 0 : random.nextInt(versions.size() + 1);
            if (choice < versions.size()) {
                put(sector, versions.get(choice));
            }
        });
        earlier.clear();
    }

    /// Damages a byte, for good.
    void flip(long offset) {
        byte[] sector = sectors.getOrDefault(offset / SECTOR, ZEROS).clone();
        sector[(int) (offset % SECTOR)] ^= 0x10;
        put(offset / SECTOR, sector);
    }

    private void put(long sector, byte[] content) {
        sectors.put(sector, content);
        if (Arrays.equals(content, ZEROS)) {
            written.remove(sector);
        } else {
            written.add(sector);
        }
    }

    private void change(long sector, byte[] content) {
        power.spend();
        changes++;
        earlier.computeIfAbsent(sector, _ -> new ArrayList<>()).add(sectors.getOrDefault(sector, ZEROS));
        put(sector, content);
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public void read(long offset, MemorySegment target) {
        power.need();
        long length = target.byteSize();
        refuseOutside(offset, length);
        for (long at = offset; at < offset + length; ) {
            int within = (int) (at % SECTOR);
            int count = (int) Math.min(SECTOR - within, offset + length - at);
            MemorySegment from = MemorySegment.ofArray(sectors.getOrDefault(at / SECTOR, ZEROS));
            MemorySegment.copy(from, within, target, at - offset, count);
            at += count;
        }
    }

    @Override
    public void write(long offset, MemorySegment source) throws DiskFailedException {
        power.need();
        long length = source.byteSize();
        refuseOutside(offset, length);
        boolean isFull = --writesUntilFull < 0;
        for (long at = offset; at < offset + length; ) {
            int within = (int) (at % SECTOR);
            int count = (int) Math.min(SECTOR - within, offset + length - at);
            byte[] sector = sectors.getOrDefault(at / SECTOR, ZEROS).clone();
            MemorySegment.copy(source, at - offset, MemorySegment.ofArray(sector), within, count);
            if (isFull && at - offset >= length / 2) {
                throw new DiskFailedException(28, "no room");
            }
            change(at / SECTOR, sector);
            at += count;
        }
    }

    @Override
    public void zero(long offset, long length, boolean punch) {
        power.need();
        refuseOutside(offset, length);
        for (long at = offset; at < offset + length; ) {
            int within = (int) (at % SECTOR);
            int count = (int) Math.min(SECTOR - within, offset + length - at);
            if (sectors.containsKey(at / SECTOR)) {
                byte[] sector = Objects.requireNonNull(sectors.get(at / SECTOR)).clone();
                Arrays.fill(sector, within, within + count, (byte) 0);
                change(at / SECTOR, sector);
            }
            at += count;
        }
    }

    @Override
    public void sync() throws DiskFailedException {
        power.spend();
        if (failsSyncs) {
            throw new DiskFailedException(5, "a sync that fails");
        }
        earlier.clear();
    }

    @Override
    public long nextData(long from) {
        power.need();
        Long sector = written.ceiling(from / SECTOR);
        return sector == null ? size : Math.max(from, sector * SECTOR / 4096 * 4096);
    }

    @Override
    public long nextHole(long from) {
        power.need();
        long block = from / 4096;
        while (block * 4096 < size) {
            Long data = written.ceiling(block * 8);
            if (data == null || data >= block * 8 + 8) {
                return Math.max(from, block * 4096);
            }
            block++;
        }
        return size;
    }

    @Override
    public void grow(long newSize) {
        power.spend();
        size = newSize;
    }

    @Override
    public boolean mayBeLarger() {
        return false;
    }

    @Override
    public void close() {}

    private void refuseOutside(long offset, long length) {
        if (offset < 0 || length <= 0 || offset > size - length) {
            throw new AssertionError(length + " bytes at " + offset + " of a disk of " + size);
        }
    }
}
