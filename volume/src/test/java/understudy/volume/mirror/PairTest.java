package understudy.volume.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PairTest {
    private static final int SIZE = 64 << 20;

    @TempDir
    private Path folder;

    private final Random random = new Random(7);

    @AfterEach
    void nothingIsLeft() {}

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
}
