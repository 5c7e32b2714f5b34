package understudy.systemtests.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import understudy.benchmarks.server.Servers;
import understudy.model.ByteSize;

/// SIGKILLs under load. `-Dunderstudy.kills=1000` makes it long; the seed is printed, and `-Dunderstudy.seed` sets it:
/// `./test -pl system-tests -am -Dtest=KillTest -Dsurefire.failIfNoSpecifiedTests=false -Dunderstudy.kills=1000`.
@Timeout(value = 6, unit = TimeUnit.HOURS)
class KillTest {
    private static final int KILLS = Integer.getInteger("understudy.kills", 10);
    private static final int KILLS_OF_STAND_INS = 4;
    private static final ByteSize SIZE = ByteSize.ofMebibytes(256);

    /// A server that is killed may also leave half a write.
    private static final String CAUGHT = "(?s).*(no order explains|holds what nobody wrote).*";

    private final long seed = Long.getLong("understudy.seed", System.nanoTime());

    @Test
    void noAcknowledgedWriteIsLostAndBothReplicasAreEqualInTheEnd(@TempDir Path folder) throws IOException {
        try (Servers servers = Servers.open()) {
            Pair pair = new Pair(servers, folder, SIZE);
            KillTrial.Summary summary = new KillTrial(pair, seed).run(KILLS);
            System.out.println(summary + ", seed " + seed);
            assertThat(summary.acknowledged()).isPositive();
            pair.awaitInSync();
            pair.stop();
            assertThat(Files.mismatch(pair.images().getFirst(), pair.images().getLast()))
                    .as("the first byte that differs between the replicas")
                    .isEqualTo(-1);
        }
    }

    @Test
    void theTrialCatchesAServerThatForgetsAll() throws IOException {
        try (Servers servers = Servers.open()) {
            StandIn standIn = new StandIn(servers, SIZE, stock -> stock.forgetful("stand-in"));
            assertThatThrownBy(() -> new KillTrial(standIn, seed).run(KILLS_OF_STAND_INS))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageMatching(CAUGHT);
        }
    }

    @Test
    void theTrialCatchesAServerThatLosesItsCache(@TempDir Path folder) throws IOException {
        try (Servers servers = Servers.open()) {
            StandIn standIn = new StandIn(servers, SIZE, stock -> stock.caching("stand-in", folder));
            assertThatThrownBy(() -> new KillTrial(standIn, seed).run(KILLS_OF_STAND_INS))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageMatching(CAUGHT);
        }
    }
}
