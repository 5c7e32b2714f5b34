package understudy.lab;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import understudy.model.Problem;

/// What a lab needs of the machine, checked before anything is made.
final class Prerequisites {
    private static final Path NAMESPACES = Path.of("/proc/self/ns/net");
    private static final List<String> PROGRAMS =
            List.of("ip", "nft", "nsenter", "unshare", "setsid", "mount", "hostname");
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
            if (FOLDERS.stream().noneMatch(folder -> Files.exists(Path.of(folder, program)))) {
                throw Problem.of(
                                "missing-program",
                                "The lab needs the program '%s', which is not installed".formatted(program),
                                "apt-get install iproute2 nftables util-linux mount hostname")
                        .refused();
            }
        }
    }
}
