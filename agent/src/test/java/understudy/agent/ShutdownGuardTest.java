package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import understudy.model.Moment;

/// With a login manager of systemd and a message bus of its own, in a namespace in which they see no other machine's.
@Timeout(60)
class ShutdownGuardTest {
    private static final String COPY = "it has the only copy in sync of disk disk0 of VM db";
    private static final String BUS = """
            <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
             "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
            <busconfig>
              <type>system</type>
              <listen>unix:path=SOCKET</listen>
              <auth>EXTERNAL</auth>
              <policy context="default">
                <allow user="*"/> <allow own="*"/> <allow send_destination="*" eavesdrop="true"/>
                <allow receive_type="method_call"/> <allow receive_type="method_return"/>
                <allow receive_type="error"/> <allow receive_type="signal"/>
              </policy>
            </busconfig>
            """;

    private final Path folder;
    private final String address;
    private final Process machine;
    private final ShutdownGuard guard;

    /// All of it ends with the input of its first process.
    ShutdownGuardTest(@TempDir Path folder) throws IOException {
        this.folder = folder;
        Path bus = folder.resolve("bus");
        Path config = Files.writeString(folder.resolve("bus.conf"), BUS.replace("SOCKET", bus.toString()));
        String script = """
                mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/seats /run/systemd/users /run/systemd/sessions \
                  /run/systemd/inhibit /run/systemd/system || exit 1
                dbus-daemon --config-file=$1 --nofork --nopidfile &
                until [ -S $2 ]; do sleep 0.02; done
                /lib/systemd/systemd-logind &
                cat
                kill $(jobs -p)
                wait
                """;
        ProcessBuilder boot = new ProcessBuilder(
                        "unshare", "-m", "bash", "-c", script, "bash", config.toString(), bus.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("machine.log").toFile());
        address = "DBUS_SYSTEM_BUS_ADDRESS=unix:path=" + bus;
        boot.environment().put("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=" + bus);
        machine = boot.start();
        guard = new ShutdownGuard(inside(ShutdownGuard.SYSTEMD));
    }

    @BeforeEach
    void awaitLoginManager() {
        await().atMost(Duration.ofSeconds(20)).until(() -> locks().contains("No inhibitors."));
    }

    @AfterEach
    void end() throws Exception {
        guard.close();
        machine.getOutputStream().close();
        assertThat(machine.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }

    private List<String> inside(List<String> command) {
        List<String> whole =
                new ArrayList<>(List.of("nsenter", "-t", Long.toString(machine.pid()), "-m", "env", address));
        whole.addAll(command);
        return whole;
    }

    private List<String> locks() {
        return run("systemd-inhibit", "--list", "--no-pager");
    }

    private List<String> run(String... command) {
        try {
            Path out = Files.createTempFile(folder, "out", "");
            Process process = new ProcessBuilder(inside(List.of(command)))
                    .redirectErrorStream(true)
                    .redirectOutput(out.toFile())
                    .start();
            process.waitFor();
            return Files.readAllLines(out, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Moment at(int second) {
        return new Moment(Duration.ofSeconds(second).toNanos());
    }

    @Test
    void aShutdownIsRefusedWithTheReasonWhileThereIsOne() {
        guard.keep(List.of(COPY), at(0));
        await().until(() -> locks().stream().anyMatch(it -> it.contains(COPY)));
        // A dry run: nothing is switched off, refused or not.
        assertThat(run("systemctl", "poweroff", "--check-inhibitors=yes", "--dry-run"))
                .anyMatch(it -> it.contains("Understudy") && it.contains(COPY))
                .anyMatch(it -> it.contains("systemctl poweroff -i"));
        guard.keep(List.of(COPY, "another"), at(2));
        await().until(() -> locks().stream().anyMatch(it -> it.contains(COPY + "; another")));
        guard.keep(List.of(), at(4));
        await().until(() -> locks().stream().noneMatch(it -> it.contains("Understudy")));
    }

    @Test
    void aLockThatWasLostIsTakenAgain() {
        guard.keep(List.of(COPY), at(0));
        await().until(() -> locks().stream().anyMatch(it -> it.contains(COPY)));
        ProcessHandle.current().children().filter(ShutdownGuardTest::holds).forEach(ProcessHandle::destroyForcibly);
        await().until(() -> ProcessHandle.current().children().noneMatch(ShutdownGuardTest::holds));
        await().until(() -> locks().stream().noneMatch(it -> it.contains(COPY)));
        guard.keep(List.of(COPY), at(10));
        guard.keep(List.of(COPY), at(71));
        await().until(() -> locks().stream().anyMatch(it -> it.contains(COPY)));
    }

    private static boolean holds(ProcessHandle process) {
        return process.info()
                .commandLine()
                .filter(line -> line.contains("--who=Understudy"))
                .isPresent();
    }

    @Test
    void whereThereIsNoLoginManagerNothingHappens() {
        try (ShutdownGuard none = new ShutdownGuard(List.of("/nowhere/systemd-inhibit"))) {
            none.keep(List.of(COPY), at(0));
            none.keep(List.of(COPY), at(100));
            none.keep(List.of(), at(200));
        }
    }
}
