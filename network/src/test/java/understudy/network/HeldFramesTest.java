package understudy.network;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class HeldFramesTest {
    private record Frame(long epoch, ByteBuffer bytes) {}

    /// Adds and removes at random, against a queue of arrays.
    @Test
    void theRingAnswersAsAQueueDoes() {
        for (long seed = 0; seed < 30; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            Queue<Frame> twin = new ArrayDeque<>();
            try (HeldFrames held = new HeldFrames(HeldFrames.BYTES_MIN + random.nextInt(100));
                    Arena arena = Arena.ofConfined()) {
                MemorySegment source = arena.allocate(Frames.FRAME_BYTES_MAX);
                for (long step = 0; step < 3_000; step++) {
                    if (random.nextInt(100) < 55 && held.hasRoom()) {
                        int length = random.nextInt(10) == 0 ? Frames.FRAME_BYTES_MAX : random.nextInt(9_000);
                        byte[] bytes = new byte[length];
                        random.nextBytes(bytes);
                        MemorySegment.copy(bytes, 0, source, JAVA_BYTE, 0, length);
                        held.add(step, source, 0, length);
                        twin.add(new Frame(step, ByteBuffer.wrap(bytes)));
                    } else if (!held.isEmpty()) {
                        assertFirst(held, twin.remove(), seed);
                        held.remove();
                    }
                    assertThat(held.count()).as("seed %d", seed).isEqualTo(twin.size());
                    if (random.nextInt(500) == 0) {
                        held.clear();
                        twin.clear();
                    }
                }
            }
        }
    }

    private static void assertFirst(HeldFrames held, Frame expected, long seed) {
        assertThat(held.epoch()).as("seed %d", seed).isEqualTo(expected.epoch());
        assertThat(ByteBuffer.wrap(held.buffer()
                        .asSlice(held.frameOffset(), held.frameLength())
                        .toArray(JAVA_BYTE)))
                .as("seed %d", seed)
                .isEqualTo(expected.bytes());
    }

    @Test
    void tooSmallARingIsRefused() {
        assertThatThrownBy(() -> new HeldFrames(HeldFrames.BYTES_MIN - 1)).isInstanceOf(IllegalArgumentException.class);
    }
}
