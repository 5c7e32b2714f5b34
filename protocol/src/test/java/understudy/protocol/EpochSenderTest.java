package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import understudy.model.Moment;
import understudy.protocol.EpochSender.Effect;
import understudy.protocol.EpochSender.Effect.Capture;
import understudy.protocol.EpochSender.Effect.Release;
import understudy.protocol.EpochSender.Input;
import understudy.protocol.EpochSender.Input.Captured;
import understudy.protocol.EpochSender.Input.Confirmed;
import understudy.protocol.EpochSender.Input.OutputWaited;
import understudy.protocol.EpochSender.Input.Tick;
import understudy.protocol.EpochSender.State;

class EpochSenderTest {
    private static final double SHARE = 0.25;
    private static final Duration PERIOD = Duration.ofMillis(100);

    private final EpochSender sender = new EpochSender(SHARE, PERIOD, 3);
    private State state = sender.initial(at(0));

    @Test
    void aQuietGuestIsCapturedOnceAPeriod() {
        assertThat(step(new Tick(at(99)))).isEmpty();
        assertThat(step(new Tick(at(100)))).containsExactly(new Capture(1));
    }

    @Test
    void outputAfterQuietIsAnsweredAtOnce() {
        step(new Tick(at(100)));
        step(new Captured(at(102), Duration.ofMillis(2)));
        step(new Confirmed(1));
        assertThat(step(new Tick(at(150)))).isEmpty();
        step(new OutputWaited());
        assertThat(step(new Tick(at(150)))).containsExactly(new Capture(2));
    }

    @Test
    void outputWaitsWhileTheGuestHasStoodStillForTooLong() {
        step(new Captured(at(20), Duration.ofMillis(20)));
        step(new OutputWaited());
        assertThat(step(new Tick(at(21)))).isEmpty();
        assertThat(sender.due(state)).isEqualTo(at(80));
        assertThat(step(new Tick(at(80)))).containsExactly(new Capture(2));
    }

    @Test
    void noMoreThanTheAllowedNumberOfEpochsIsUnderWay() {
        step(new Captured(at(100), Duration.ofMillis(1)));
        step(new Captured(at(200), Duration.ofMillis(1)));
        step(new Captured(at(300), Duration.ofMillis(1)));
        step(new OutputWaited());
        assertThat(step(new Tick(at(10_000)))).isEmpty();
        assertThat(step(new Confirmed(1))).containsExactly(new Release(1));
        assertThat(step(new Tick(at(10_000)))).containsExactly(new Capture(4));
    }

    @Test
    void aConfirmationCoversAllEpochsBeforeIt() {
        step(new Captured(at(100), Duration.ofMillis(1)));
        step(new Captured(at(200), Duration.ofMillis(1)));
        assertThat(step(new Confirmed(2))).containsExactly(new Release(2));
        assertThat(state.inFlight()).isZero();
    }

    @Test
    void aConfirmationOfWhatWasNotSentOrTwiceEndsTheStream() {
        step(new Captured(at(100), Duration.ofMillis(1)));
        assertThat(step(new Confirmed(2))).singleElement().isInstanceOf(Effect.Break.class);
        step(new Confirmed(1));
        assertThat(step(new Confirmed(1))).singleElement().isInstanceOf(Effect.Break.class);
    }

    /// Over any window the guest stands still for no more than its share of it, beyond what a quiet time may
    /// save up and the one pause by which it may be overdrawn.
    @Test
    void theShareOfTimePausedIsKeptOverAnyWindow() {
        for (long seed = 0; seed < 200; seed++) {
            assertShareKept(seed, pauses(new SplittableRandom(seed)));
        }
    }

    private record Pause(long from, long until) {}

    private List<Pause> pauses(SplittableRandom random) {
        state = sender.initial(at(0));
        long longest = random.nextLong(200_000, 20_000_000);
        long now = 0;
        List<Pause> pauses = new ArrayList<>();
        while (pauses.size() < 200) {
            now += random.nextLong(random.nextInt(10) == 0 ? 300_000_000 : 3_000_000);
            if (random.nextInt(4) > 0) {
                step(new OutputWaited());
            }
            if (!step(new Tick(new Moment(now))).isEmpty()) {
                long until = now + random.nextLong(longest);
                pauses.add(new Pause(now, until));
                now = until;
                step(new Captured(
                        new Moment(now),
                        Duration.ofNanos(until - pauses.getLast().from())));
                step(new Confirmed(pauses.size()));
            }
        }
        return pauses;
    }

    private static void assertShareKept(long seed, List<Pause> pauses) {
        for (int first = 0; first < pauses.size(); first++) {
            long paused = 0;
            for (int last = first; last < pauses.size(); last++) {
                Pause pause = pauses.get(last);
                long length = pause.until() - pause.from();
                paused += length;
                long window = pause.until() - pauses.get(first).from();
                double slack = (1 - SHARE) * (Duration.ofMillis(10).toNanos() + length);
                assertThat((double) paused)
                        .as("seed %d, pauses %d to %d", seed, first, last)
                        .isLessThanOrEqualTo(SHARE * window + slack + 1_000);
            }
        }
    }

    private List<Effect> step(Input input) {
        Step<State, Effect> step = sender.step(state, input);
        state = step.state();
        return step.effects();
    }

    private static Moment at(long millis) {
        return new Moment(Duration.ofMillis(millis).toNanos());
    }
}
