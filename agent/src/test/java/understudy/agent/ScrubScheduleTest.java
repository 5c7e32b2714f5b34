package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import understudy.api.Scrub;
import understudy.model.HostName;

class ScrubScheduleTest {
    private static final Instant SINCE = Instant.parse("2026-03-01T02:00:00Z");
    private static final Scrub RUNNING = Scrub.begun(new HostName("h1"), SINCE.minus(Duration.ofDays(5)));
    private static final Scrub ENDED = RUNNING.failed(SINCE.minus(Duration.ofDays(4)), "");

    private final ScrubSchedule weekly = new ScrubSchedule(Duration.ofDays(7));

    private static Instant after(Duration time) {
        return SINCE.plus(time);
    }

    @Test
    void theFirstIsDueAfterAnHour() {
        assertThat(weekly.isDue(SINCE, Optional.empty(), Optional.empty(), after(Duration.ofMinutes(59))))
                .isFalse();
        assertThat(weekly.isDue(SINCE, Optional.empty(), Optional.empty(), after(Duration.ofHours(1))))
                .isTrue();
    }

    @Test
    void theNextIsDueAWeekAfterTheEndOfTheLast() {
        assertThat(weekly.isDue(SINCE, Optional.of(ENDED), Optional.empty(), after(Duration.ofHours(71))))
                .isFalse();
        assertThat(weekly.isDue(SINCE, Optional.of(ENDED), Optional.empty(), after(Duration.ofDays(3))))
                .isTrue();
        assertThat(weekly.isDue(SINCE, Optional.of(RUNNING), Optional.empty(), after(Duration.ofDays(30))))
                .as("while one runs")
                .isFalse();
    }

    @Test
    void oneThatCameToNothingIsTriedAgainAfterAnHour() {
        Optional<Instant> tried = Optional.of(after(Duration.ofHours(5)));
        assertThat(weekly.isDue(SINCE, Optional.empty(), tried, after(Duration.ofMinutes(359))))
                .isFalse();
        assertThat(weekly.isDue(SINCE, Optional.empty(), tried, after(Duration.ofHours(6))))
                .isTrue();
    }

    @Test
    void whoWantsNoneGetsNone() {
        ScrubSchedule never = new ScrubSchedule(Duration.ZERO);
        assertThat(never.isDue(SINCE, Optional.empty(), Optional.empty(), after(Duration.ofDays(100))))
                .isFalse();
    }
}
