package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import understudy.api.Scrub;
import understudy.model.HostName;

class ScrubScheduleTest {
    private static final Instant NOW = Instant.parse("2026-03-01T02:00:00Z");
    private static final Duration LONG = Duration.ofDays(100);

    private final ScrubSchedule weekly = ScrubSchedule.DEFAULT;

    private static Optional<Scrub> endedBefore(Duration time) {
        Instant end = NOW.minus(time);
        return Optional.of(new Scrub(new HostName("h1"), end, Optional.of(end), 1, true, 0, 0, 0, 0, ""));
    }

    @Test
    void theFirstIsDueAfterAQuietHour() {
        assertThat(weekly.isDue(Optional.empty(), Duration.ofMinutes(59), NOW)).isFalse();
        assertThat(weekly.isDue(Optional.empty(), Duration.ofHours(1), NOW)).isTrue();
    }

    @Test
    void theNextIsDueAWeekAfterTheEndOfTheLast() {
        assertThat(weekly.isDue(endedBefore(Duration.ofHours(167)), LONG, NOW)).isFalse();
        assertThat(weekly.isDue(endedBefore(Duration.ofDays(7)), LONG, NOW)).isTrue();
        assertThat(weekly.isDue(endedBefore(Duration.ofDays(8)), Duration.ZERO, NOW))
                .as("not at once where it has just come to run")
                .isFalse();
    }

    @Test
    void whatTheClockSaysToBeYetToComeCountsForNothing() {
        assertThat(weekly.isDue(endedBefore(Duration.ofDays(-400)), LONG, NOW)).isTrue();
    }

    @Test
    void whoWantsNoneGetsNone() {
        assertThat(new ScrubSchedule(Duration.ZERO).isDue(Optional.empty(), LONG, NOW))
                .isFalse();
        assertThatThrownBy(() -> new ScrubSchedule(Duration.ofDays(-1))).hasMessage("-1; 0 or more");
    }
}
