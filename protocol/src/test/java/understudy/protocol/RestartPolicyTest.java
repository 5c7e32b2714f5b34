package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import understudy.model.Moment;
import understudy.model.Replica;
import understudy.model.RestartLimit;
import understudy.protocol.RestartPolicy.Verdict;
import understudy.protocol.RestartPolicy.Verdict.GiveUp;
import understudy.protocol.RestartPolicy.Verdict.StartAgain;

class RestartPolicyTest {
    private static final Replica STANDBY = LedgerStateTest.replica("h2");

    private RestartPolicy policy = RestartPolicy.of(RestartLimit.DEFAULT);

    private static Moment at(long seconds) {
        return new Moment(seconds * 1_000_000_000);
    }

    private Verdict die(long second) {
        policy = policy.died(at(second));
        return policy.verdict();
    }

    private static Verdict startAgain(long seconds) {
        return new StartAgain(Duration.ofSeconds(seconds));
    }

    @Test
    void eachDeathIsFollowedByALongerRestAndTheOneTooManyByNone() {
        assertThat(List.of(die(0), die(1), die(2), die(3), die(4)))
                .containsExactly(startAgain(0), startAgain(1), startAgain(2), startAgain(4), startAgain(8));
        assertThat(die(5)).isEqualTo(new GiveUp("its guest died 6 times within 10 min"));
    }

    @Test
    void deathsAreForgottenAfterTheTime() {
        for (int i = 0; i < 5; i++) {
            die(0);
        }
        assertThat(die(600)).isEqualTo(startAgain(0));
    }

    @Test
    void withoutALimitTheRestGrowsToAMinuteAndStaysThere() {
        policy = RestartPolicy.of(RestartLimit.NONE);
        for (int i = 0; i < 7; i++) {
            die(i);
        }
        for (int i = 7; i < 200; i++) {
            assertThat(die(i)).isEqualTo(startAgain(60));
        }
        assertThat(policy.deaths()).hasSizeLessThan(20);
    }

    @Test
    void whereAnImageIsNobodyIsAskedBecauseThatGoesOn() {
        assertThat(RestartPolicy.isToBeAsked(new Part.Running())).isTrue();
        assertThat(RestartPolicy.isToBeAsked(new Part.Copying(STANDBY))).isTrue();
        assertThat(RestartPolicy.isToBeAsked(new Part.Protected(STANDBY))).isFalse();
        assertThat(RestartPolicy.isToBeAsked(new Part.Raising(STANDBY))).isFalse();
        assertThat(RestartPolicy.isToBeAsked(new Part.Idle())).isFalse();
    }

    /// Against a twin that keeps every death for ever.
    @Test
    void aGuestIsGivenUpExactlyWhenMoreDeathsThanForgivenLieWithinTheTime() {
        for (long seed = 0; seed < 500; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            RestartLimit limit = new RestartLimit(random.nextInt(1, 8), Duration.ofSeconds(random.nextInt(1, 100)));
            policy = RestartPolicy.of(limit);
            List<Long> all = new ArrayList<>();
            long now = random.nextInt(-1000, 1000);
            for (int i = 0; i < 60; i++) {
                now += random.nextInt(0, 40);
                long begin = now - limit.within().toSeconds();
                all.add(now);
                long recent = all.stream().filter(death -> death > begin).count();
                boolean givenUp = die(now) instanceof GiveUp;
                assertThat(givenUp).as("seed %d, death %d", seed, i).isEqualTo(recent > limit.deaths());
            }
        }
    }

    @Test
    void limitsAreWrittenAsTheyAreRead() {
        for (String text : List.of("none", "5/10m", "1/1s", "100/24h", "3/90s", "2/2h", "7/90m")) {
            assertThat(RestartLimit.parse(text)).hasToString(text);
        }
        for (String text : List.of("", "5", "5/10", "0/10m", "101/10m", "5/25h", "5/0s", "-1/5m", "5/1d", "None")) {
            assertThatThrownBy(() -> RestartLimit.parse(text)).as(text).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
