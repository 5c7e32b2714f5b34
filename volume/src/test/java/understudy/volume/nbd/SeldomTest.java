package understudy.volume.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SeldomTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private long now = Long.MAX_VALUE - SECOND; // a clock may begin anywhere, and pass its end

    @Test
    void whatHappensOftenIsToldOnceInAWhileWithHowOften() {
        Seldom seldom = new Seldom(Duration.ofSeconds(10), () -> now);
        assertThat(seldom.tell()).hasValue(0);
        for (int i = 0; i < 99; i++) {
            now += SECOND / 10;
            assertThat(seldom.tell()).isEmpty();
        }
        now += SECOND / 10;
        assertThat(seldom.tell()).hasValue(99);
        now += 10 * SECOND;
        assertThat(seldom.tell()).hasValue(0);
    }
}
