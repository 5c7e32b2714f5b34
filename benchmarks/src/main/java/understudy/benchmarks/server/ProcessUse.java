package understudy.benchmarks.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/// What a process and all its descendants have used, by `/proc`.
///
/// @param cpu           user and system time; that of descendants that have ended counts if they were waited for
/// @param residentBytes memory in RAM now; pages that several share count for each
public record ProcessUse(Duration cpu, long residentBytes) {
    /// The unit of times in `/proc/PID/stat`, which is the same on all machines that we run on (`getconf CLK_TCK`).
    private static final int TICKS_PER_SECOND = 100;

    private static final ProcessUse NONE = new ProcessUse(Duration.ZERO, 0);

    static ProcessUse of(ProcessHandle process) {
        return Stream.concat(Stream.of(process), process.descendants())
                .map(it -> ofOne(it.pid()))
                .reduce(NONE, ProcessUse::plus);
    }

    public static ProcessUse sum(List<ProcessUse> uses) {
        return uses.stream().reduce(NONE, ProcessUse::plus);
    }

    private ProcessUse plus(ProcessUse more) {
        return new ProcessUse(cpu.plus(more.cpu), residentBytes + more.residentBytes);
    }

    private static ProcessUse ofOne(long pid) {
        Path folder = Path.of("/proc", Long.toString(pid));
        try {
            return new ProcessUse(
                    cpu(Files.readString(folder.resolve("stat"))),
                    resident(Files.readString(folder.resolve("status"))));
        } catch (IOException e) {
            return NONE; // it has ended
        }
    }

    /// @param stat the text of `/proc/PID/stat`: user and system time, own and of children waited for, are fields
    ///             14 to 17; the name before them, in parentheses, may hold anything
    static Duration cpu(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        long ticks = 0;
        for (int field = 14; field <= 17; field++) {
            ticks += Long.parseLong(fields[field - 3]);
        }
        return Duration.ofNanos(ticks * (1_000_000_000L / TICKS_PER_SECOND));
    }

    /// @param status the text of `/proc/PID/status`; a process that is ending has no such line
    static long resident(String status) {
        return status.lines()
                .filter(line -> line.startsWith("VmRSS:"))
                .map(line -> line.replaceAll("\\D", ""))
                .mapToLong(kib -> Long.parseLong(kib) << 10)
                .findFirst()
                .orElse(0);
    }
}
