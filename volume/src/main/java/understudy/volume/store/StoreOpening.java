package understudy.volume.store;

import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.volume.Geometry;

/// How a store comes up: all that can be refused is refused before anything is written.
final class StoreOpening {
    private static final Logger LOG = LoggerFactory.getLogger(StoreOpening.class);

    private StoreOpening() {}

    static long blocks(long sizeBytes) {
        return (sizeBytes + Geometry.BLOCK_BYTES - 1) / Geometry.BLOCK_BYTES;
    }

    static void format(Disk data, Disk meta, Identity identity, int computed) throws DiskFailedException {
        Superblocks.format(meta, Superblock.fresh(identity, computed));
        new LogSlots(meta).format();
        data.sync();
        meta.sync();
    }

    /// Refuses what is not the replica that is expected, or not whole.
    static Superblocks.Found superblock(Disk data, Disk meta, Expected expected)
            throws StoreRefusedException, DiskFailedException {
        if (meta.size() < ReplicaFormat.GROUPS) {
            throw new StoreRefusedException(
                    "the replica's metadata end after " + meta.size() + " bytes",
                    "Put the whole file back; or, if the volume has another replica, delete this one, data and"
                            + " metadata, and let it be copied anew.");
        }
        Superblocks.Found found = Superblocks.read(meta);
        refuseStranger(found.superblock().identity(), expected);
        refuseSizes(found.superblock(), data.size(), data.mayBeLarger(), meta.size());
        return found;
    }

    static ReplicaStore open(Disk data, Disk meta, Expected expected, int coldPages)
            throws StoreRefusedException, DiskFailedException {
        Superblocks.Found found = superblock(data, meta, expected);
        Superblock superblock = found.superblock();
        LogSlots slots = new LogSlots(meta);
        Optional<int[]> logged =
                slots.read(Geometry.extents(superblock.identity().sizeBytes()));

        Failure failure = new Failure();
        Metadata metadata = new Metadata(meta, found.slots(), superblock, slots, failure);
        DirtyMap map = null;
        if (superblock.standing().tracking().isPresent()) {
            map = marks(metadata, superblock, logged);
        }
        boolean isLost = logged.isEmpty();
        if (isLost) {
            LOG.warn("the activity log is damaged; all checksums of the volume are computed anew");
        }
        metadata.change(now ->
                now.withClean(false).withLogLost(now.logLost() || isLost).withComputed(isLost ? 0 : now.computed()));
        if (superblock.growingTo() != 0) {
            finishGrowth(data, metadata, failure);
        }
        return assemble(data, metadata, map, logged.orElse(new int[0]), coldPages, failure);
    }

    private static ReplicaStore assemble(
            Disk data, Metadata metadata, @Nullable DirtyMap map, int[] logged, int coldPages, Failure failure)
            throws DiskFailedException {
        long size = metadata.superblock().identity().sizeBytes();
        int extents = Geometry.extents(size);
        ChecksumPages pages =
                new ChecksumPages(metadata, extents, metadata.superblock().computed(), coldPages);
        ActivityLog log = new ActivityLog(metadata, pages);
        log.restore(logged);
        // A copy that is as good as the one that was read, in both slots, and in place of one that was damaged.
        log.write();
        Content content = new Content(data, pages, metadata, failure, size);
        content.dirty(map == null || map.extents() == extents ? map : map.grown(extents));
        return new ReplicaStore(data, metadata, pages, log, content, failure);
    }

    /// The marks on disk, and for each extent in the log all of its: nobody knows which of them were written.
    private static DirtyMap marks(Metadata metadata, Superblock superblock, Optional<int[]> logged)
            throws DiskFailedException {
        long size = superblock.identity().sizeBytes();
        DirtyMap map = new DirtyMap(Geometry.extents(size), superblock.generation());
        metadata.read(map, blocks(size));
        if (logged.isEmpty() || superblock.logLost()) {
            map.mark(0, blocks(size) - 1);
        }
        for (int extent : logged.orElse(new int[0])) {
            long first = (long) extent * Geometry.EXTENT_BLOCKS;
            map.mark(first, Math.min(first + Geometry.EXTENT_BLOCKS, blocks(size)) - 1);
        }
        return map;
    }

    private static void refuseStranger(Identity identity, Expected expected) throws StoreRefusedException {
        refuseOther("volume", expected.volume(), identity.volume());
        refuseOther("replica", expected.replica(), identity.replica());
        if (expected.sizeBytes().isPresent() && expected.sizeBytes().getAsLong() != identity.sizeBytes()) {
            throw new StoreRefusedException(
                    "the replica has " + identity.sizeBytes() + " bytes, and "
                            + expected.sizeBytes().getAsLong() + " are wanted",
                    "Name its size or none; a volume is made larger with all its replicas.");
        }
    }

    private static void refuseOther(String what, Optional<UUID> wanted, UUID found) throws StoreRefusedException {
        if (wanted.isPresent() && !wanted.get().equals(found)) {
            throw new StoreRefusedException(
                    "it belongs to " + what + " " + found + ", and " + wanted.get() + " is wanted",
                    "Is another disk mounted here, or a file at the wrong place? Put the right one there.");
        }
    }

    private static void refuseSizes(Superblock superblock, long data, boolean mayBeLarger, long meta)
            throws StoreRefusedException {
        long size = superblock.identity().sizeBytes();
        long growing = superblock.growingTo();
        // While it grows, each file has the old size or the new one.
        boolean fits = data == size || (mayBeLarger && data > size) || (growing != 0 && data == growing);
        if (!fits) {
            throw new StoreRefusedException(
                    "the replica's data have " + data + " bytes, and its metadata say " + size,
                    "Put the right file there. Metadata and data belong together; neither must be changed by others.");
        }
        long metaBytes = ReplicaFormat.bytes(size);
        if (meta != metaBytes && (growing == 0 || meta != ReplicaFormat.bytes(growing))) {
            throw new StoreRefusedException(
                    "the replica's metadata have " + meta + " bytes instead of " + metaBytes,
                    "Put the whole file back; or, if the volume has another replica, delete this one, data and"
                            + " metadata, and let it be copied anew.");
        }
    }

    /// Makes both disks as large as the superblock says that they are to be.
    static void finishGrowth(Disk data, Metadata metadata, Failure failure) throws DiskFailedException {
        long size = metadata.superblock().identity().sizeBytes();
        long newSize = metadata.superblock().growingTo();
        try {
            if (data.mayBeLarger()) {
                // Nobody knows what the device holds there.
                data.zero(size, newSize - size, true);
            } else {
                data.grow(newSize);
            }
            metadata.grow(newSize);
        } catch (DiskFailedException e) {
            throw failure.now(e);
        }
        failure.sync(data);
        metadata.change(Superblock::grown);
    }
}
