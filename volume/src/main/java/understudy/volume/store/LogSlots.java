package understudy.volume.store;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import understudy.volume.store.ReplicaFormat.LogField;

/// The two slots of the activity log, written as those of the superblock are.
///
/// Each sector of a slot has a checksum and the sequence of its own, so a write that a loss of power cut short
/// (all sectors sound, of two sequences: the other slot holds the truth) differs from damage (a sector is not
/// sound: the other slot may be older than the truth). Silently falling back to an older log after damage would
/// take blocks for verified and equal that are neither; with one checksum for the whole slot the two cannot be
/// told apart.
///
/// Threads: one at a time.
final class LogSlots {
    private final Disk meta;

    /// The collector frees it: a hung call may still use it after a close.
    private final MemorySegment slotBytes = Arena.ofAuto().allocate(ReplicaFormat.SLOT_BYTES);

    private final ByteBuffer bytes = slotBytes.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);

    private int slot;
    private long sequence;

    LogSlots(Disk meta) {
        this.meta = meta;
    }

    /// Writes both slots for the first time, with an empty log; not synced.
    void format() throws DiskFailedException {
        encode(bytes, 1, new int[0], 0);
        put(0);
        put(1);
        sequence = 1;
    }

    /// Reads the log.
    ///
    /// @param extents of the volume: numbers are below it
    /// @return nothing if the log is lost
    Optional<int[]> read(int extents) throws DiskFailedException {
        Slot[] slots = new Slot[2];
        for (int i = 0; i < 2; i++) {
            meta.read(at(i), slotBytes);
            slots[i] = decode(bytes, extents);
        }
        sequence = Math.max(slots[0].newest, slots[1].newest);
        slot = slots[1].isWhole && (!slots[0].isWhole || slots[1].newest > slots[0].newest) ? 1 : 0;
        Slot best = slots[slot];
        Slot other = slots[1 - slot];
        boolean isLost = !best.isWhole || (other.isDamaged && (other.isIllegible || other.newest > best.newest));
        return isLost
                ? Optional.empty()
                : Optional.of(best.extents.stream().mapToInt(Integer::intValue).toArray());
    }

    /// Makes this the log, durably.
    void write(int[] extents, int count) throws DiskFailedException {
        encode(bytes, ++sequence, extents, count);
        int next = 1 - slot;
        put(next);
        meta.sync();
        put(slot);
        slot = next;
    }

    private void put(int into) throws DiskFailedException {
        meta.write(at(into), slotBytes);
    }

    private static long at(int slot) {
        return ReplicaFormat.LOGS + (long) slot * ReplicaFormat.SLOT_BYTES;
    }

    static void encode(ByteBuffer into, long sequence, int[] extents, int count) {
        into.order(ByteOrder.LITTLE_ENDIAN);
        int done = 0;
        for (int sector = 0; sector < ReplicaFormat.LOG_SECTORS; sector++) {
            int start = sector * ReplicaFormat.SECTOR_BYTES;
            int here = Math.min(count - done, ReplicaFormat.LOG_SECTOR_EXTENTS);
            into.putShort(start + LogField.SECTOR.offset, (short) sector);
            into.putShort(start + LogField.COUNT.offset, (short) here);
            into.putLong(start + LogField.SEQUENCE.offset, sequence);
            for (int i = 0; i < ReplicaFormat.LOG_SECTOR_EXTENTS; i++) {
                into.putInt(start + LogField.EXTENTS.offset + i * Integer.BYTES, i < here ? extents[done + i] : 0);
            }
            ByteBuffer part = into.slice(start, ReplicaFormat.SECTOR_BYTES);
            into.putInt(start + LogField.CHECKSUM.offset, Scratch.structure(part, LogField.CHECKSUM.offset));
            done += here;
        }
    }

    /// What a slot holds.
    ///
    /// @param isWhole     sound, and of one write
    /// @param isDamaged   at least one sector is not sound
    /// @param isIllegible no sector is sound
    /// @param newest      the highest sequence of a sound sector; 0 if there is none
    /// @param extents     what it names, if it is whole
    private record Slot(boolean isWhole, boolean isDamaged, boolean isIllegible, long newest, List<Integer> extents) {}

    private static Slot decode(ByteBuffer from, int extents) {
        List<Integer> named = new ArrayList<>();
        int sound = 0;
        long newest = 0;
        long oldest = Long.MAX_VALUE;
        for (int sector = 0; sector < ReplicaFormat.LOG_SECTORS; sector++) {
            int start = sector * ReplicaFormat.SECTOR_BYTES;
            if (!isSound(from, sector, extents)) {
                continue;
            }
            sound++;
            newest = Math.max(newest, from.getLong(start + LogField.SEQUENCE.offset));
            oldest = Math.min(oldest, from.getLong(start + LogField.SEQUENCE.offset));
            for (int i = 0; i < from.getShort(start + LogField.COUNT.offset); i++) {
                named.add(from.getInt(start + LogField.EXTENTS.offset + i * Integer.BYTES));
            }
        }
        boolean isDamaged = sound < ReplicaFormat.LOG_SECTORS;
        return new Slot(!isDamaged && newest == oldest, isDamaged, sound == 0, newest, named);
    }

    private static boolean isSound(ByteBuffer from, int sector, int extents) {
        ByteBuffer part = from.slice(sector * ReplicaFormat.SECTOR_BYTES, ReplicaFormat.SECTOR_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        int count = part.getShort(LogField.COUNT.offset);
        if (part.getInt(LogField.CHECKSUM.offset) != Scratch.structure(part, LogField.CHECKSUM.offset)
                || part.getShort(LogField.SECTOR.offset) != sector
                || part.getLong(LogField.SEQUENCE.offset) <= 0
                || count < 0
                || count > ReplicaFormat.LOG_SECTOR_EXTENTS) {
            return false;
        }
        for (int i = 0; i < count; i++) {
            int extent = part.getInt(LogField.EXTENTS.offset + i * Integer.BYTES);
            if (extent < 0 || extent >= extents) {
                return false;
            }
        }
        return true;
    }
}
