package understudy.lab;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import understudy.model.Problem;

/// A block device of the kernel that is a file of the lab.
///
/// @param name   such as `loop3`
/// @param file   the file
/// @param isPast whether the file has been deleted or replaced: the device goes when its last user does
record LoopDevice(String name, Path file, boolean isPast) {
    private static final Path BLOCK_DEVICES = Path.of("/sys/block");
    private static final String DELETED = " (deleted)";

    /// Puts a free device on a file. It stays, whoever dies, until [#letGo] and the last user's end.
    static LoopDevice on(Path file) {
        try {
            String path = Shell.run("losetup", "--find", "--show", file.toString());
            return new LoopDevice(Path.of(path.strip()).getFileName().toString(), file, false);
        } catch (Problem.Refused refused) {
            throw Problem.of(
                            "no-loop-device",
                            "No loop device could be had for " + file,
                            "`losetup -a` shows who has them; in a container, give it more /dev/loop*")
                    .because(refused.problem().cause())
                    .refused();
        }
    }

    /// All that are on files in the lab's data folder, past ones included.
    static List<LoopDevice> ofLab() {
        List<LoopDevice> devices = new ArrayList<>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(BLOCK_DEVICES, "loop*")) {
            for (Path folder : folders) {
                String backing = backing(folder);
                if (Path.of(backing.replace(DELETED, "")).startsWith(LabFolders.DATA)) {
                    devices.add(parse(folder.getFileName().toString(), backing));
                }
            }
            return devices;
        } catch (IOException e) {
            throw Shell.failure("list the loop devices", e);
        }
    }

    /// Empty if the device is on no file.
    private static String backing(Path folder) {
        try {
            return Files.readString(folder.resolve("loop/backing_file")).strip();
        } catch (IOException e) {
            return "";
        }
    }

    /// @param backing as the kernel shows it
    static LoopDevice parse(String name, String backing) {
        boolean deleted = backing.endsWith(DELETED);
        String file = deleted ? backing.substring(0, backing.length() - DELETED.length()) : backing;
        return new LoopDevice(name, Path.of(file), deleted);
    }

    /// Those of [#ofLab] that are on `file`.
    static List<LoopDevice> presentOn(Path file) {
        return ofLab().stream()
                .filter(device -> !device.isPast && device.file.equals(file))
                .toList();
    }

    /// The device, to be mounted.
    Path path() {
        return Path.of("/dev", name);
    }

    /// As control groups know it: `7:3`.
    String number() {
        try {
            return Files.readString(BLOCK_DEVICES.resolve(name).resolve("dev")).strip();
        } catch (IOException e) {
            throw Shell.failure("read the number of " + name, e);
        }
    }

    /// Frees it as soon as nobody uses it: at once, or when the file system on it is unmounted.
    void letGo() {
        Shell.attempt("losetup", "--detach", path().toString()).run();
    }

    /// Writes what the kernel still holds for it into the file.
    void flush() {
        Shell.run("blockdev", "--flushbufs", path().toString());
    }

    /// Thaws the file system that is on it, wherever that is mounted, or stays frozen because somebody who waits
    /// in it cannot die. Mounting it once more, for a moment and in a mount namespace of its own, reaches it.
    void thaw() {
        String script = "mount -t ext4 -o noatime \"$1\" /tmp && fsfreeze --unfreeze /tmp";
        Shell.attempt("unshare", "--mount", "sh", "-c", script, "sh", path().toString())
                .run();
    }
}
