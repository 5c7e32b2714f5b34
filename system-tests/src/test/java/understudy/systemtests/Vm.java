package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import understudy.api.ApiClient;
import understudy.api.Checkpoints;
import understudy.api.VmState;
import understudy.api.VmStatus;
import understudy.lab.probe.EchoClient;
import understudy.lab.probe.GuestShell;
import understudy.linux.NetworkNamespace;
import understudy.model.HostName;
import understudy.model.Problem;
import understudy.model.VmName;

/// A VM of the lab with its guest, as a test sees it: by the API, by its services, by its shell.
record Vm(Stage stage, String name, String address) implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration ECHO_PAUSE = Duration.ofMillis(4);
    private static final int ECHO = 7;
    private static final int SHELL = 23;

    VmName id() {
        return new VmName(name);
    }

    VmStatus status() {
        return stage.api().vm(id());
    }

    /// Until any agent says that it is so.
    VmStatus await(String what, Predicate<VmStatus> condition) {
        return await(stage.api(), what, condition);
    }

    VmStatus await(ApiClient api, String what, Predicate<VmStatus> condition) {
        AtomicReference<Optional<VmStatus>> last = new AtomicReference<>(Optional.empty());
        try {
            Stage.eventually(name + " " + what, PATIENCE, () -> {
                last.set(Optional.of(api.vm(id())));
                return condition.test(last.get().orElseThrow());
            });
        } catch (RuntimeException e) {
            throw new AssertionError("waited in vain for %s %s; at last: %s".formatted(name, what, last.get()), e);
        }
        return last.get().orElseThrow();
    }

    VmStatus awaitProtected() {
        return await("to be protected", VmStatus::isProtected);
    }

    /// Until it runs on `host`, as that host says.
    VmStatus awaitActiveOn(String host) {
        return await(
                stage.api(host),
                "to run on " + host,
                v -> v.state() == VmState.RUNNING && v.active().equals(Optional.of(new HostName(host))));
    }

    String active() {
        return status().active().orElseThrow().value();
    }

    /// Asks for it to be moved to its other host.
    VmStatus switchOver() {
        return stage.api().switchover(id(), status().active(), Optional.empty());
    }

    /// Asks for it to be moved to a host, be it one of its own or not.
    VmStatus moveTo(String host) {
        return stage.api().switchover(id(), status().active(), Optional.of(new HostName(host)));
    }

    /// The ids of its QEMU processes on a host; other VMs have some there, too.
    List<Long> qemusOn(String host) {
        return stage.node(host).qemusOf(name);
    }

    /// Protected, and then all of its RAM compared with the standby's image at least once more.
    VmStatus awaitVerified() {
        long before = verifiedPages(awaitProtected());
        VmStatus after = await("to be verified", v -> v.isProtected() && verifiedPages(v) > before);
        assertThat(after.checkpoints().map(Checkpoints::verifyFailures)).hasValue(0L);
        return after;
    }

    private static long verifiedPages(VmStatus status) {
        return status.checkpoints().map(Checkpoints::verifiedPages).orElse(0L);
    }

    /// A client with one connection, which has had its first answers.
    EchoClient client() {
        AtomicReference<Optional<EchoClient>> client = new AtomicReference<>(Optional.empty());
        Stage.eventually("a connection to " + name, PATIENCE, () -> {
            client.set(Optional.of(EchoClient.start(stage.lab().clientNamespace(), address(ECHO), ECHO_PAUSE)));
            return true;
        });
        EchoClient connected = client.get().orElseThrow();
        awaitEchoes(connected, 20);
        return connected;
    }

    /// Until so many more echoes are answered.
    static void awaitEchoes(EchoClient client, int more) {
        long goal = client.answered() + more;
        try {
            Stage.eventually(more + " more echoes", PATIENCE, () -> {
                assertThat(client.report().failure())
                        .as("how the connection broke")
                        .isEmpty();
                return client.answered() >= goal;
            });
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            throw new AssertionError("the guest does not answer: " + client.report(), e);
        }
    }

    /// The client's last word: one connection, nothing lost, nothing wrong.
    static EchoClient.Report endFlawless(EchoClient client) {
        EchoClient.Report report = client.stop(Duration.ofSeconds(20));
        assertThat(report.failure()).isEmpty();
        assertThat(report.wrong()).as("wrong echoes").isZero();
        assertThat(report.lost()).as("echoes lost").isZero();
        assertThat(report.answered()).isPositive();
        return report;
    }

    /// What a command prints in the guest, once it has succeeded.
    List<String> run(String command) {
        try (GuestShell shell = GuestShell.open(stage.lab().clientNamespace(), address(SHELL))) {
            return shell.run(command, PATIENCE);
        } catch (IOException e) {
            throw new AssertionError("in the guest: " + e.getMessage(), e);
        }
    }

    /// What a command in the guest prints.
    String shell(String command) {
        AtomicReference<String> output = new AtomicReference<>("");
        Stage.eventually("the shell of " + name, PATIENCE, () -> {
            output.set(ask(command));
            return true;
        });
        return output.get();
    }

    /// A command that the guest does not live to answer. It must be up: whoever gives it has asked it something before.
    void lastCommand(String command) {
        try {
            ask(command);
        } catch (ConnectException notUp) {
            throw new AssertionError("the shell of " + name + " is not there", notUp);
        } catch (IOException wentDown) {
            // With the command, as it was to.
        }
    }

    private String ask(String command) throws IOException {
        try (SocketChannel channel = NetworkNamespace.inside(stage.lab().clientNamespace(), SocketChannel::open)) {
            channel.socket().setSoTimeout(5000);
            channel.socket().connect(address(SHELL), 5000);
            channel.socket().getOutputStream().write((command + "\nexit\n").getBytes(StandardCharsets.US_ASCII));
            channel.shutdownOutput();
            return new String(channel.socket().getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
        }
    }

    /// Differs after each boot of the guest.
    String bootId() {
        String id = shell("cat /proc/sys/kernel/random/boot_id");
        assertThat(id).matches("[0-9a-f-]{36}");
        return id;
    }

    /// Writes to the first disk past the page cache, and has it made durable.
    ///
    /// @return what was written
    String write(String text) {
        shell("printf '%-511s\\n' '" + text + "' | dd of=/dev/vda bs=512 count=1 conv=fsync 2>/dev/null");
        return text;
    }

    /// What was written last, from the disk.
    String read() {
        return shell("echo 3 >/proc/sys/vm/drop_caches; head -c 512 /dev/vda").strip();
    }

    /// Its host loses its power: it is booted on the other one, with what it wrote, and protected when the first is
    /// back.
    ///
    /// @param boot    the one that ends by that
    /// @param written what it wrote last
    void bootElsewhere(String boot, String written) {
        String active = active();
        stage.lab().breakHost(active);
        awaitActiveOn(Stage.otherThan(active));
        assertThat(bootId()).isNotEqualTo(boot);
        assertThat(read()).isEqualTo(written);
        stage.lab().repairHost(active);
        awaitProtected();
    }

    private InetSocketAddress address(int port) {
        return new InetSocketAddress(address, port);
    }

    /// Stops it at once and forgets it, if it is there.
    @Override
    public void close() {
        try {
            // A connection that broke with a host is noticed by a question; a request to change something is not
            // repeated.
            VmStatus _ = status();
            stage.api().stop(id(), true);
            await("to be stopped", v -> v.state() == VmState.STOPPED);
            stage.api().delete(id());
        } catch (Problem.Refused e) {
            if (!e.problem().code().equals("no-such-vm")) {
                throw e;
            }
        }
    }

    LanWatch watch() {
        return LanWatch.of(stage.lab(), status().nics().getFirst());
    }
}
