package understudy.lab;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import understudy.linux.FileBlocks;
import understudy.linux.MountedFileSystem;
import understudy.model.ByteSize;
import understudy.model.Problem;

/// The disk that a host keeps its volumes on: an ext4 file system on a loop device, so that its faults are the
/// kernel's.
///
/// It is mounted in the host's own mount namespace alone and ends with that. What else a host keeps, the ledger
/// above all, lies beside it on the system disk, which does not fail.
record HostDisk(String host) {
    /// Where a host finds it, on the inside.
    static final Path FOLDER = LabFolders.INSIDE_DATA.resolve("volumes");

    /// What fills a full disk.
    static final String BALLAST = ".lab-ballast";

    static final String MOUNT_OPTIONS = "noatime,noinit_itable";
    private static final Duration RELEASE_LIMIT = Duration.ofSeconds(10);
    /// For an agent to close the files of a disk that was taken from it.
    private static final Duration CLOSING = Duration.ofSeconds(1);
    private static final Duration COPY_LIMIT = Duration.ofMinutes(5);

    private Path file() {
        return LabFolders.disk(host);
    }

    /// Puts an empty disk in place of the one that there is, or of none. It takes room as it is written.
    void create(ByteSize size) {
        Path fresh = file().resolveSibling(file().getFileName() + ".new");
        LabFolders.create(List.of(LabFolders.DATA));
        try {
            Files.deleteIfExists(fresh);
            try (RandomAccessFile made = new RandomAccessFile(fresh.toFile(), "rw")) {
                made.setLength(size.bytes());
            }
            // No room for root alone, few inodes, and nothing left for the kernel to do later: `full` means full,
            // and an idle disk is idle.
            Shell.run(
                    "mkfs.ext4",
                    "-q",
                    "-F",
                    "-m",
                    "0",
                    "-N",
                    "16384",
                    "-E",
                    "nodiscard,lazy_itable_init=0,lazy_journal_init=1",
                    fresh.toString());
            Files.move(fresh, file(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw Shell.failure("make the disk of " + host, e);
        }
    }

    /// The device to mount. Whatever was on the disk before must have ended: two file systems on one disk would
    /// ruin it.
    LoopDevice plugIn() {
        LoopDevice.presentOn(file()).forEach(LoopDevice::letGo);
        Await.until("the earlier file system of " + host + " to end", RELEASE_LIMIT, this::isReleased);
        return LoopDevice.on(file());
    }

    private boolean isReleased() {
        return LoopDevice.presentOn(file()).isEmpty();
    }

    /// The disk as the lab reaches it in a host that has power.
    private static Path folder(LabProcess first) {
        return first.root().resolve(Path.of("/").relativize(FOLDER));
    }

    private LoopDevice device() {
        return LoopDevice.presentOn(file()).stream().findFirst().orElseThrow(this::noDisk);
    }

    private Problem.Refused noDisk() {
        return Problem.of(
                        "no-disk",
                        "%s has no disk at this moment".formatted(host),
                        "`understudy lab repair disk %s --how replaced` gives it a new one".formatted(host))
                .refused();
    }

    private boolean isMounted(LabProcess first) throws IOException {
        for (LoopDevice device : LoopDevice.presentOn(file())) {
            if (MountedFileSystem.isOn(folder(first), device.number())) {
                return true;
            }
        }
        return false;
    }

    /// @param how not [DiskFault#CORRUPT], which is [#corrupt]
    void fail(DiskFault how, LabProcess first) {
        LoopDevice device = device();
        Path folder = folder(first);
        try {
            switch (how) {
                case ERROR -> MountedFileSystem.shutDown(folder, device.number());
                case HANG -> hang(folder, device);
                case FULL -> MountedFileSystem.fill(folder.resolve(BALLAST), device.number());
                case CORRUPT -> throw new IllegalArgumentException("which bits?");
            }
        } catch (IOException e) {
            throw Shell.failure("make the disk of %s fail (%s)".formatted(host, how.word()), e);
        }
    }

    private void hang(Path folder, LoopDevice device) throws IOException {
        ControlGroup group =
                ControlGroup.of(host).orElseThrow(() -> ControlGroup.cannotHang("no control groups are mounted"));
        group.requireLimit();
        MountedFileSystem.freeze(folder, device.number());
        try {
            // What is cached could still be read: nothing is dirty now, so all of it can go.
            for (Path file : files(folder)) {
                FileBlocks.dropCache(file);
            }
            group.holdReaders(device);
        } catch (IOException e) {
            release();
            throw e;
        }
    }

    /// All files of a disk that are not the lab's own, in an order that is always the same.
    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile)
                    .filter(file -> !file.getFileName().toString().equals(BALLAST))
                    .sorted()
                    .toList();
        }
    }

    /// Flips one bit in each of `blocks` blocks.
    ///
    /// @param seed decides which, among those that are there
    List<BitFlip> corrupt(LabProcess first, int blocks, long seed) {
        Path folder = folder(first);
        try {
            if (!isMounted(first)) {
                throw noDisk();
            }
            // The file, and not the device: what a device caches of itself is not what its file system reads.
            return new BitRot(folder, file(), new SplittableRandom(seed)).strike(files(folder), blocks);
        } catch (IOException e) {
            throw Shell.failure("corrupt the disk of " + host, e);
        }
    }

    /// The power fails: what was not synced is gone, and nobody waits for the disk any more.
    ///
    /// @param first the host's first process
    void losePower(LabProcess first) {
        shutDown(first);
        release();
    }

    private void shutDown(LabProcess first) {
        try {
            if (isMounted(first)) {
                MountedFileSystem.shutDown(folder(first), device().number());
            }
        } catch (IOException e) {
            throw Shell.failure("switch off the disk of " + host, e);
        }
    }

    /// Lets everybody go who waits for a disk of this host, past ones included.
    void release() {
        for (LoopDevice device : LoopDevice.ofLab()) {
            if (device.file().equals(file())) {
                ControlGroup.of(host).ifPresent(group -> group.letReadersGo(device));
                device.thaw();
            }
        }
    }

    /// @param broken how it is broken; empty if it is not
    void repair(DiskRepair how, Optional<DiskFault> broken, LabProcess first) {
        switch (how) {
            case REPLACED -> replace(first);
            case BACK -> broken.ifPresent(fault -> bringBack(fault, first));
        }
    }

    private void bringBack(DiskFault fault, LabProcess first) {
        switch (fault) {
            case ERROR -> remount(first);
            case HANG -> release();
            case FULL -> throwOutBallast(folder(first));
            case CORRUPT -> {}
        }
    }

    private void throwOutBallast(Path folder) {
        try {
            Files.deleteIfExists(folder.resolve(BALLAST));
        } catch (IOException e) {
            throw Shell.failure("make room on the disk of " + host, e);
        }
    }

    private void replace(LabProcess first) {
        ByteSize size = size();
        shutDown(first);
        release();
        unmount(first);
        create(size);
        mount(first);
    }

    private ByteSize size() {
        try {
            return new ByteSize(Files.size(file()));
        } catch (NoSuchFileException none) {
            return LabPlan.USUAL_DISK;
        } catch (IOException e) {
            throw Shell.failure("see how large the disk of " + host + " is", e);
        }
    }

    /// A file system that was shut down lives again when it is mounted anew: its journal is replayed. While
    /// somebody keeps a file of the old one open that one is not gone, and might write its superblock once more:
    /// then the new one gets a copy of the disk.
    private void remount(LabProcess first) {
        unmount(first);
        List<LoopDevice> old = LoopDevice.presentOn(file());
        old.forEach(LoopDevice::letGo);
        if (!Await.holds(CLOSING, this::isReleased)) {
            old.stream().filter(device -> LoopDevice.ofLab().contains(device)).forEach(LoopDevice::flush);
            copy();
        }
        mount(first);
    }

    private void copy() {
        Path fresh = file().resolveSibling(file().getFileName() + ".new");
        Shell.of("cp", "--sparse=always", file().toString(), fresh.toString()).run(COPY_LIMIT);
        try {
            Files.move(fresh, file(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw Shell.failure("copy the disk of " + host, e);
        }
    }

    /// Takes it out of the host's folders; who has files of it open keeps those.
    private static void unmount(LabProcess first) {
        inside(first, "while mountpoint -q \"$1\"; do umount --lazy \"$1\" || exit; done", FOLDER.toString());
    }

    private void mount(LabProcess first) {
        LoopDevice device = plugIn();
        try {
            inside(
                    first,
                    "mount -t ext4 -o \"$1\" \"$2\" \"$3\"",
                    MOUNT_OPTIONS,
                    device.path().toString(),
                    FOLDER.toString());
        } finally {
            device.letGo();
        }
    }

    /// With the host's own `/proc`, in which `umount` looks for what is mounted.
    private static void inside(LabProcess first, String script, String... words) {
        String target = "--target=" + first.pid();
        Shell.of("nsenter", target, "--mount", "--pid", "--root", "--wd=/", "sh", "-c", script, "sh")
                .and(List.of(words))
                .run();
    }
}
