package understudy.volume.store;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;
import understudy.volume.Geometry;
import understudy.volume.store.ReplicaFormat.Flag;
import understudy.volume.store.ReplicaFormat.SuperblockField;

/// The first thing that a replica knows of itself. It takes a slot; of that the list of bad blocks, which is nearly
/// always empty, takes all but the first sector, and is checked by that one.
///
/// @param sequence   goes up by one with each write
/// @param growingTo  the size that it is about to have; 0 if it is not growing
/// @param generation of the dirty map: pages of another count as clean; goes up with each new tracking
/// @param computed   checksums of extents from here on are unknown, whatever is recorded
/// @param clean      whether it was closed cleanly
/// @param logLost    whether an activity log could not be read, so that any extent may have been in it
/// @param dirtyPages how many pages of the dirty map have been written in this generation: as many must be found
/// @param bad        what nobody may read
record Superblock(
        long sequence,
        Identity identity,
        long growingTo,
        Standing standing,
        long generation,
        int computed,
        boolean clean,
        boolean logLost,
        int dirtyPages,
        BadBlocks bad) {

    /// What a slot holds.
    sealed interface Reading {
        record Valid(Superblock superblock) implements Reading {}

        record OtherVersion(int version) implements Reading {}

        record Damaged() implements Reading {}
    }

    static Superblock fresh(Identity identity, int computed) {
        return new Superblock(1, identity, 0, Standing.FRESH, 0, computed, false, false, 0, BadBlocks.NONE);
    }

    Superblock next() {
        return new Superblock(
                sequence + 1, identity, growingTo, standing, generation, computed, clean, logLost, dirtyPages, bad);
    }

    Superblock with(Standing newStanding) {
        return new Superblock(
                sequence, identity, growingTo, newStanding, generation, computed, clean, logLost, dirtyPages, bad);
    }

    /// No page has been written in the new one yet.
    Superblock withGeneration(long newGeneration) {
        return new Superblock(sequence, identity, growingTo, standing, newGeneration, computed, clean, logLost, 0, bad);
    }

    Superblock withDirtyPages(int pages) {
        return new Superblock(
                sequence, identity, growingTo, standing, generation, computed, clean, logLost, pages, bad);
    }

    Superblock withBad(BadBlocks blocks) {
        return new Superblock(
                sequence, identity, growingTo, standing, generation, computed, clean, logLost, dirtyPages, blocks);
    }

    Superblock withComputed(int newComputed) {
        return new Superblock(
                sequence, identity, growingTo, standing, generation, newComputed, clean, logLost, dirtyPages, bad);
    }

    Superblock withClean(boolean isClean) {
        return new Superblock(
                sequence, identity, growingTo, standing, generation, computed, isClean, logLost, dirtyPages, bad);
    }

    Superblock withLogLost(boolean isLost) {
        return new Superblock(
                sequence, identity, growingTo, standing, generation, computed, clean, isLost, dirtyPages, bad);
    }

    Superblock growingTo(long size) {
        return new Superblock(
                sequence, identity, size, standing, generation, computed, clean, logLost, dirtyPages, bad);
    }

    /// Its growth is done.
    Superblock grown() {
        Identity grown = new Identity(identity.volume(), identity.replica(), growingTo, identity.created());
        boolean isComputed = computed == Geometry.extents(identity.sizeBytes());
        return new Superblock(
                sequence,
                grown,
                0,
                standing,
                generation,
                isComputed ? Geometry.extents(growingTo) : computed,
                clean,
                logLost,
                dirtyPages,
                bad);
    }

    /// Writes its slot, all of `into`.
    void encode(ByteBuffer into) {
        into.order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < ReplicaFormat.SLOT_BYTES; at += Long.BYTES) {
            into.putLong(at, 0);
        }
        into.putLong(SuperblockField.MAGIC.offset, ReplicaFormat.MAGIC);
        into.putInt(SuperblockField.VERSION.offset, ReplicaFormat.VERSION);
        into.putLong(SuperblockField.SEQUENCE.offset, sequence);
        put(into, SuperblockField.VOLUME, identity.volume());
        put(into, SuperblockField.REPLICA, identity.replica());
        into.putLong(SuperblockField.SIZE.offset, identity.sizeBytes());
        into.putLong(SuperblockField.GROWING_TO.offset, growingTo);
        into.putLong(SuperblockField.CREATED.offset, identity.created().toEpochMilli());
        into.putLong(SuperblockField.VIEW.offset, standing.view());
        into.putInt(SuperblockField.FLAGS.offset, flags());
        into.putInt(SuperblockField.COMPUTED.offset, computed);
        standing.tracking().ifPresent(tracking -> {
            put(into, SuperblockField.TRACKED_PEER, tracking.peer());
            into.putLong(SuperblockField.TRACKED_SINCE.offset, tracking.view());
        });
        into.putLong(SuperblockField.GENERATION.offset, generation);
        into.putInt(SuperblockField.DIRTY_PAGES.offset, dirtyPages);
        long[] runs = bad.runs();
        for (int i = 0; i < runs.length; i++) {
            into.putLong(ReplicaFormat.SECTOR_BYTES + i * Long.BYTES, runs[i]);
        }
        into.putInt(SuperblockField.BAD_RUNS.offset, runs.length);
        into.putInt(SuperblockField.BAD_CHECKSUM.offset, badChecksum(into, runs.length));
        into.putInt(SuperblockField.CHECKSUM.offset, sectorChecksum(into));
    }

    private int flags() {
        return (standing.inSync() ? Flag.IN_SYNC.bit : 0)
                | (standing.full() ? Flag.FULL.bit : 0)
                | (clean ? Flag.CLEAN.bit : 0)
                | (standing.tracking().isPresent() ? Flag.TRACKING.bit : 0)
                | (logLost ? Flag.LOG_LOST.bit : 0);
    }

    /// In all versions.
    private static int sectorChecksum(ByteBuffer slot) {
        return Scratch.structure(slot.slice(0, ReplicaFormat.SECTOR_BYTES), SuperblockField.CHECKSUM.offset);
    }

    /// 0 for an empty list.
    private static int badChecksum(ByteBuffer slot, int runs) {
        CRC32C crc = new CRC32C();
        crc.update(slot.slice(ReplicaFormat.SECTOR_BYTES, runs * Long.BYTES));
        return (int) crc.getValue();
    }

    /// Reads a slot, all of `from`.
    static Reading decode(ByteBuffer from) {
        from.order(ByteOrder.LITTLE_ENDIAN);
        if (from.getLong(SuperblockField.MAGIC.offset) != ReplicaFormat.MAGIC
                || from.getInt(SuperblockField.CHECKSUM.offset) != sectorChecksum(from)) {
            return new Reading.Damaged();
        }
        int version = from.getInt(SuperblockField.VERSION.offset);
        if (version < ReplicaFormat.VERSION_FIRST || version > ReplicaFormat.VERSION) {
            return new Reading.OtherVersion(version);
        }
        try {
            return new Reading.Valid(decodeFields(from));
        } catch (IllegalArgumentException nonsense) {
            return new Reading.Damaged();
        }
    }

    /// @throws IllegalArgumentException for values that make no sense, in spite of their checksum
    private static Superblock decodeFields(ByteBuffer from) {
        Identity identity = new Identity(
                uuid(from, SuperblockField.VOLUME),
                uuid(from, SuperblockField.REPLICA),
                from.getLong(SuperblockField.SIZE.offset),
                Instant.ofEpochMilli(from.getLong(SuperblockField.CREATED.offset)));
        int flags = from.getInt(SuperblockField.FLAGS.offset);
        Optional<Standing.Tracking> tracking = (flags & Flag.TRACKING.bit) == 0
                ? Optional.empty()
                : Optional.of(new Standing.Tracking(
                        uuid(from, SuperblockField.TRACKED_PEER), from.getLong(SuperblockField.TRACKED_SINCE.offset)));
        Standing standing = new Standing(
                from.getLong(SuperblockField.VIEW.offset),
                (flags & Flag.IN_SYNC.bit) != 0,
                (flags & Flag.FULL.bit) != 0,
                tracking);
        long growingTo = from.getLong(SuperblockField.GROWING_TO.offset);
        int computed = from.getInt(SuperblockField.COMPUTED.offset);
        boolean isGrowth = growingTo > identity.sizeBytes() && Geometry.isSize(growingTo);
        int dirtyPages = from.getInt(SuperblockField.DIRTY_PAGES.offset);
        if (dirtyPages < 0
                || computed < 0
                || computed > Geometry.extents(identity.sizeBytes())
                || (growingTo != 0 && !isGrowth)) {
            throw new IllegalArgumentException("out of range");
        }
        return new Superblock(
                from.getLong(SuperblockField.SEQUENCE.offset),
                identity,
                growingTo,
                standing,
                from.getLong(SuperblockField.GENERATION.offset),
                computed,
                (flags & Flag.CLEAN.bit) != 0,
                (flags & Flag.LOG_LOST.bit) != 0,
                dirtyPages,
                decodeBad(from));
    }

    private static BadBlocks decodeBad(ByteBuffer from) {
        int count = from.getInt(SuperblockField.BAD_RUNS.offset);
        if (count < 0
                || count > BadBlocks.RUNS_MAX
                || from.getInt(SuperblockField.BAD_CHECKSUM.offset) != badChecksum(from, count)) {
            // Of a write that was cut short, for example: the other slot counts.
            throw new IllegalArgumentException("a damaged list of bad blocks");
        }
        long[] runs = new long[count];
        for (int i = 0; i < count; i++) {
            runs[i] = from.getLong(ReplicaFormat.SECTOR_BYTES + i * Long.BYTES);
        }
        return BadBlocks.ofRuns(runs);
    }

    private static void put(ByteBuffer into, SuperblockField field, UUID uuid) {
        into.putLong(field.offset, Long.reverseBytes(uuid.getMostSignificantBits()));
        into.putLong(field.offset + Long.BYTES, Long.reverseBytes(uuid.getLeastSignificantBits()));
    }

    private static UUID uuid(ByteBuffer from, SuperblockField field) {
        return new UUID(
                Long.reverseBytes(from.getLong(field.offset)),
                Long.reverseBytes(from.getLong(field.offset + Long.BYTES)));
    }
}
