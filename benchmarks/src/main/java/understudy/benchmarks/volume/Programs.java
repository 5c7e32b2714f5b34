package understudy.benchmarks.volume;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import understudy.model.Problem;

/// The programs that disks are measured with and against.
enum Programs {
    FIO("fio", "fio"),
    NBDKIT("nbdkit", "nbdkit"),
    QEMU_NBD("qemu-nbd", "qemu-utils"),
    QEMU_STORAGE_DAEMON("qemu-storage-daemon", "qemu-system-common");

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Pattern VERSION = Pattern.compile("\\d+(\\.\\d+)+");

    private final String program;
    private final String debianPackage;

    Programs(String program, String debianPackage) {
        this.program = program;
        this.debianPackage = debianPackage;
    }

    /// @throws Problem.Refused that says what to install, if one is missing
    static void check() {
        List<Programs> missing =
                List.of(values()).stream().filter(it -> !it.isInstalled()).toList();
        if (!missing.isEmpty()) {
            throw Problem.of(
                            "missing-program",
                            "Disks are measured with programs that are not installed: "
                                    + missing.stream().map(it -> it.program).collect(Collectors.joining(", ")),
                            "apt-get install "
                                    + missing.stream()
                                            .map(it -> it.debianPackage)
                                            .collect(Collectors.joining(" ")))
                    .refused();
        }
    }

    private boolean isInstalled() {
        String path = Optional.ofNullable(System.getenv("PATH")).orElse("/usr/bin:/bin");
        return List.of(path.split(":", -1)).stream()
                .anyMatch(folder -> Files.isExecutable(Path.of(folder).resolve(program)));
    }

    /// All of them with their versions, for people.
    static List<String> versions() throws IOException {
        List<String> versions = new ArrayList<>();
        for (Programs it : values()) {
            versions.add(it.program + " " + it.version());
        }
        return versions;
    }

    String version() throws IOException {
        Process process = new ProcessBuilder(program, "--version")
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        Matcher version = VERSION.matcher(said);
        return version.find() ? version.group() : "unknown";
    }
}
