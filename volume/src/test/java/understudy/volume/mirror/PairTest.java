package understudy.volume.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PairTest {
    private static final int SIZE = 64 << 20;

    @TempDir
    private Path folder;

    private final Random random = new Random(7);

    @Test
    void writesReachBothReplicas() throws Exception {
        try (Pair pair = new Pair(folder, SIZE)) {
            pair.startReplica();
            pair.startServing();
            await().atMost(Duration.ofSeconds(20)).until(pair::isProtected);
            byte[] data = new byte[100_000];
            random.nextBytes(data);
            TestClient.await(pair.client().write(12_345, data));
            TestClient.await(pair.client().flush());
            assertThat(TestClient.await(pair.client().read(12_345, data.length)))
                    .isEqualTo(data);
        }
        assertThat(Files.mismatch(folder.resolve("a"), folder.resolve("b"))).isEqualTo(-1);
    }

    @Test
    void aReplicaThatWasAwayIsMended() throws Exception {
        try (Pair pair = new Pair(folder, SIZE)) {
            pair.startReplica();
            pair.startServing();
            await().atMost(Duration.ofSeconds(20)).until(pair::isProtected);
            pair.stopReplica();
            byte[] data = new byte[3 << 20];
            random.nextBytes(data);
            TestClient.await(pair.client().write(5 << 20, data));
            pair.startReplica();
            await().atMost(Duration.ofSeconds(20)).until(pair::isProtected);
        }
        assertThat(Files.mismatch(folder.resolve("a"), folder.resolve("b"))).isEqualTo(-1);
    }

    /// Under writes, and though the former host is there and has all.
    @Test
    void anotherHostThatComesInThePlaceOfThePeersIsFilledAndTheFormerOneIsLetGo() throws Exception {
        Path other = Files.createDirectory(folder.resolve("other"));
        byte[] data = new byte[1 << 20];
        try (Pair pair = new Pair(folder, SIZE)) {
            pair.startReplica();
            pair.startServing();
            await().atMost(Duration.ofSeconds(20)).until(pair::isProtected);
            random.nextBytes(data);
            TestClient.await(pair.client().write(1 << 20, data));
            TestClient.await(pair.client().flush());
            pair.replaceReplica(other);
            random.nextBytes(data);
            TestClient.await(pair.client().write(5 << 20, data));
            await().atMost(Duration.ofSeconds(20)).until(pair::isProtected);
            random.nextBytes(data);
            TestClient.await(pair.client().write(9 << 20, data));
        }
        assertThat(Files.mismatch(folder.resolve("a"), other.resolve("b"))).isEqualTo(-1);
        assertThat(Files.mismatch(folder.resolve("a"), folder.resolve("b")))
                .as("the first block that the former host's replica lacks")
                .isBetween(5L << 20, (9L << 20) + data.length);
    }
}
