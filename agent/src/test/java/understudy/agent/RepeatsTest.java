package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import understudy.model.Moment;

class RepeatsTest {
    private final Repeats repeats = new Repeats();

    private boolean isNews(String text, long seconds) {
        return repeats.isNews(text, new Moment(seconds * 1_000_000_000L));
    }

    @Test
    void theSameIsToldOnceAMinuteWhateverItsNumbers() {
        assertThat(isNews("pwrite at 4096: no space", 0)).isTrue();
        assertThat(isNews("pwrite at 8192: no space", 6)).isFalse();
        assertThat(isNews("pread at 8192: no space", 6)).isTrue();
        assertThat(isNews("pwrite at 8192: no space", 59)).isFalse();
        assertThat(isNews("pwrite at 8192: no space", 60)).isTrue();
        assertThat(isNews("pwrite at 8192: no space", 100)).isFalse();
    }

    @Test
    void whatIsRememberedIsBounded() {
        for (char first = 'a'; first <= 'z'; first++) {
            for (char second = 'a'; second <= 'c'; second++) {
                assertThat(isNews("" + first + second, 0)).isTrue();
            }
        }
        assertThat(isNews("aa", 1)).isTrue();
        assertThat(isNews("zc", 1)).isFalse();
    }
}
