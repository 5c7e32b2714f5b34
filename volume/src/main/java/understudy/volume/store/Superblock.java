package understudy.volume.store;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import understudy.volume.Geometry;
import understudy.volume.store.ReplicaFormat.Flag;
import understudy.volume.store.ReplicaFormat.SuperblockField;

/// The first thing that a replica knows of itself. It fits in one sector, so a disk writes it whole or not at
/// all.
///
/// @param sequence   goes up by one with each write
/// @param growingTo  the size that it is about to have; 0 if it is not growing
/// @param generation of the dirty map: pages of another count as clean; goes up with each new tracking
/// @param computed   checksums of extents from here on are unknown, whatever is recorded
/// @param clean      whether it was closed cleanly
/// @param logLost    whether an activity log could not be read, so that any extent may have been in it
record Superblock(
        long sequence,
        Identity identity,
        long growingTo,
        Standing standing,
        long generation,
        int computed,
        boolean clean,
        boolean logLost) {

    /// What a slot holds.
    sealed interface Reading {
        record Valid(Superblock superblock) implements Reading {}

        record OtherVersion(int version) implements Reading {}

        record Damaged() implements Reading {}
    }

    static Superblock fresh(Identity identity, int computed) {
        return new Superblock(1, identity, 0, Standing.FRESH, 0, computed, false, false);
    }

    Superblock next() {
        return new Superblock(sequence + 1, identity, growingTo, standing, generation, computed, clean, logLost);
    }

    Superblock with(Standing newStanding) {
        return new Superblock(sequence, identity, growingTo, newStanding, generation, computed, clean, logLost);
    }

    Superblock withGeneration(long newGeneration) {
        return new Superblock(sequence, identity, growingTo, standing, newGeneration, computed, clean, logLost);
    }

    Superblock withComputed(int newComputed) {
        return new Superblock(sequence, identity, growingTo, standing, generation, newComputed, clean, logLost);
    }

    Superblock withClean(boolean isClean) {
        return new Superblock(sequence, identity, growingTo, standing, generation, computed, isClean, logLost);
    }

    Superblock withLogLost(boolean isLost) {
        return new Superblock(sequence, identity, growingTo, standing, generation, computed, clean, isLost);
    }

    Superblock growingTo(long size) {
        return new Superblock(sequence, identity, size, standing, generation, computed, clean, logLost);
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
                logLost);
    }

    /// Writes its sector, all of `into`.
    void encode(ByteBuffer into) {
        into.order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < ReplicaFormat.SECTOR_BYTES; at += Long.BYTES) {
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
        into.putInt(SuperblockField.CHECKSUM.offset, Scratch.structure(into, SuperblockField.CHECKSUM.offset));
    }

    private int flags() {
        return (standing.inSync() ? Flag.IN_SYNC.bit : 0)
                | (standing.full() ? Flag.FULL.bit : 0)
                | (clean ? Flag.CLEAN.bit : 0)
                | (standing.tracking().isPresent() ? Flag.TRACKING.bit : 0)
                | (logLost ? Flag.LOG_LOST.bit : 0);
    }

    /// Reads a sector, all of `from`.
    static Reading decode(ByteBuffer from) {
        from.order(ByteOrder.LITTLE_ENDIAN);
        int checksum = SuperblockField.CHECKSUM.offset;
        if (from.getLong(SuperblockField.MAGIC.offset) != ReplicaFormat.MAGIC
                || from.getInt(checksum) != Scratch.structure(from, checksum)) {
            return new Reading.Damaged();
        }
        int version = from.getInt(SuperblockField.VERSION.offset);
        if (version != ReplicaFormat.VERSION) {
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
        if (computed < 0 || computed > Geometry.extents(identity.sizeBytes()) || (growingTo != 0 && !isGrowth)) {
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
                (flags & Flag.LOG_LOST.bit) != 0);
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
