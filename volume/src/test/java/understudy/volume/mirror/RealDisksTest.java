package understudy.volume.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/// Replicas on a file system that is really full, and on a block device. Only root can make these.
@EnabledIf("isPossible")
class RealDisksTest {
    private static final int SIZE = 64 << 20;
    private static final int PIECE = 1 << 20;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    private Path folder;

    private final Deque<Object[]> undo = new ArrayDeque<>();
    private final Random random = new Random(11);
    private final byte[] twin = new byte[SIZE];

    static boolean isPossible() {
        return "root".equals(System.getProperty("user.name"))
                && Stream.of("mkfs.ext4", "losetup").allMatch(program -> Files.exists(Path.of("/usr/sbin", program)));
    }

    @AfterEach
    void undone() throws Exception {
        while (!undo.isEmpty()) {
            run(undo.pop());
        }
    }

    private static String run(Object... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Arrays.stream(command).map(Object::toString).toList())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor())
                .as("%s: %s", Arrays.toString(command), said)
                .isZero();
        return said.strip();
    }

    private void write(Pair pair, int from, int to) {
        for (int at = from; at < to; at += PIECE) {
            byte[] data = new byte[PIECE];
            random.nextBytes(data);
            System.arraycopy(data, 0, twin, at, PIECE);
            TestClient.await(pair.client().write(at, data));
        }
    }

    private void assertAllIsThere(Pair pair) {
        for (int at = 0; at < SIZE; at += PIECE) {
            byte[] read = TestClient.await(pair.client().read(at, PIECE));
            assertThat(Arrays.mismatch(read, Arrays.copyOfRange(twin, at, at + PIECE)))
                    .as("at %d", at)
                    .isEqualTo(-1);
        }
    }

    private static void awaitProtection(Pair pair) {
        await().atMost(PATIENCE).until(pair::isProtected);
    }

    @Test
    void aFileSystemThatIsFullIsDoneWithoutUntilItHasRoom() throws Exception {
        Path image = folder.resolve("image");
        Path mounted = Files.createDirectory(folder.resolve("mounted"));
        run("truncate", "--size=160M", image);
        run("mkfs.ext4", "-q", "-F", image);
        run("mount", "-o", "loop", image, mounted);
        undo.push(new Object[] {"umount", mounted});
        Path filler = mounted.resolve("filler");
        run("fallocate", "--length=100M", filler);
        try (Pair pair = new Pair(mounted, folder, SIZE)) {
            pair.startReplica();
            pair.startServing();
            awaitProtection(pair);
            write(pair, 0, SIZE);
            assertAllIsThere(pair);
            TestClient.await(pair.client().flush());
            Files.delete(filler);
            awaitProtection(pair);
            write(pair, 0, SIZE / 4);
            assertAllIsThere(pair);
        }
        assertThat(Files.mismatch(mounted.resolve("a"), folder.resolve("b"))).isEqualTo(-1);
    }

    @Test
    void aBlockDeviceIsAReplica() throws Exception {
        Path backing = folder.resolve("backing");
        Path here = Files.createDirectory(folder.resolve("here"));
        run("truncate", "--size=" + SIZE, backing);
        String device = run("losetup", "--find", "--show", backing);
        undo.push(new Object[] {"losetup", "--detach", device});
        Files.createSymbolicLink(here.resolve("a"), Path.of(device));
        try (Pair pair = new Pair(here, folder, SIZE)) {
            pair.startReplica();
            pair.startServing();
            awaitProtection(pair);
            write(pair, 0, SIZE);
            pair.stopReplica();
            write(pair, SIZE / 2, SIZE);
            TestClient.await(pair.client().zero(0, SIZE / 4));
            Arrays.fill(twin, 0, SIZE / 4, (byte) 0);
            pair.startReplica();
            awaitProtection(pair);
            assertAllIsThere(pair);
        }
        assertThat(Files.mismatch(backing, folder.resolve("b"))).isEqualTo(-1);
    }
}
