package understudy.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.UUID;

/// Which start of this host it is: what was not yet on its disks when it ended is gone with an earlier one
/// (design, section 3.1, rule 1).
///
/// It is named by a file in the folder for what does not outlive a start (`run`), beside the kernel's own name for
/// it, so that a folder that outlives one all the same does no harm.
final class HostBoot {
    private static final Path KERNELS = Path.of("/proc/sys/kernel/random/boot_id");
    private static final String FILE = "boot";

    private HostBoot() {}

    /// @param run the agent's; made if it is not there
    static UUID of(Path run) throws IOException {
        Files.createDirectories(run);
        Path file = run.resolve(FILE);
        String kernels = Files.readString(KERNELS).strip();
        List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
        if (lines.size() == 2 && lines.getFirst().equals(kernels)) {
            return UUID.fromString(lines.getLast());
        }
        UUID boot = UUID.randomUUID();
        Path unfinished = run.resolve(FILE + ".new");
        Files.write(unfinished, List.of(kernels, boot.toString()));
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        return boot;
    }
}
