package understudy.qemu;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import understudy.model.VmId;

/// A QEMU that runs, ours or one that an earlier life of the agent started. It is no part of our fate: it has
/// its own session, writes to a file, and lives on when we die. (A service manager must be told to end only
/// the agent itself.)
///
/// @param ram the file that holds the guest's RAM
/// @param log what QEMU wrote to its standard output and error
public record QemuProcess(
        long pid, long start, VmId vm, QemuCommand.Role role, InstanceDirectory directory, Path ram, Path log) {
    private static final Logger LOG = LoggerFactory.getLogger(QemuProcess.class);
    private static final JsonMapper MAPPER = JsonMapper.shared();
    private static final Duration POLL = Duration.ofMillis(2);
    /// Stands for the process number in a record that was written before the process was started.
    private static final long NOT_YET = 0;

    private static final int LOG_TAIL_BYTES = 4096;

    /// Starts QEMU. It is not ready yet: see [#awaitReady].
    ///
    /// @param shim preloaded into QEMU only, to open its userfaultfd
    /// @param log  made or appended to
    /// @throws IOException if it cannot be started or its record not be written; then nothing of it is left
    public static QemuProcess start(QemuCommand command, Path shim, Path log) throws IOException {
        InstanceDirectory directory = command.directory();
        Files.createDirectories(directory.path());
        if (Files.exists(directory.instance())) {
            throw new IOException("directory " + directory.path() + " belongs to another QEMU: give each its own");
        }
        // Written before there is a process, too: an agent that is killed in between must not leave a QEMU unknown.
        QemuProcess unknown =
                new QemuProcess(NOT_YET, NOT_YET, command.vm(), command.role(), directory, command.ram(), log);
        unknown.write();
        Process child;
        try {
            child = spawn(command, shim, log);
        } catch (IOException e) {
            Files.delete(directory.instance());
            throw e;
        }
        long start = ProcessIdentity.of(child.pid()).map(ProcessIdentity::start).orElse(NOT_YET);
        QemuProcess process =
                new QemuProcess(child.pid(), start, command.vm(), command.role(), directory, command.ram(), log);
        try {
            process.write();
        } catch (IOException e) {
            child.destroyForcibly();
            throw e;
        }
        return process;
    }

    private static Process spawn(QemuCommand command, Path shim, Path log) throws IOException {
        // setsid: a terminal's interrupt must not reach it. env: only QEMU itself gets the shim.
        // nice: the agent, whose heartbeats must not wait, comes before the guest.
        List<String> line = new ArrayList<>(List.of("setsid", "nice", "-n", "15", "env", "LD_PRELOAD=" + shim));
        line.addAll(command.arguments());
        return new ProcessBuilder(line)
                .directory(command.directory().path().toFile())
                .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
                .redirectErrorStream(true)
                .redirectOutput(Redirect.appendTo(log.toFile()))
                .start();
    }

    /// Finds the QEMU that an earlier life of the agent left in a directory.
    ///
    /// @return empty if there was none, or it has died
    /// @throws IOException if a living process is there that does not answer as this VM's QEMU within the
    ///                     time, or whose record cannot be read: it was left alone
    public static Optional<Adopted> adopt(InstanceDirectory directory, Duration timeout, Consumer<QmpEvent> listener)
            throws IOException {
        if (!Files.exists(directory.instance())) {
            return Optional.empty();
        }
        QemuProcess process = read(directory);
        if (!process.isAlive()) {
            return Optional.empty();
        }
        Qmp qmp = process.awaitReady(timeout, listener);
        try {
            String uuid = qmp.execute("query-uuid", timeout).path("UUID").asString("");
            if (!uuid.equals(process.vm.toString())) {
                throw new IOException("process %d at %s runs VM %s, not %s"
                        .formatted(process.pid, directory.path(), uuid, process.vm));
            }
            return Optional.of(new Adopted(process, qmp));
        } catch (IOException e) {
            qmp.close();
            throw e;
        }
    }

    /// A QEMU that was found again, and the connection to it.
    public record Adopted(QemuProcess process, Qmp qmp) {}

    /// The instance directories below a directory, dead instances' included, in the order of their names.
    public static List<InstanceDirectory> list(Path root) throws IOException {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(root)) {
            return children.sorted()
                    .map(InstanceDirectory::new)
                    .filter(d -> Files.exists(d.instance()))
                    .toList();
        }
    }

    /// What is known of an instance, dead or alive.
    public static QemuProcess read(InstanceDirectory directory) throws IOException {
        try {
            JsonNode json = MAPPER.readTree(Files.readAllBytes(directory.instance()));
            long pid = json.required("pid").asLong();
            Optional<ProcessIdentity> identity = pid == NOT_YET
                    ? started(directory)
                    : Optional.of(
                            new ProcessIdentity(pid, json.required("start").asLong()));
            return new QemuProcess(
                    identity.map(ProcessIdentity::pid).orElse(NOT_YET),
                    identity.map(ProcessIdentity::start).orElse(NOT_YET),
                    VmId.parse(json.required("vm").asString()),
                    QemuCommand.Role.valueOf(json.required("role").asString()),
                    directory,
                    Path.of(json.required("ram").asString()),
                    Path.of(json.required("log").asString()));
        } catch (JacksonException | IllegalArgumentException e) {
            throw new IOException(
                    directory.instance() + " is damaged (" + e.getMessage() + "): if no QEMU uses " + directory.path()
                            + ", remove it",
                    e);
        }
    }

    /// The QEMU that was started in this directory by an agent that did not live to record it.
    private static Optional<ProcessIdentity> started(InstanceDirectory directory) throws IOException {
        if (!Files.exists(directory.processNumber())) {
            return Optional.empty();
        }
        long pid = Long.parseLong(Files.readString(directory.processNumber()).strip());
        return ProcessIdentity.of(pid)
                .filter(p -> p.isStartedWith(directory.path().toString()));
    }

    private void write() throws IOException {
        byte[] json = MAPPER.writeValueAsBytes(MAPPER.createObjectNode()
                .put("pid", pid)
                .put("start", start)
                .put("vm", vm.toString())
                .put("role", role.name())
                .put("ram", ram.toString())
                .put("log", log.toString()));
        Path fresh = directory.path().resolve("instance.json.new");
        Files.write(fresh, json);
        Files.move(fresh, directory.instance(), StandardCopyOption.ATOMIC_MOVE);
    }

    public boolean isAlive() {
        return new ProcessIdentity(pid, start).isAlive();
    }

    /// Waits until QEMU answers on its control socket.
    ///
    /// @throws IOException with QEMU's own words if it died, or after the time
    public Qmp awaitReady(Duration timeout, Consumer<QmpEvent> listener) throws IOException {
        Deadline end = Deadline.after(timeout);
        while (true) {
            try {
                return Qmp.connect(directory.qmp(), timeout, listener);
            } catch (QmpException e) {
                if (!isAlive()) {
                    throw new IOException("QEMU of VM %s ended: %s".formatted(vm, lastWords()), e);
                }
                if (end.hasPassed()) {
                    throw new IOException(
                            "QEMU of VM %s (process %d) did not answer within %d ms: %s"
                                    .formatted(vm, pid, timeout.toMillis(), lastWords()),
                            e);
                }
            }
            Deadline.pause(POLL);
        }
    }

    /// The end of QEMU's log: why it died, as a rule.
    public String lastWords() {
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            file.seek(Math.max(0, file.length() - LOG_TAIL_BYTES));
            byte[] tail = new byte[LOG_TAIL_BYTES];
            int length = Math.max(0, file.read(tail));
            String text = new String(tail, 0, length, StandardCharsets.UTF_8).strip();
            return text.isEmpty() ? "it said nothing (" + log + ")" : text;
        } catch (IOException e) {
            return "its log " + log + " cannot be read";
        }
    }

    /// Ends QEMU without asking it and returns when it is gone: then none of its threads writes anywhere any
    /// more.
    ///
    /// @throws IOException if it is still there after the time (a thread of it hangs in the kernel)
    public void kill(Duration timeout) throws IOException {
        Deadline end = Deadline.after(timeout);
        while (isAlive()) {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
            if (end.hasPassed()) {
                throw new IOException("QEMU of VM %s (process %d) is not gone %d ms after SIGKILL: it may still write"
                        .formatted(vm, pid, timeout.toMillis()));
            }
            Deadline.pause(POLL);
        }
    }

    /// Removes what a QEMU that is gone has left: its directory and its RAM file; the log stays.
    ///
    /// @throws IllegalStateException if it lives
    public void remove() throws IOException {
        if (isAlive()) {
            throw new IllegalStateException("QEMU of VM " + vm + " still lives: kill it first");
        }
        Files.deleteIfExists(ram);
        try (Stream<Path> files = Files.walk(directory.path())) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
        LOG.debug("removed {}", directory.path());
    }
}
