package understudy.agent;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.stream.Stream;
import understudy.model.HostName;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.model.VolumeReplica;
import understudy.model.VolumeSpec;
import understudy.qemu.DiskImage;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.Expected;
import understudy.volume.store.Identity;
import understudy.volume.store.ReplicaStore;
import understudy.volume.store.ReplicaStore.Presence;
import understudy.volume.store.StoreRefusedException;

/// The replicas of one VM on this host: `VOLUMES/VM-ID/disk0` with `disk0.meta` beside it, and so on.
///
/// Files are made in two cases only (design, section 3.1, rule 12): under the VM's first view, which nobody has
/// run under; and in the place of a replica that a view does not count on, where the volumes' folder is the top
/// of a file system of its own, so that an empty one is a new disk and not one that is not mounted.
final class ReplicaFolder {
    private static final String UNFINISHED = ".new";

    private final Path volumes;
    private final UUID cluster;
    private final Path folder;
    private final HostName self;
    private final understudy.agent.FileStore images;

    ReplicaFolder(Path volumes, UUID cluster, VmSpec spec, HostName self, understudy.agent.FileStore images) {
        this.volumes = volumes;
        this.cluster = cluster;
        this.folder = volumes.resolve(spec.id().toString());
        this.self = self;
        this.images = images;
    }

    Path file(VolumeSpec disk) {
        return folder.resolve(disk.name());
    }

    /// Makes what the first view wants and is not there yet. May take as long as converting an image does.
    void makeFirst(VmRecord record) throws IOException {
        if (record.view().number() != 1) {
            return;
        }
        makeFolder();
        for (VolumeSpec disk : record.spec().disks()) {
            if (disk.image().isPresent()) {
                images.fetch(disk.image().get().sha256(), record.spec().hosts());
            }
            if (ReplicaStore.presence(file(disk)) != Presence.BOTH) {
                make(disk, named(record.view(), disk).id());
            }
        }
    }

    private void makeFolder() throws IOException {
        Files.createDirectories(folder);
        ForgottenReplicas.mark(folder, cluster);
    }

    private void make(VolumeSpec disk, UUID replica) throws IOException {
        Path file = file(disk);
        Files.deleteIfExists(file);
        if (disk.image().isEmpty()) {
            ReplicaStore.create(file, identity(disk, replica)).close(true);
            return;
        }
        VolumeSpec.Image image = disk.image().orElseThrow();
        Path unfinished = file.resolveSibling(file.getFileName() + UNFINISHED);
        Files.deleteIfExists(unfinished);
        try (RandomAccessFile raw = new RandomAccessFile(unfinished.toFile(), "rw")) {
            raw.setLength(disk.size().bytes());
        }
        new DiskImage(image.format(), disk.size()).convert(images.path(image.sha256()), unfinished);
        try (RandomAccessFile raw = new RandomAccessFile(unfinished.toFile(), "rw")) {
            raw.getChannel().force(true);
        }
        Files.move(unfinished, file);
        ReplicaStore.adopt(file, disk.id().value(), replica, Instant.now()).close(true);
    }

    private static Identity identity(VolumeSpec disk, UUID replica) {
        return new Identity(disk.id().value(), replica, disk.size().bytes(), Instant.now());
    }

    /// Opens the replica that a view names, of the size that its volume has by now.
    ReplicaStore open(View view, VolumeSpec disk) throws StoreRefusedException, DiskFailedException {
        UUID named = named(view, disk).id();
        return VolumeGrowth.followed(
                ReplicaStore.open(file(disk), Expected.replica(disk.id().value(), named)), disk);
    }

    /// As [#open]; or an empty one with an id of its own, where there is none and none is counted on.
    ReplicaStore openOrReplace(View view, VolumeSpec disk) throws StoreRefusedException, DiskFailedException {
        if (named(view, disk).inSync()) {
            return open(view, disk);
        }
        if (ReplicaStore.presence(file(disk)) == Presence.NOTHING && isOwnFileSystem()) {
            try {
                makeFolder();
            } catch (IOException e) {
                throw new StoreRefusedException(
                        folder + " cannot be made: " + DriverDesk.reason(e), "Mend or replace the disk.");
            }
            return ReplicaStore.create(file(disk), identity(disk, UUID.randomUUID()));
        }
        Expected any = new Expected(Optional.of(disk.id().value()), Optional.empty(), OptionalLong.empty());
        return VolumeGrowth.followed(ReplicaStore.open(file(disk), any), disk);
    }

    private boolean isOwnFileSystem() {
        try {
            FileStore here = Files.getFileStore(volumes);
            return !here.equals(Files.getFileStore(volumes.toAbsolutePath().getParent()));
        } catch (IOException e) {
            return false;
        }
    }

    private VolumeReplica named(View view, VolumeSpec disk) {
        return view.volume(disk.id()).flatMap(it -> it.on(self)).orElseThrow();
    }

    void remove() throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(folder);
    }
}
