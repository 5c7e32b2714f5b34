package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import understudy.checkpoint.Capture;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Policy;
import understudy.model.VmId;
import understudy.model.VmName;
import understudy.model.VmSpec;
import understudy.qemu.Accelerator;
import understudy.qemu.QemuCommand.Role;
import understudy.qemu.QemuProcess;
import understudy.qemu.QmpException;

/// What an agent finds of the QEMUs that an earlier life of it has left; real ones.
@Timeout(60)
class QemuHostTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    @TempDir
    Path directory;

    private final Links links = new Links();
    private final List<QemuHost.Instance> started = new ArrayList<>();
    private final VmSpec spec = spec();
    private QemuHost host;

    static VmSpec spec() {
        return new VmSpec(
                new VmId(UUID.randomUUID()),
                new VmName("test"),
                Level.SYSTEM,
                Policy.BALANCED,
                ByteSize.ofMebibytes(64),
                1,
                "pc-q35-7.2",
                "qemu64",
                List.of(),
                Optional.empty(),
                List.of(new HostName("h1"), new HostName("h2")));
    }

    @BeforeEach
    void open() throws IOException {
        FileStore files = new FileStore(directory.resolve("files"), links.add("h1"));
        host = new QemuHost(
                directory.resolve("r"),
                directory.resolve("d"),
                files,
                Accelerator.TCG,
                EarlyDisks.listen(QemuHost.instances(directory.resolve("r"))),
                PATIENCE);
    }

    @AfterEach
    void close() throws IOException {
        for (QemuHost.Instance instance : started) {
            instance.qmp().close();
            instance.process().kill(LIMIT);
            Files.deleteIfExists(instance.process().ram());
        }
        links.close();
    }

    private QemuHost.Instance start(Role role) throws IOException {
        QemuHost.Instance instance = host.start(spec, role, _ -> {});
        started.add(instance);
        return instance;
    }

    /// The agent dies: QEMU lives on, with nobody at its control socket.
    private QemuProcess abandoned(Role role) throws IOException {
        QemuHost.Instance instance = start(role);
        instance.qmp().close();
        return instance.process();
    }

    private Optional<QemuHost.Instance> find() throws IOException {
        Optional<QemuHost.Instance> found = host.find(spec.id(), _ -> {});
        found.ifPresent(started::add);
        return found;
    }

    private static void assertGone(QemuProcess process) {
        assertThat(process.isAlive()).isFalse();
        assertThat(process.ram()).doesNotExist();
        assertThat(process.directory().path()).doesNotExist();
    }

    private static void assertRuns(QemuHost.Instance instance) throws IOException {
        assertThat(instance.qmp().execute("query-status", LIMIT).path("status").asString())
                .isEqualTo("running");
    }

    @Test
    void whereNothingWasNothingIsFound() throws IOException {
        assertThat(find()).isEmpty();
    }

    @Test
    void aRunningGuestIsTakenUp() throws IOException {
        QemuProcess process = abandoned(Role.ACTIVE);
        QemuHost.Instance found = find().orElseThrow();
        assertThat(found.process()).isEqualTo(process);
        assertRuns(found);
        found.end();
        assertGone(process);
    }

    @Test
    void ofTwoTheYoungestIsTakenUp() throws IOException {
        QemuProcess older = abandoned(Role.ACTIVE);
        QemuProcess younger = abandoned(Role.ACTIVE);
        assertThat(younger.start()).isGreaterThan(older.start());
        QemuHost.Instance found = find().orElseThrow();
        assertThat(found.process()).isEqualTo(younger);
        assertRuns(found);
        assertGone(older);
    }

    @Test
    void aStandbyIsEnded() throws IOException {
        QemuProcess process = abandoned(Role.STANDBY);
        assertThat(find()).isEmpty();
        assertGone(process);
    }

    @Test
    void whatADeadQemuLeftIsRemoved() throws IOException {
        QemuProcess process = abandoned(Role.ACTIVE);
        process.kill(LIMIT);
        assertThat(process.ram()).exists();
        assertThat(find()).isEmpty();
        assertGone(process);
    }

    /// The agent was killed between its command to save the devices and its reading of the FIFO.
    @Test
    void aQemuThatStandsStillInAFifoIsTakenUp() throws Exception {
        QemuHost.Instance instance = start(Role.ACTIVE);
        Path fifo = Capture.fifo(instance.process().directory());
        assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS))
                .isTrue();
        var saved = instance.qmp()
                .executeAsync("xen-save-devices-state", Map.of("filename", fifo.toString(), "live", false));
        assertThatThrownBy(() -> instance.qmp().execute("query-status", Duration.ofMillis(300)))
                .isInstanceOf(QmpException.class);
        assertThat(saved).isNotDone();
        instance.qmp().close();

        QemuHost.Instance found = find().orElseThrow();
        assertThat(found.process()).isEqualTo(instance.process());
        await().atMost(LIMIT).untilAsserted(() -> assertRuns(found));
        await().atMost(LIMIT)
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().equals("fifo-drain")));
    }

    @Test
    void aQemuThatDoesNotAnswerIsEnded() throws Exception {
        QemuProcess process = abandoned(Role.ACTIVE);
        assertThat(new ProcessBuilder("kill", "-STOP", Long.toString(process.pid()))
                        .start()
                        .waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS))
                .isTrue();
        assertThat(find()).isEmpty();
        assertGone(process);
    }

    @Test
    void qemusOfDeletedVmsAreEnded() throws IOException {
        QemuProcess process = abandoned(Role.ACTIVE);
        host.endAllBut(List.of(spec.id()));
        assertThat(process.isAlive()).isTrue();
        host.endAllBut(List.of());
        assertGone(process);
        assertThat(directory.resolve("r").resolve("vm")).isEmptyDirectory();
    }

    @Test
    void aQemuThatCannotStartLeavesNothingButItsWords() throws IOException {
        VmSpec wrong = new VmSpec(
                spec.id(),
                spec.name(),
                spec.level(),
                spec.policy(),
                spec.memory(),
                1,
                "no-such-machine",
                "qemu64",
                List.of(),
                Optional.empty(),
                spec.hosts());
        assertThatThrownBy(() -> host.start(wrong, Role.ACTIVE, _ -> {}))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("unsupported machine type");
        assertThat(find()).isEmpty();
        try (var files = Files.list(QemuHost.SHARED_MEMORY)) {
            assertThat(files.filter(file -> file.toString().contains(spec.id().toString())))
                    .isEmpty();
        }
    }
}
