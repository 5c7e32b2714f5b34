package understudy.network;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FramesTest {
    @Test
    void framesComeOutAsTheyWentInHoweverTheStreamIsCut() throws IOException {
        for (long seed = 0; seed < 300; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            List<byte[]> sent = new ArrayList<>();
            for (int i = random.nextInt(20); i >= 0; i--) {
                sent.add(frame(random, random.nextInt(8) == 0 ? Frames.FRAME_BYTES_MAX : random.nextInt(1_600)));
            }
            assertThat(received(stream(sent), random)).as("seed %d", seed).containsExactlyElementsOf(sent);
        }
    }

    @Test
    void noTruncatedPrefixYieldsMoreThanItsWholeFrames() throws IOException {
        SplittableRandom random = new SplittableRandom(1);
        List<byte[]> sent = List.of(frame(random, 60), frame(random, 0), frame(random, 14), frame(random, 300));
        byte[] stream = stream(sent);
        for (int length = 0; length < stream.length; length++) {
            int whole = length < 64 ? 0 : length < 68 ? 1 : length < 86 ? 2 : 3;
            byte[] prefix = new byte[length];
            System.arraycopy(stream, 0, prefix, 0, length);
            assertThat(received(prefix, random)).containsExactlyElementsOf(sent.subList(0, whole));
        }
    }

    @Test
    void aLengthThatNoFrameHasIsAClearError() {
        for (int length : new int[] {Frames.FRAME_BYTES_MAX + 1, Integer.MAX_VALUE, Integer.MIN_VALUE, -1}) {
            byte[] stream = ByteBuffer.allocate(8).putInt(length).array();
            assertThatThrownBy(() -> received(stream, new SplittableRandom(1)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("a frame of " + Integer.toUnsignedLong(length) + " bytes, more than");
        }
    }

    @Test
    void garbageEndsInAnErrorOrInWaitingForMore() {
        for (long seed = 0; seed < 500; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] garbage = frame(random, random.nextInt(2_000));
            try {
                assertThat(received(garbage, random))
                        .allSatisfy(frame -> assertThat(frame.length).isLessThanOrEqualTo(garbage.length));
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("announces a frame");
            }
        }
    }

    private static List<byte[]> received(byte[] stream, SplittableRandom random) throws IOException {
        List<byte[]> received = new ArrayList<>();
        try (Frames frames = new Frames()) {
            int at = 0;
            while (at < stream.length) {
                int from = at;
                int wanted = 1 + random.nextInt(random.nextBoolean() ? 10 : 100_000);
                at += frames.fill((into, offset, length) -> {
                    int count = Math.min(Math.min(wanted, length), stream.length - from);
                    MemorySegment.copy(stream, from, into, JAVA_BYTE, offset, count);
                    return count;
                });
                while (frames.next()) {
                    received.add(frames.buffer()
                            .asSlice(frames.frameOffset(), frames.frameLength())
                            .toArray(JAVA_BYTE));
                }
            }
        }
        return received;
    }

    private static byte[] stream(List<byte[]> frames) {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        for (byte[] frame : frames) {
            stream.writeBytes(ByteBuffer.allocate(4).putInt(frame.length).array());
            stream.writeBytes(frame);
        }
        return stream.toByteArray();
    }

    private static byte[] frame(SplittableRandom random, int length) {
        byte[] frame = new byte[length];
        random.nextBytes(frame);
        return frame;
    }
}
