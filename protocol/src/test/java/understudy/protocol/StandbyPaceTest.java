package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import understudy.model.Moment;

class StandbyPaceTest {
    private final StandbyPace pace = new StandbyPace(Duration.ofMillis(500), Duration.ofSeconds(10));
    private StandbyPace.State state = StandbyPace.State.INITIAL;

    private static Moment at(long seconds) {
        return new Moment(Duration.ofSeconds(seconds).toNanos());
    }

    private boolean isTooSlow(long seconds, long waitedMillis) {
        state = pace.confirmed(state, Duration.ofMillis(waitedMillis), at(seconds));
        return pace.isTooSlow(state, at(seconds));
    }

    @Test
    void onlySlowEpochsForLongAreTooSlow() {
        for (int second = 1; second <= 10; second++) {
            assertThat(isTooSlow(second, 501)).as("second " + second).isFalse();
        }
        assertThat(isTooSlow(11, 501)).isTrue();
    }

    @Test
    void oneQuickEpochIsEnough() {
        for (int second = 1; second <= 100; second++) {
            assertThat(isTooSlow(second, second % 10 == 0 ? 500 : 2500))
                    .as("second " + second)
                    .isFalse();
        }
    }

    @Test
    void whatIsNotConfirmedIsNotAskedForHere() {
        assertThat(isTooSlow(1, 600)).isFalse();
        assertThat(pace.isTooSlow(state, at(12))).isTrue();
        assertThat(pace.isTooSlow(StandbyPace.State.INITIAL, at(1000))).isFalse();
    }
}
