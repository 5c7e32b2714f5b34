package understudy.agent;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import understudy.api.Disk;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.Problem;
import understudy.model.VmId;
import understudy.model.VmSpec;
import understudy.model.VolumeId;
import understudy.model.VolumeReplica;
import understudy.model.VolumeSpec;
import understudy.model.VolumeView;
import understudy.qemu.DiskImage;

/// What the disks that a user wishes for will be.
final class NewVolumes {
    private static final int SECTOR_BYTES = 512;

    private final FileStore files;

    NewVolumes(FileStore files) {
        this.files = files;
    }

    /// @param wishes whose images are in the store
    /// @throws Problem.Refused with `bad-image` or `bad-value`
    List<VolumeSpec> disks(List<Disk> wishes) {
        List<VolumeSpec> disks = new ArrayList<>();
        for (Disk wish : wishes) {
            Optional<DiskImage> image = wish.image().map(this::probe);
            ByteSize size = size(wish, image);
            disks.add(new VolumeSpec(
                    new VolumeId(UUID.randomUUID()),
                    VolumeSpec.name(disks.size()),
                    size,
                    image.map(it -> new VolumeSpec.Image(wish.image().orElseThrow(), it.format()))));
        }
        return disks;
    }

    /// How much the disks hold at first, as far as the files that they come from say.
    ByteSize room(List<VolumeSpec> disks) throws IOException {
        long bytes = 0;
        for (VolumeSpec disk : disks) {
            if (disk.image().isPresent()) {
                bytes += Files.size(files.path(disk.image().get().sha256()));
            }
        }
        return new ByteSize(bytes);
    }

    /// Whether a host has that much room for volumes of a VM, with what it has of it already. Waits for its disk.
    ///
    /// @throws Problem.Refused with `host-full` or `disk-failed`
    static void checkRoom(Path volumes, VmId vm, ByteSize size, HostName host) {
        try {
            Path there = volumes.toAbsolutePath();
            while (!Files.exists(there) && there.getParent() != null) {
                there = there.getParent();
            }
            long free = Files.getFileStore(there).getUsableSpace() + held(volumes.resolve(vm.toString()));
            if (free < size.bytes()) {
                throw Problem.of(
                                "host-full",
                                "%s has %d MiB of room for disks; %d MiB are needed."
                                        .formatted(host, free >> 20, size.bytes() >> 20),
                                "Make room, or name other hosts: --on.")
                        .with("host", host)
                        .refused();
            }
        } catch (IOException e) {
            throw Problem.of("disk-failed", "The disk of " + host + " failed.", "Mend or replace it.")
                    .because(DriverDesk.reason(e))
                    .with("host", host)
                    .refused();
        }
    }

    private static long held(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return 0;
        }
        long bytes = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                bytes += Files.size(file);
            }
        }
        return bytes;
    }

    private DiskImage probe(String sha256) {
        try {
            return DiskImage.probe(files.path(sha256));
        } catch (IOException e) {
            throw Problem.of(
                            "bad-image",
                            "The disk image cannot be used.",
                            "Use a raw or qcow2 image without backing file.")
                    .because(DriverDesk.reason(e))
                    .with("image", sha256)
                    .refused();
        }
    }

    private static ByteSize size(Disk wish, Optional<DiskImage> image) {
        long needed = image.map(it -> it.size().bytes()).orElse(0L);
        long whole = (needed + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
        ByteSize size = wish.size().orElse(new ByteSize(whole));
        if (size.bytes() < needed) {
            throw Problem.of(
                            "bad-value",
                            "A disk of %s cannot hold an image of %s."
                                    .formatted(size, image.orElseThrow().size()),
                            "Name a larger size, or none.")
                    .refused();
        }
        try {
            VolumeSpec.checkSize(size);
        } catch (IllegalArgumentException e) {
            throw Problem.of("bad-value", String.valueOf(e.getMessage()), "Name another size.")
                    .refused();
        }
        return size;
    }

    /// The first view's: each host makes its replica from the same nothing, or the same image, so all are in
    /// sync.
    static List<VolumeView> of(VmSpec spec) {
        return spec.disks().stream()
                .map(disk -> new VolumeView(
                        disk.id(),
                        spec.hosts().stream()
                                .map(host -> new VolumeReplica(host, UUID.randomUUID(), true))
                                .toList()))
                .toList();
    }
}
