package understudy.volume.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import understudy.linux.BlockFile;
import understudy.linux.LinuxException;
import understudy.volume.Geometry;

/// A replica as files: its data, and beside them its metadata, which come into being whole or not at all.
final class ReplicaFiles {
    private static final int EIO = 5;

    private final Path data;
    private final Path meta;

    ReplicaFiles(Path data) {
        this.data = data;
        this.meta = metadata(data);
    }

    static Path metadata(Path data) {
        return data.resolveSibling(data.getFileName() + ".meta");
    }

    ReplicaStore.Presence presence() {
        boolean hasData = Files.exists(data, LinkOption.NOFOLLOW_LINKS);
        if (Files.exists(meta, LinkOption.NOFOLLOW_LINKS)) {
            return hasData ? ReplicaStore.Presence.BOTH : ReplicaStore.Presence.METADATA_ONLY;
        }
        return hasData ? ReplicaStore.Presence.DATA_ONLY : ReplicaStore.Presence.NOTHING;
    }

    ReplicaStore create(Identity identity) throws StoreRefusedException, DiskFailedException {
        refuseMetadata();
        if (Files.exists(data) && !Files.isRegularFile(data)) {
            return overDevice(identity);
        }
        if (Files.exists(data, LinkOption.NOFOLLOW_LINKS)) {
            throw new StoreRefusedException(
                    data + " exists already", "Adopt it with the content that it has, or delete it.");
        }
        try {
            Disk disk = new LinuxDisk(BlockFile.create(data, identity.sizeBytes()));
            try {
                return formatted(disk, identity, Geometry.extents(identity.sizeBytes()));
            } catch (IOException | RuntimeException e) {
                disk.close();
                Files.deleteIfExists(data);
                throw e;
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /// Nobody knows what a device holds.
    private ReplicaStore overDevice(Identity identity) throws StoreRefusedException, DiskFailedException {
        Disk disk = opened(data);
        try {
            if (disk.size() < identity.sizeBytes()) {
                throw new StoreRefusedException(
                        data + " has " + disk.size() + " bytes, and the volume " + identity.sizeBytes(),
                        "Give it a larger device.");
            }
            return formatted(disk, identity, 0);
        } catch (IOException | RuntimeException e) {
            disk.close();
            throw failed(e);
        }
    }

    ReplicaStore adopt(UUID volume, UUID replica, Instant created) throws StoreRefusedException, DiskFailedException {
        refuseMetadata();
        if (!Files.exists(data)) {
            throw new StoreRefusedException(data + " is not there", "Create a replica instead.");
        }
        Disk disk = opened(data);
        try {
            long size = disk.size();
            if (!Geometry.isSize(size)) {
                throw new StoreRefusedException(
                        data + " has " + size + " bytes, which is no size of a volume",
                        "Give it a multiple of 512 bytes, at least 1 MiB and at most 64 TiB (truncate -s).");
            }
            return formatted(disk, new Identity(volume, replica, size, created), 0);
        } catch (IOException | RuntimeException e) {
            disk.close();
            throw failed(e);
        }
    }

    private void refuseMetadata() throws StoreRefusedException {
        if (Files.exists(meta, LinkOption.NOFOLLOW_LINKS)) {
            throw new StoreRefusedException(
                    meta + " exists already",
                    "Open the replica that it belongs to; or, if its data are gone for good, delete it.");
        }
    }

    /// Under another name until it is whole and durable.
    private ReplicaStore formatted(Disk disk, Identity identity, int computed) throws IOException {
        Path unfinished = meta.resolveSibling(meta.getFileName() + ".new");
        Files.deleteIfExists(unfinished);
        BlockFile file = BlockFile.create(unfinished, ReplicaFormat.bytes(identity.sizeBytes()));
        Disk metaDisk = new LinuxDisk(file);
        Path named = unfinished;
        try {
            lock(file);
            ReplicaStore store = ReplicaStore.format(disk, metaDisk, identity, computed);
            Files.move(unfinished, meta, StandardCopyOption.ATOMIC_MOVE);
            named = meta;
            BlockFile.syncFolder(Objects.requireNonNull(meta.toAbsolutePath().getParent()));
            return store;
        } catch (IOException | RuntimeException e) {
            metaDisk.close();
            Files.deleteIfExists(named);
            throw e;
        }
    }

    ReplicaStore open(Expected expected) throws StoreRefusedException, DiskFailedException {
        refuseAbsence();
        Disk metaDisk = locked();
        try {
            Disk disk = opened(data);
            try {
                return ReplicaStore.open(disk, metaDisk, expected);
            } catch (IOException | RuntimeException e) {
                disk.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            metaDisk.close();
            throw failed(e);
        }
    }

    Inspection inspect(Expected expected) throws StoreRefusedException, DiskFailedException {
        refuseAbsence();
        Disk metaDisk = opened(meta);
        try {
            Disk disk = opened(data);
            try {
                Superblock found =
                        StoreOpening.superblock(disk, metaDisk, expected).superblock();
                return new Inspection(found.identity(), found.standing(), found.clean());
            } finally {
                disk.close();
            }
        } catch (IOException | RuntimeException e) {
            throw failed(e);
        } finally {
            metaDisk.close();
        }
    }

    private void refuseAbsence() throws StoreRefusedException {
        switch (presence()) {
            case NOTHING -> throw new StoreRefusedException(data + " is not there", "Create it first.");
            case DATA_ONLY ->
                throw new StoreRefusedException(
                        data + " has no metadata (" + meta + ")",
                        "Put them back; or adopt the data as a new replica, of a new volume.");
            case METADATA_ONLY ->
                throw new StoreRefusedException(
                        meta + " is there, but its data (" + data + ") are not",
                        "Is a file system not mounted? If the data are gone for good, delete the metadata, too.");
            case BOTH -> {}
        }
    }

    private Disk locked() throws StoreRefusedException, DiskFailedException {
        try {
            BlockFile file = BlockFile.open(meta);
            try {
                lock(file);
            } catch (IOException | RuntimeException e) {
                file.close();
                throw e;
            }
            return new LinuxDisk(file);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private void lock(BlockFile file) throws StoreRefusedException, LinuxException {
        if (!file.tryLock()) {
            throw new StoreRefusedException(
                    data + " is in use", "Stop what else serves it; a request to a disk that hangs counts, too.");
        }
    }

    private static Disk opened(Path path) throws StoreRefusedException, DiskFailedException {
        try {
            return new LinuxDisk(BlockFile.open(path));
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /// The exception as one of the two kinds that there are here.
    private static DiskFailedException failed(Exception e) throws StoreRefusedException, DiskFailedException {
        switch (e) {
            case StoreRefusedException refused -> throw refused;
            case DiskFailedException failed -> throw failed;
            case LinuxException linux ->
                throw new DiskFailedException(linux.errno(), String.valueOf(linux.getMessage()), linux);
            case RuntimeException unexpected -> throw unexpected;
            default -> throw new DiskFailedException(EIO, String.valueOf(e), e);
        }
    }
}
