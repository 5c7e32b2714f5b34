package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import understudy.model.Moment;

class ScrubTurnTest {
    private static final Moment NOW = new Moment(0);

    private final ScrubTurn turn = new ScrubTurn();
    private final Object first = new Object();
    private final Object second = new Object();

    private static Moment after(Duration time) {
        return NOW.plus(time);
    }

    @Test
    void oneAtATime() {
        assertThat(turn.take(first, NOW)).isTrue();
        assertThat(turn.take(second, NOW)).isFalse();
        turn.end(second);
        assertThat(turn.take(second, NOW)).isFalse();
        turn.end(first);
        assertThat(turn.take(second, NOW)).isTrue();
    }

    @Test
    void whatStandsStillLosesItsTurnAndDoesNotEndAnothers() {
        assertThat(turn.take(first, NOW)).isTrue();
        turn.moved(first, after(Duration.ofMinutes(5)));
        assertThat(turn.take(second, after(Duration.ofMinutes(14)))).isFalse();
        assertThat(turn.take(second, after(Duration.ofMinutes(15)))).isTrue();
        turn.moved(first, after(Duration.ofMinutes(16)));
        turn.end(first);
        assertThat(turn.take(first, after(Duration.ofMinutes(16)))).isFalse();
    }
}
