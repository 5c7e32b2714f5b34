package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import understudy.model.VolumeId;

class ClosingsTest {
    private static final VolumeId VOLUME = new VolumeId(new UUID(1, 1));
    private static final VolumeId OTHER = new VolumeId(new UUID(1, 2));
    private static final Duration SHORT = Duration.ofMillis(20);
    private static final Duration LONG = Duration.ofSeconds(10);

    private final Closings closings = new Closings("web-1");

    @Test
    void nobodyWaitsWhereNothingEnds() {
        assertThat(closings.await(VOLUME, Duration.ZERO)).isTrue();
    }

    @Test
    void oneThatHangsKeepsNobodyElse() {
        CountDownLatch disk = new CountDownLatch(1);
        closings.begin(VOLUME, () -> answered(disk));
        closings.begin(OTHER, () -> {});
        assertThat(closings.await(OTHER, LONG)).isTrue();
        assertThat(closings.await(VOLUME, SHORT)).isFalse();
        disk.countDown();
        assertThat(closings.await(VOLUME, LONG)).isTrue();
    }

    @Test
    void aLaterOneDoesNotHideAnEarlierOne() {
        CountDownLatch disk = new CountDownLatch(1);
        closings.begin(VOLUME, () -> answered(disk));
        closings.begin(VOLUME, () -> {});
        assertThat(closings.await(VOLUME, SHORT)).isFalse();
        disk.countDown();
        assertThat(closings.await(VOLUME, LONG)).isTrue();
    }

    @Test
    void oneThatFailsHasEnded() {
        closings.begin(VOLUME, () -> {
            throw new IOException("the disk is dead");
        });
        assertThat(closings.await(VOLUME, LONG)).isTrue();
    }

    private static void answered(CountDownLatch disk) throws IOException {
        try {
            disk.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }
}
