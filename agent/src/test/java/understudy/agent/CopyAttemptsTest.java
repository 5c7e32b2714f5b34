package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CopyAttemptsTest {
    private final CopyAttempts attempts = new CopyAttempts();

    @Test
    void nothingIsToldOfWhatDidNotFail() {
        assertThat(attempts.told()).isEmpty();
    }

    @Test
    void theLastReasonIsTold() {
        attempts.failed("no route");
        assertThat(attempts.told()).isEqualTo("an attempt failed: no route");
        attempts.failed("no room");
        assertThat(attempts.told()).isEqualTo("2 attempts failed, the last one: no room");
        attempts.forget();
        assertThat(attempts.told()).isEmpty();
    }

    @Test
    void notEachOfManyFailuresIsAnEvent() {
        int events = 0;
        for (int i = 0; i < 100; i++) {
            events += attempts.failed("no room") ? 1 : 0;
        }
        assertThat(events).isEqualTo(13);
    }
}
