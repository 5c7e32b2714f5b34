package understudy.benchmarks.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// A server as a process of its own, whose words are kept in two files.
///
/// It leads a process group. Whatever it starts belongs to it, also when its parent has ended, and ends with it.
public final class ServerProcess {
    private static final Duration START = Duration.ofSeconds(30);
    private static final Duration GOODBYE = Duration.ofSeconds(20);
    private static final Duration DEATH = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(5);
    private static final int LAST_WORDS = 20;

    private final String name;
    private final Process process;
    private final Path said;
    private final Path complained;

    /// Whether nobody is left of the group.
    private volatile boolean isGone;

    private ServerProcess(String name, Process process, Path said, Path complained) {
        this.name = name;
        this.process = process;
        this.said = said;
        this.complained = complained;
    }

    /// @param folder where its words are kept, in NAME.out and NAME.err
    static ServerProcess start(Path folder, String name, ProcessBuilder builder) throws IOException {
        Path said = folder.resolve(name + ".out");
        Path complained = folder.resolve(name + ".err");
        // A child of this program leads no group yet, so setsid becomes the command, under the same number.
        List<String> command = new ArrayList<>(List.of("setsid"));
        command.addAll(builder.command());
        Process process = builder.command(command)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(said.toFile())
                .redirectError(complained.toFile())
                .start();
        return new ServerProcess(name, process, said, complained);
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /// Whether it has ended, and all that it started.
    boolean isOver() {
        if (isAlive()) {
            return false;
        }
        killGroup();
        return true;
    }

    /// All that it has written to its standard output, by lines; the last one may still grow.
    public List<String> output() {
        return lines(said);
    }

    /// All that it has written to its standard error.
    public List<String> errors() {
        return lines(complained);
    }

    /// Of it and its descendants.
    public ProcessUse use() {
        return ProcessUse.of(process.toHandle());
    }

    /// Waits until it can be used.
    ///
    /// @throws IOException with its last words, if it ends or is not ready in time
    ServerProcess awaitReady(BooleanSupplier isReady) throws IOException {
        long end = System.nanoTime() + START.toNanos();
        while (!isReady.getAsBoolean()) {
            if (!process.isAlive()) {
                throw new IOException("%s ended with status %d: %s".formatted(name, process.exitValue(), lastWords()));
            }
            if (System.nanoTime() > end) {
                throw new IOException(
                        "%s was not ready after %d s: %s".formatted(name, START.toSeconds(), lastWords()));
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
        return this;
    }

    public String lastWords() {
        List<String> words = errors().isEmpty() ? output() : errors();
        return String.join("\n", words.subList(Math.max(0, words.size() - LAST_WORDS), words.size()));
    }

    /// SIGKILL, without waiting for the end.
    public void beginKill() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        killGroup();
    }

    /// Whoever is left of the group. The kernel gives the group's number to nobody else while there is anybody.
    private void killGroup() {
        if (isGone) {
            return;
        }
        boolean wasAlive = isAlive();
        try {
            Process kill = new ProcessBuilder("sh", "-c", "kill -s KILL -- -" + pid())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!waits(kill, DEATH)) {
                kill.destroyForcibly();
            }
            isGone = !wasAlive;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// SIGKILL: it is gone when this returns.
    public void kill() {
        beginKill();
        if (!ends(DEATH)) {
            throw new IllegalStateException(name + " survives SIGKILL");
        }
    }

    /// SIGTERM, and SIGKILL if it does not obey.
    ///
    /// @return whether it obeyed
    public boolean stop() {
        process.destroy();
        if (ends(GOODBYE)) {
            killGroup();
            return true;
        }
        kill();
        return false;
    }

    /// Waits until it ends by itself.
    ///
    /// @return its exit status
    /// @throws IOException if it does not end in time; it is killed then
    public int awaitEnd(Duration patience) throws IOException {
        if (!ends(patience)) {
            kill();
            throw new IOException("%s did not end in %d s".formatted(name, patience.toSeconds()));
        }
        killGroup();
        return process.exitValue();
    }

    private boolean ends(Duration patience) {
        return waits(process, patience);
    }

    private static boolean waits(Process process, Duration patience) {
        boolean interrupted = Thread.interrupted();
        try {
            return process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
            return false;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static List<String> lines(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return name + " (" + pid() + ")";
    }
}
