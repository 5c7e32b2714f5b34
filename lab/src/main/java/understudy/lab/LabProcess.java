package understudy.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/// A process that lives in one of the lab's network namespaces, and so is the lab's own.
///
/// @param pid       its id outside the lab
/// @param insidePid its id in the innermost PID namespace that it is in: 1 for a node's supervisor
/// @param started   clock ticks from the boot of the machine to its start: with `pid`, it names one process for
///              ever
record LabProcess(long pid, long insidePid, long started) {
    private static final Path PROC = Path.of("/proc");

    /// All processes in `namespace`, in no particular order.
    static List<LabProcess> in(Namespace namespace) {
        OptionalLong wanted = namespace.inode();
        if (wanted.isEmpty()) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(PROC)) {
            return entries.filter(entry -> isNumber(entry.getFileName().toString()))
                    .filter(entry -> Inodes.of(entry.resolve("ns/net")).equals(wanted))
                    .flatMap(entry -> read(entry).stream())
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            throw new IllegalStateException("/proc cannot be read", e);
        }
    }

    /// The node's first process, whose end is the end of all its processes.
    static Optional<LabProcess> firstOf(Namespace namespace) {
        return in(namespace).stream().filter(process -> process.insidePid == 1).findFirst();
    }

    /// Reads `/proc/PID`; empty if the process ends meanwhile.
    private static Optional<LabProcess> read(Path entry) {
        try {
            long pid = Long.parseLong(entry.getFileName().toString());
            long inside = insidePid(Files.readString(entry.resolve("status")));
            return Optional.of(new LabProcess(pid, inside, started(Files.readString(entry.resolve("stat")))));
        } catch (IOException | UncheckedIOException e) {
            return Optional.empty();
        }
    }

    /// @param status the text of `/proc/PID/status`; its line `NSpid:` has the ids from the outermost namespace
    ///              inwards
    static long insidePid(String status) {
        return status.lines()
                .filter(line -> line.startsWith("NSpid:"))
                .map(line -> line.substring(line.lastIndexOf('\t') + 1))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElse(0);
    }

    /// @param stat the text of `/proc/PID/stat`; the command in it, in parentheses, may hold anything, so
    ///             fields are counted from behind the last parenthesis: the start time is field 22
    static long started(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Long.parseLong(fields[22 - 3]);
    }

    boolean isAlive() {
        return read(PROC.resolve(Long.toString(pid)))
                .filter(now -> now.started == started && !isZombie())
                .isPresent();
    }

    private boolean isZombie() {
        return state() == 'Z';
    }

    boolean isStopped() {
        return state() == 'T';
    }

    /// Whether it waits in the kernel for something, mostly a disk, so that not even SIGKILL ends it.
    boolean isStuck() {
        return state() == 'D';
    }

    private char state() {
        try {
            String stat = Files.readString(PROC.resolve(pid + "/stat"));
            return stat.charAt(stat.lastIndexOf(')') + 2);
        } catch (IOException e) {
            return 'Z';
        }
    }

    /// Its file system as it sees it, for instance to look into its `/run`.
    Path root() {
        return PROC.resolve(pid + "/root");
    }

    /// @param name as `kill` knows it: `KILL`, `STOP`, `CONT`
    void signal(String name) {
        if (isAlive()) {
            Shell.attempt("kill", "-s", name, Long.toString(pid)).run();
        }
    }

    /// Kills all of these with one command, so that none sees another one's end first for longer than that takes.
    static void killAll(List<LabProcess> processes) {
        List<String> pids = processes.stream()
                .filter(LabProcess::isAlive)
                .map(process -> Long.toString(process.pid))
                .toList();
        if (!pids.isEmpty()) {
            Shell.attempt("kill", "-s", "KILL").and(pids).run();
        }
    }

    /// The program that it runs, without its folder; empty if it has ended.
    String program() {
        try {
            String command = Files.readString(PROC.resolve(pid + "/cmdline"));
            String program = command.substring(0, Math.max(0, command.indexOf('\0')));
            return program.substring(program.lastIndexOf('/') + 1);
        } catch (IOException e) {
            return "";
        }
    }

    private static boolean isNumber(String name) {
        return name.chars().allMatch(Character::isDigit);
    }
}
