package understudy.qemu;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// One process for as long as it lives: a number alone may be another process's by now.
///
/// @param pid   positive
/// @param start when it began, in clock ticks since the host booted (`/proc/PID/stat`, field 22)
record ProcessIdentity(long pid, long start) {

    static Optional<ProcessIdentity> of(long pid) {
        return stat(pid).map(fields -> new ProcessIdentity(pid, startOf(fields)));
    }

    /// Whether the process was started with this text in its arguments.
    boolean isStartedWith(String text) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/cmdline"), ISO_8859_1)
                    .contains(text);
        } catch (IOException e) {
            return false;
        }
    }

    /// Whether it still lives. A zombie does not: its memory and descriptors are gone.
    boolean isAlive() {
        return stat(pid)
                .filter(fields -> startOf(fields) == start)
                .filter(fields ->
                        !fields.getFirst().equals("Z") && !fields.getFirst().equals("X"))
                .isPresent();
    }

    /// The fields from the third on (state): the second, the name, may contain anything but ends at the last
    /// parenthesis.
    private static Optional<List<String>> stat(long pid) {
        try {
            String text = Files.readString(Path.of("/proc/" + pid + "/stat"), ISO_8859_1);
            List<String> fields =
                    List.of(text.substring(text.lastIndexOf(')') + 2).split(" "));
            return fields.size() > 19 ? Optional.of(fields) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static long startOf(List<String> fields) {
        return Long.parseLong(fields.get(19));
    }
}
