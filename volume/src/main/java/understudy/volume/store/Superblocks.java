package understudy.volume.store;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Objects;

/// The two slots of the superblock.
///
/// A write goes to one slot and is synced; only then the other gets the same, unsynced. So at any moment one slot
/// holds durably what was last said to be durable, and usually both do, so that damage to one of them loses
/// nothing.
///
/// Threads: one at a time.
final class Superblocks {
    private final Disk meta;

    /// The collector frees it: a hung call may still use it after a close.
    private final MemorySegment memory = Arena.ofAuto().allocate(ReplicaFormat.SLOT_BYTES);

    private final ByteBuffer bytes = memory.asByteBuffer();

    /// The slot that holds the latest durably.
    private int slot;

    private Superblocks(Disk meta, int slot) {
        this.meta = meta;
        this.slot = slot;
    }

    /// What was found.
    record Found(Superblocks slots, Superblock superblock) {}

    /// Writes both slots for the first time; not synced.
    static Superblocks format(Disk meta, Superblock first) throws DiskFailedException {
        Superblocks slots = new Superblocks(meta, 0);
        slots.put(0, first);
        slots.put(1, first);
        return slots;
    }

    static Found read(Disk meta) throws StoreRefusedException, DiskFailedException {
        Superblocks slots = new Superblocks(meta, 0);
        Superblock.Reading[] readings = {slots.get(0), slots.get(1)};
        for (Superblock.Reading reading : readings) {
            if (reading instanceof Superblock.Reading.OtherVersion(int version)) {
                throw new StoreRefusedException(
                        "the replica has format version " + version + ", and this release knows versions "
                                + ReplicaFormat.VERSION_FIRST + " to " + ReplicaFormat.VERSION,
                        "Use a release that knows that version.");
            }
        }
        Superblock a = readings[0] instanceof Superblock.Reading.Valid(Superblock valid) ? valid : null;
        Superblock b = readings[1] instanceof Superblock.Reading.Valid(Superblock valid) ? valid : null;
        if (a == null && b == null) {
            throw new StoreRefusedException(
                    "both superblocks of the replica are damaged, or this is no replica's metadata",
                    "Put the right metadata file in its place; or, if the volume has another replica, delete this one,"
                            + " data and metadata, and let it be copied anew.");
        }
        if (a == null || (b != null && b.sequence() > a.sequence())) {
            slots.slot = 1;
            return new Found(slots, Objects.requireNonNull(b));
        }
        return new Found(slots, a);
    }

    /// Makes it durable.
    void write(Superblock superblock) throws DiskFailedException {
        int next = 1 - slot;
        put(next, superblock);
        meta.sync();
        put(slot, superblock);
        slot = next;
    }

    private void put(int into, Superblock superblock) throws DiskFailedException {
        superblock.encode(bytes);
        meta.write(ReplicaFormat.SUPERBLOCKS + (long) into * ReplicaFormat.SLOT_BYTES, memory);
    }

    private Superblock.Reading get(int from) throws DiskFailedException {
        meta.read(ReplicaFormat.SUPERBLOCKS + (long) from * ReplicaFormat.SLOT_BYTES, memory);
        return Superblock.decode(bytes);
    }
}
