package understudy.lab;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import understudy.model.Problem;

/// One run of a system command: at most [#PATIENCE] long, its output collected, its failure told with its own
/// words.
///
/// Each carries a mark in its environment. When a lab command is killed, what it had started goes on for a
/// moment; `lab down` waits for that, lest it tidy up behind something that is still at work.
final class Shell {
    private static final String MARK = "UNDERSTUDY_LAB_COMMAND";
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration STRAGGLER_PATIENCE = Duration.ofSeconds(5);

    private final List<String> command;
    private final boolean mayFail;
    private final String input;

    private Shell(List<String> command, boolean mayFail, String input) {
        this.command = List.copyOf(command);
        this.mayFail = mayFail;
        this.input = input;
    }

    static Shell of(String... command) {
        return new Shell(List.of(command), false, "");
    }

    /// A command whose failure is expected and ignored.
    static Shell attempt(String... command) {
        return new Shell(List.of(command), true, "");
    }

    static String run(String... command) {
        return of(command).run();
    }

    Shell and(List<String> more) {
        return new Shell(Stream.concat(command.stream(), more.stream()).toList(), mayFail, input);
    }

    /// @param text what it reads from its standard input
    Shell with(String text) {
        return new Shell(command, mayFail, text);
    }

    /// Returns what it wrote to its standard output.
    ///
    /// @throws Problem.Refused if it fails, does not end in time, or is not installed
    String run() {
        return run(PATIENCE);
    }

    String run(Duration patience) {
        try {
            return run(patience, new ProcessBuilder(command));
        } catch (IOException e) {
            throw failure("run " + String.join(" ", command), e);
        }
    }

    private String run(Duration patience, ProcessBuilder builder) throws IOException {
        builder.environment().put(MARK, "1");
        Process process = builder.start();
        // A command that hangs is killed, which also ends the reading below.
        Thread watchdog = Thread.ofVirtual().start(() -> killAfter(patience, process));
        CompletableFuture<String> errors = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> errors.complete(text(process.getErrorStream())));
        Thread.ofVirtual().start(() -> feed(process.getOutputStream()));
        String output = text(process.getInputStream());
        int status = awaited(process);
        watchdog.interrupt();
        if (status != 0 && !mayFail) {
            String words = errors.join().strip();
            throw Problem.of(
                            "command-failed",
                            "`%s` failed with status %d".formatted(String.join(" ", command), status),
                            "If it is not plain from the cause: `understudy lab down`, then try again")
                    .because(words.isEmpty() ? output.strip() : words)
                    .refused();
        }
        return output;
    }

    private static String text(InputStream stream) {
        try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "(output unreadable: " + e.getMessage() + ")";
        }
    }

    private void feed(OutputStream stdin) {
        try (stdin) {
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It ended without reading it all; its exit status tells why.
        }
    }

    private static void killAfter(Duration patience, Process process) {
        try {
            if (!process.waitFor(patience.toNanos(), TimeUnit.NANOSECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static int awaited(Process process) {
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
            throw new IllegalStateException("interrupted while a command ran", e);
        }
    }

    /// Waits until nothing runs that a lab command, now dead, had started: a few seconds, then goes on all the
    /// same. What runs inside the lab does not count.
    static void awaitStragglers() {
        Set<OptionalLong> inLab = Namespace.all().stream().map(Namespace::inode).collect(Collectors.toSet());
        Await.holds(STRAGGLER_PATIENCE, () -> !stragglers(inLab));
    }

    private static boolean stragglers(Set<OptionalLong> inLab) {
        Set<Long> own =
                ProcessHandle.current().descendants().map(ProcessHandle::pid).collect(Collectors.toSet());
        return ProcessHandle.allProcesses()
                .map(ProcessHandle::pid)
                .filter(pid -> !own.contains(pid) && isMarked(pid))
                .anyMatch(pid -> !inLab.contains(Inodes.of(Path.of("/proc/" + pid + "/ns/net"))));
    }

    private static boolean isMarked(long pid) {
        try {
            String environment = Files.readString(Path.of("/proc/" + pid + "/environ"), StandardCharsets.ISO_8859_1);
            return ("\0" + environment).contains("\0" + MARK + "=");
        } catch (IOException | UncheckedIOException e) {
            return false;
        }
    }

    /// @param task what was being done, as an infinitive
    static Problem.Refused failure(String task, IOException cause) {
        String words = String.valueOf(cause.getMessage());
        return Problem.of("lab-failed", "Could not " + task, "See the cause; `understudy lab down` tidies up")
                .because(words)
                .refused();
    }
}
