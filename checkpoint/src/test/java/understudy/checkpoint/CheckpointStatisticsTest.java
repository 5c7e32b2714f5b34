package understudy.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class CheckpointStatisticsTest {
    private static final Duration STEP = Duration.ofMillis(20);

    private long now = Duration.ofHours(1).toNanos() + 123;
    private long epoch;
    private final CheckpointStatistics statistics = new CheckpointStatistics(() -> now);

    @Test
    void nothingWasMeasuredYet() {
        CheckpointStatistics.Snapshot snapshot = statistics.snapshot();
        assertThat(snapshot.perSecond()).isZero();
        assertThat(snapshot.pausedShare()).isZero();
        assertThat(snapshot.bytesPerCheckpoint()).isZero();
    }

    @Test
    void figuresAreOfTheLastFiveSecondsHoweverOftenTheyAreAskedFor() {
        for (int halfSecond = 1; halfSecond <= 60; halfSecond++) {
            checkpoints(25, Duration.ofMillis(2), 100);
            if (halfSecond > 2) {
                assertSteady(statistics.snapshot());
            }
        }
    }

    private static void assertSteady(CheckpointStatistics.Snapshot snapshot) {
        assertThat(snapshot.perSecond()).isCloseTo(50, within(2.5));
        assertThat(snapshot.pausedShare()).isCloseTo(0.1, within(0.01));
        assertThat(snapshot.pauseP50Millis()).isCloseTo(2, within(0.05));
        assertThat(snapshot.pagesPerSecond()).isCloseTo(5000, within(250.0));
        assertThat(snapshot.bytesPerCheckpoint()).isEqualTo(100 * 4096);
    }

    @Test
    void whatIsOlderThanTheWindowIsForgottenSaveTheTotals() {
        checkpoints(100, Duration.ofMillis(50), 1000);
        checkpoints(250, Duration.ofMillis(1), 10);
        CheckpointStatistics.Snapshot snapshot = statistics.snapshot();
        assertThat(snapshot.pauseP99Millis()).isCloseTo(1, within(0.05));
        assertThat(snapshot.pagesP50()).isEqualTo(10);
        assertThat(snapshot.epoch()).isEqualTo(350);
        assertThat(snapshot.behindMillis()).isEqualTo(5250);
    }

    @Test
    void aGapCountsAsTimeWithoutCheckpoints() {
        checkpoints(100, Duration.ofMillis(1), 10);
        now += Duration.ofSeconds(3).toNanos();
        assertThat(statistics.snapshot().perSecond()).isCloseTo(20, within(4.0));
        now += Duration.ofSeconds(30).toNanos();
        assertThat(statistics.snapshot().perSecond()).isZero();
    }

    private void checkpoints(int count, Duration pause, long pages) {
        for (int i = 0; i < count; i++) {
            statistics.captured(++epoch, pause, pages, pages * 4096);
            now += STEP.toNanos();
        }
    }
}
