package understudy.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import understudy.model.Problem;

/// What a lab needs of the machine, checked before anything is made.
final class Prerequisites {
    private static final Path NAMESPACES = Path.of("/proc/self/ns/net");
    private static final Path LOOP_CONTROL = Path.of("/dev/loop-control");
    private static final Path FILE_SYSTEMS = Path.of("/proc/filesystems");
    private static final List<String> PROGRAMS = List.of(
            "ip",
            "nft",
            "nsenter",
            "unshare",
            "setsid",
            "mount",
            "hostname",
            "losetup",
            "blockdev",
            "fsfreeze",
            "mkfs.ext4");
    private static final List<String> FOLDERS = List.of("/usr/sbin", "/usr/bin", "/sbin", "/bin");

    private Prerequisites() {}

    static void check() {
        if (!"root".equals(System.getProperty("user.name"))) {
            throw Problem.of("not-root", "The lab needs root", "Run it with sudo")
                    .because("it makes network namespaces, mounts and bridges")
                    .refused();
        }
        if (!Files.exists(NAMESPACES)) {
            throw Problem.of("no-namespaces", "This kernel has no network namespaces", "Use an ordinary Linux kernel")
                    .refused();
        }
        for (String program : PROGRAMS) {
            if (!isInstalled(program)) {
                throw Problem.of(
                                "missing-program",
                                "The lab needs the program '%s', which is not installed".formatted(program),
                                "apt-get install iproute2 nftables util-linux mount hostname e2fsprogs")
                        .refused();
            }
        }
    }

    private static boolean isInstalled(String program) {
        return FOLDERS.stream().anyMatch(folder -> Files.exists(Path.of(folder, program)));
    }

    /// What hosts' disks need, beyond [#check]. Modules that are there are loaded.
    static void checkDisks() {
        if (isInstalled("modprobe")) {
            Shell.attempt("modprobe", "--all", "--quiet", "loop", "ext4").run();
        }
        if (!Files.exists(LOOP_CONTROL)) {
            throw Problem.of(
                            "no-loop-device",
                            "This machine has no loop devices",
                            "modprobe loop; in a container, give it /dev/loop-control and /dev/loop*")
                    .because("each host's disk is one; there is no " + LOOP_CONTROL)
                    .refused();
        }
        if (!knowsExt4()) {
            throw Problem.of("no-ext4", "This kernel has no ext4", "modprobe ext4, or use an ordinary Linux kernel")
                    .because("each host's disk has this file system")
                    .refused();
        }
    }

    private static boolean knowsExt4() {
        try {
            return Files.readString(FILE_SYSTEMS)
                    .lines()
                    .anyMatch(line -> line.strip().equals("ext4"));
        } catch (IOException e) {
            throw Shell.failure("read " + FILE_SYSTEMS, e);
        }
    }
}
