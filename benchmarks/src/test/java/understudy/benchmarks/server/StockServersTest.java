package understudy.benchmarks.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import understudy.benchmarks.server.StockServers.Remote;
import understudy.model.ByteSize;

/// That what we compare with does what we think it does.
final class StockServersTest {
    private static final ByteSize SIZE = ByteSize.ofMebibytes(16);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    private Path folder = Path.of("");

    @Test
    void whatIsWrittenIsInEveryCopy() throws IOException {
        byte[] bytes = new byte[(int) SIZE.bytes()];
        new Random(1).nextBytes(bytes);
        Path original = Files.write(folder.resolve("original"), bytes);
        try (Servers servers = Servers.open()) {
            StockServers stock = new StockServers(servers, SIZE);
            for (NbdTarget disk : List.of(
                    stock.qemuNbd("one", folder),
                    stock.nbdkit("two", folder),
                    stock.quorum("three", folder, Remote.QEMU_NBD),
                    stock.mirrorJob("four", folder, Remote.QEMU_NBD),
                    stock.mirrorJob("five", folder, Remote.NBDKIT))) {
                ServerProcess copying =
                        servers.start("nbdcopy", List.of("nbdcopy", "--flush", original.toString(), disk.uri()));
                assertThat(copying.awaitEnd(PATIENCE)).as(copying.lastWords()).isZero();
                assertThat(disk.images()).hasSize(disk.processes().size());
                assertThat(disk.images())
                        .allSatisfy(image -> assertThat(Files.mismatch(original, image))
                                .as(image.toString())
                                .isEqualTo(-1));
            }
        }
    }
}
