package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import understudy.protocol.PackingChoice.Mode;

class PackingChoiceTest {
    private static final int MESSAGES = 1000;

    private final PackingChoice choice = new PackingChoice(Mode.AUTO);
    private final Random random = new Random(1);
    private PackingChoice.State state = choice.initial();

    /// Sends messages of any length; a packed one is a tenth as long, and takes a nanosecond a byte to pack.
    ///
    /// @return how many were packed
    private int send(LongUnaryOperator nanosOnLink) {
        int packed = 0;
        for (int i = 0; i < MESSAGES; i++) {
            boolean packs = choice.packsNext(state);
            packed += packs ? 1 : 0;
            state = choice.begun(state);
            long bytes = 10_000L + random.nextInt(2_000_000);
            long nanos = packs ? bytes + nanosOnLink.applyAsLong(bytes / 10) : nanosOnLink.applyAsLong(bytes);
            state = choice.arrived(state, packs, bytes, nanos + 500_000 + random.nextInt(500_000));
        }
        return packed;
    }

    @Test
    void aSlowLinkHasAlmostAllPackedAndAQuickOneAlmostNothing() {
        assertThat(send(bytes -> 8 * bytes)).isGreaterThan(MESSAGES * 9 / 10);
        assertThat(send(bytes -> bytes / 4)).isLessThan(MESSAGES / 4);
        assertThat(send(bytes -> 8 * bytes)).isGreaterThan(MESSAGES * 9 / 10);
    }

    @Test
    void theOtherWayIsTriedOnceInAWhile() {
        int packed = send(bytes -> 8 * bytes);
        assertThat(MESSAGES - packed).isEqualTo(MESSAGES / PackingChoice.TRY_EVERY);
    }

    @Test
    void whoWasToldDoesNotChoose() {
        for (Mode mode : new Mode[] {Mode.ALWAYS, Mode.NEVER}) {
            PackingChoice told = new PackingChoice(mode);
            PackingChoice.State now = told.initial();
            for (int i = 0; i < 3 * PackingChoice.TRY_EVERY; i++) {
                assertThat(told.packsNext(now)).isEqualTo(mode == Mode.ALWAYS);
                now = told.arrived(told.begun(now), mode == Mode.ALWAYS, 1000, 1000);
            }
        }
    }

    @Test
    void asLongAsOneWayIsUnknownNothingChanges() {
        for (int i = 0; i < 100; i++) {
            state = choice.arrived(state, true, 1000, 1_000_000_000);
        }
        assertThat(state.packs()).isTrue();
        state = choice.arrived(state, false, 1000, 1);
        assertThat(state.packs()).isFalse();
    }
}
