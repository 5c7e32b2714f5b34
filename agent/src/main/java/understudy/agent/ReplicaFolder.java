package understudy.agent;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.stream.Stream;
import understudy.linux.DurableFile;
import understudy.model.HostName;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.model.VolumeReplica;
import understudy.model.VolumeSpec;
import understudy.protocol.MirrorWishes;
import understudy.qemu.DiskImage;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.Expected;
import understudy.volume.store.Identity;
import understudy.volume.store.Inspection;
import understudy.volume.store.ReplicaStore;
import understudy.volume.store.ReplicaStore.Presence;
import understudy.volume.store.StoreRefusedException;

/// The replicas of one VM on this host: `VOLUMES/VM-ID/disk0` with `disk0.meta` beside it, and so on; and in
/// `disk0.boot` the start of the host in which that replica was opened last. Nobody's thread but those that may
/// wait for a disk comes here.
///
/// Files are made in three cases only (design, section 3.1, rule 12): under the VM's first view, which nobody has
/// run under; under a view by which this host has come to the VM just now; and in the place of a replica that a view
/// does not count on, where the volumes' folder is the top of a file system of its own, so that an empty one is a new
/// disk and not one that is not mounted.
final class ReplicaFolder {
    private static final String UNFINISHED = ".new";
    private static final String BOOT = ".boot";
    private static final String PROBE = ".probe";
    private static final int EIO = 5;

    private final Path volumes;
    private final UUID cluster;
    private final Path folder;
    private final HostName self;
    private final UUID boot;
    private final understudy.agent.FileStore images;
    private final Predicate<Path> isDisk;

    /// Held by who makes files: two who both see that nothing is there must not make, and unmake, each other's.
    private final ReentrantLock making = new ReentrantLock();

    /// @param boot this start of this host
    ReplicaFolder(
            Path volumes, UUID cluster, VmSpec spec, HostName self, UUID boot, understudy.agent.FileStore images) {
        this(volumes, cluster, spec, self, boot, images, ReplicaFolder::isOwnFileSystem);
    }

    /// @param isDisk whether the volumes' folder is the top of a file system of its own
    ReplicaFolder(
            Path volumes,
            UUID cluster,
            VmSpec spec,
            HostName self,
            UUID boot,
            understudy.agent.FileStore images,
            Predicate<Path> isDisk) {
        this.volumes = volumes;
        this.cluster = cluster;
        this.folder = volumes.resolve(spec.id().toString());
        this.self = self;
        this.boot = boot;
        this.images = images;
        this.isDisk = isDisk;
    }

    Path file(VolumeSpec disk) {
        return folder.resolve(disk.name());
    }

