package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import understudy.protocol.EpochReceiver.Effect;
import understudy.protocol.EpochReceiver.Effect.Apply;
import understudy.protocol.EpochReceiver.Effect.Confirm;
import understudy.protocol.EpochReceiver.Effect.Refuse;
import understudy.protocol.EpochReceiver.Input;
import understudy.protocol.EpochReceiver.Input.EpochArrived;
import understudy.protocol.EpochReceiver.Input.Opened;
import understudy.protocol.EpochReceiver.State;

class EpochReceiverTest {
    private static final UUID STREAM = new UUID(0, 1);
    private static final UUID OTHER = new UUID(0, 2);

    private final EpochReceiver receiver = new EpochReceiver();
    private State state = new State.Closed();

    @Test
    void epochsInOrderAreConfirmedBeforeTheyAreApplied() {
        step(new Opened(STREAM, 7));
        assertThat(step(epoch(1))).containsExactly(new Confirm(1), new Apply(1));
        assertThat(step(epoch(2))).containsExactly(new Confirm(2), new Apply(2));
    }

    @Test
    void aTornEpochEndsTheStream() {
        step(new Opened(STREAM, 7));
        assertRefused(new EpochArrived(STREAM, 7, 1, false), "torn");
        assertRefused(epoch(1), "closed");
    }

    @Test
    void anEpochThatArrivesTwiceEndsTheStream() {
        step(new Opened(STREAM, 7));
        step(epoch(1));
        assertRefused(epoch(1), "twice");
    }

    @Test
    void anEpochOutOfOrderEndsTheStream() {
        step(new Opened(STREAM, 7));
        assertRefused(epoch(2), "where 1 was due");
    }

    @Test
    void anEpochOfAnOlderViewEndsTheStream() {
        step(new Opened(STREAM, 7));
        step(new EpochArrived(STREAM, 8, 1, true));
        assertRefused(new EpochArrived(STREAM, 7, 2, true), "older than 8");
    }

    @Test
    void anEpochOfAnotherStreamEndsTheStream() {
        step(new Opened(STREAM, 7));
        assertRefused(new EpochArrived(OTHER, 7, 1, true), "another stream");
    }

    @Test
    void nothingIsTakenAfterTheStreamWasClosed() {
        step(new Opened(STREAM, 7));
        step(epoch(1));
        step(new Input.Closed());
        assertRefused(epoch(2), "closed");
    }

    @Test
    void aNewStreamReplacesTheOldOne() {
        step(new Opened(STREAM, 7));
        step(epoch(1));
        step(new Opened(OTHER, 9));
        assertRefused(epoch(2), "another stream");
    }

    /// Whatever arrives, what is confirmed of a stream is 1, 2, 3 … of that stream, whole.
    @Test
    void whatIsConfirmedHasNoGaps() {
        for (long seed = 0; seed < 2_000; seed++) {
            var random = new SplittableRandom(seed);
            state = new State.Closed();
            UUID open = OTHER;
            long last = 0;
            for (int i = 0; i < 60; i++) {
                Input input = switch (random.nextInt(12)) {
                    case 0 -> new Opened(random.nextBoolean() ? STREAM : OTHER, random.nextInt(3));
                    case 1 -> new Input.Closed();
                    case 2 -> new EpochArrived(OTHER, 2, last + 1, true);
                    case 3 -> new EpochArrived(open, 3, last + 1, false);
                    case 4 -> new EpochArrived(open, 3, last + random.nextInt(4), true);
                    default -> new EpochArrived(open, 3, last + 1, true);
                };
                if (input instanceof Opened(UUID stream, long _)) {
                    open = stream;
                    last = 0;
                }
                for (Effect effect : step(input)) {
                    if (effect instanceof Confirm(long epoch)) {
                        assertThat(epoch).as("seed %d", seed).isEqualTo(last + 1);
                        assertThat(input).as("seed %d", seed).isEqualTo(arrived(input, open, epoch));
                        last = epoch;
                    }
                }
            }
        }
    }

    private static EpochArrived arrived(Input input, UUID stream, long epoch) {
        return new EpochArrived(stream, input instanceof EpochArrived it ? it.view() : -1, epoch, true);
    }

    private static EpochArrived epoch(long number) {
        return new EpochArrived(STREAM, 7, number, true);
    }

    private List<Effect> step(Input input) {
        Step<State, Effect> step = receiver.step(state, input);
        state = step.state();
        return step.effects();
    }

    private void assertRefused(Input input, String why) {
        assertThat(step(input))
                .singleElement()
                .isInstanceOfSatisfying(
                        Refuse.class, refuse -> assertThat(refuse.reason()).contains(why));
        assertThat(state).isEqualTo(new State.Closed());
    }
}
