package understudy.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Boots the guest in QEMU. The first run downloads Debian's kernel.
class LabGuestTest {
    private static final Duration BOOT_LIMIT = Duration.ofMinutes(1);
    private static final String LOOPBACK = "127.0.0.1";

    @TempDir
    private Path folder = Path.of("");

    private final GuestBuild build = new GuestBuild(Installation.cacheFolder(), Progress.silent());
    private final int echoPort = freePort();
    private final int shellPort = freePort();
    private Optional<Process> qemu = Optional.empty();

    @AfterEach
    void stop() throws InterruptedException {
        if (qemu.isPresent()) {
            qemu.get().destroyForcibly().waitFor();
        }
    }

    @Test
    void theGuestBootsAnswersAndLoadsItself() throws Exception {
        LabGuest guest = build.guest();
        Path console = folder.resolve("console");
        qemu = Optional.of(new ProcessBuilder(
                        "qemu-system-x86_64",
                        "-accel",
                        "tcg",
                        "-m",
                        "128",
                        "-nographic",
                        "-no-reboot",
                        "-kernel",
                        guest.kernel().toString(),
                        "-initrd",
                        guest.initrd().toString(),
                        "-append",
                        LabGuest.commandLine("10.77.0.10/24"),
                        "-netdev",
                        "user,id=n,restrict=on,net=10.77.0.0/24,host=10.77.0.2,"
                                + "hostfwd=tcp:%1$s:%2$d-10.77.0.10:7,hostfwd=tcp:%1$s:%3$d-10.77.0.10:23"
                                        .formatted(LOOPBACK, echoPort, shellPort),
                        "-device",
                        "virtio-net-pci,netdev=n,romfile=")
                .redirectErrorStream(true)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(console.toFile())
                .start());
        Await.until("the guest", BOOT_LIMIT, () -> text(console).contains("GUEST-UP 10.77.0.10/24"));
        assertThat(exchange(echoPort, "hello")).isEqualTo("hello");
        assertThat(exchange(shellPort, "load dirty; echo status $?; printf '\\n\\n' | load spin\n"))
                .contains("usage: load dirty", "status 2")
                .containsPattern("(?m)^[0-9]+\n[0-9]+$");
        Await.until("a tick", BOOT_LIMIT, () -> text(console).contains("tick 1"));
    }

    @Test
    void aSecondBuildTakesTheGuestFromTheCache() {
        assertThat(build.guest()).isEqualTo(build.guest());
    }

    private static String exchange(int port, String text) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout((int) BOOT_LIMIT.toMillis());
            OutputStream out = socket.getOutputStream();
            out.write(text.getBytes(StandardCharsets.US_ASCII));
            out.flush();
            socket.shutdownOutput();
            InputStream in = socket.getInputStream();
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII).strip();
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