    /// Makes what the first view wants and is not there yet. May take as long as converting an image does.
    void makeFirst(VmRecord record) throws IOException {
        if (record.view().number() != 1) {
            return;
        }
        making.lock();
        try {
            makeFolder();
            for (VolumeSpec disk : record.spec().disks()) {
                if (disk.image().isPresent()) {
                    images.fetch(disk.image().get().sha256(), record.spec().hosts());
                }
                if (ReplicaStore.presence(file(disk)) != Presence.BOTH) {
                    make(disk, named(record.view(), disk).id());
                }
            }
        } finally {
            making.unlock();
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

    // ---- to look at --------------------------------------------------------------------------------------------

    /// Whether the disk takes something and keeps it: what is cached can be read from a disk that is long dead.
    ///
    /// @throws IOException if it does not
    void probe() throws IOException {
        if (Files.isDirectory(folder)) {
            DurableFile.write(folder.resolve(PROBE), bootMark());
        }
    }

    /// Looks at the replica that a view names. It may be in use; nothing is changed.
    ///
    /// @throws StoreRefusedException if it is not there, damaged, or not the one that the view counts on
    ReplicaReport look(View view, VolumeSpec disk) throws StoreRefusedException, DiskFailedException {
        VolumeReplica named = named(view, disk);
        Optional<UUID> expected = named.inSync() ? Optional.of(named.id()) : Optional.empty();
        Inspection found = ReplicaStore.inspect(
                file(disk), new Expected(Optional.of(disk.id().value()), expected, OptionalLong.empty()));
        return new ReplicaReport(
                disk.id(),
                condition(found, named, disk),
                Optional.of(found.identity().replica()),
                found.standing().full()
                        ? 0
                        : MirrorWishes.viewOf(found.standing().view()),
                written(disk));
    }

    private ReplicaReport.Condition condition(Inspection found, VolumeReplica named, VolumeSpec disk) {
        if (!found.identity().replica().equals(named.id())) {
            return ReplicaReport.Condition.OTHER;
        }
        return found.isClean() || isOfThisBoot(disk) ? ReplicaReport.Condition.SOUND : ReplicaReport.Condition.LOSSY;
    }

    private Optional<Instant> written(VolumeSpec disk) {
        try {
            return Optional.of(Files.getLastModifiedTime(file(disk)).toInstant());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private boolean isOfThisBoot(VolumeSpec disk) {
        try {
            return Files.readString(bootFile(disk)).equals(boot.toString());
        } catch (IOException e) {
            return false;
        }
    }

    private byte[] bootMark() {
        return boot.toString().getBytes(StandardCharsets.UTF_8);
    }

    private Path bootFile(VolumeSpec disk) {
        return folder.resolve(disk.name() + BOOT);
    }

    // ---- to use --------------------------------------------------------------------------------------------------

    /// Opens the replica that a view names; or, if that does not count on it, whichever of the volume is there,
    /// or an empty one with an id of its own in the place of none.
    ///
    /// Only under a view that was asked for in this life of the active: from here on the replica passes for one
    /// that has lost nothing.
    ReplicaStore open(View view, VolumeSpec disk) throws StoreRefusedException, DiskFailedException {
        ReplicaStore store = opened(view, disk);
        try {
            if (!isOfThisBoot(disk)) {
                DurableFile.write(bootFile(disk), bootMark());
            }
            return store;
        } catch (IOException e) {
            store.close();
            throw new DiskFailedException(EIO, DriverDesk.reason(e), e);
        }
    }

    /// Opens the replica that a view names to read it while nobody runs the VM. Who opens it next finds it as it was.
    ///
    /// @throws StoreRefusedException also if it may have lost what was written last
    ReplicaStore openToRead(View view, VolumeSpec disk) throws StoreRefusedException, DiskFailedException {
        if (look(view, disk).condition() != ReplicaReport.Condition.SOUND) {
            throw new StoreRefusedException(
                    "the host was started anew while the replica was in use: it may lack what was written last",
                    "Start the VM once, so that it is mended.");
        }
        Expected named = Expected.replica(disk.id().value(), named(view, disk).id());
        return following(named, disk);
    }

    private ReplicaStore opened(View view, VolumeSpec disk) throws StoreRefusedException, DiskFailedException {
        Optional<UUID> volume = Optional.of(disk.id().value());
        VolumeReplica named = named(view, disk);
        if (named.inSync()) {
            return following(new Expected(volume, Optional.of(named.id()), OptionalLong.empty()), disk);
        }
        if (isToBeMade(named, disk)) {
            if (!making.tryLock()) {
                throw new StoreRefusedException(file(disk) + " is being made", "Wait until it is.");
            }
            try {
                if (isToBeMade(named, disk)) {
                    discard(disk);
                    return madeAnew(disk);
                }
            } finally {
                making.unlock();
            }
        }
        return following(new Expected(volume, Optional.empty(), OptionalLong.empty()), disk);
    }

    /// Where nobody has ever counted on one, what was begun and not finished is nothing, too.
    private boolean isToBeMade(VolumeReplica named, VolumeSpec disk) throws DiskFailedException {
        return named.fresh()
                ? ReplicaStore.presence(file(disk)) != Presence.BOTH
                : isNothingOf(disk) && isDisk.test(volumes);
    }

    private void discard(VolumeSpec disk) throws DiskFailedException {
        try {
            Files.deleteIfExists(file(disk));
            Files.deleteIfExists(ReplicaStore.metadata(file(disk)));
        } catch (IOException e) {
            throw new DiskFailedException(EIO, DriverDesk.reason(e), e);
        }
    }

    private ReplicaStore madeAnew(VolumeSpec disk) throws StoreRefusedException, DiskFailedException {
        try {
            makeFolder();
        } catch (IOException e) {
            throw new StoreRefusedException(
                    folder + " cannot be made: " + DriverDesk.reason(e), "Mend or replace the disk.");
        }
        return ReplicaStore.create(file(disk), identity(disk, UUID.randomUUID()));
    }

    /// Of the size that its volume has by now.
    private ReplicaStore following(Expected expected, VolumeSpec disk)
            throws StoreRefusedException, DiskFailedException {
        return VolumeGrowth.followed(ReplicaStore.open(file(disk), expected), disk);
    }

    private boolean isNothingOf(VolumeSpec disk) throws DiskFailedException {
        return isNothingAt(file(disk)) && isNothingAt(ReplicaStore.metadata(file(disk)));
    }

    /// Not merely that it cannot be seen.
    private static boolean isNothingAt(Path path) throws DiskFailedException {
        try {
            Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return false;
        } catch (NoSuchFileException e) {
            return true;
        } catch (IOException e) {
            throw new DiskFailedException(EIO, DriverDesk.reason(e), e);
        }
    }

    private static boolean isOwnFileSystem(Path volumes) {
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
