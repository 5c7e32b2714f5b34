package understudy.volume.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import understudy.volume.store.Standing;

class FrameTest {
    private static final byte[] KINDS = {
        Frame.WRITE,
        Frame.ZERO,
        Frame.COPY,
        Frame.FLUSH,
        Frame.READ,
        Frame.CHECKSUMS,
        Frame.DIRTY,
        Frame.CLEAR,
        Frame.LOGGED,
        Frame.MARK,
        Frame.PERSIST_MARKS,
        Frame.VIEW,
        Frame.PING,
        Frame.BAD,
        Frame.DIGESTS,
        Frame.ACKNOWLEDGED,
        Frame.FLUSHED,
        Frame.ANSWER,
        Frame.FAILED
    };

    private final MemorySegment bytes = Arena.ofAuto().allocate(4096, 8);
    private final Frame frame = new Frame();

    @Test
    void aFrameIsReadAsItWasWritten() throws Exception {
        Frame.encode(bytes, 100, Frame.WRITE, Frame.LAST, 77, 1L << 40, 512);
        assertThat(frame.decode(bytes, 100, 100 + Frame.HEADER_BYTES + 511)).isFalse();
        assertThat(frame.decode(bytes, 100, 100 + Frame.HEADER_BYTES + 512)).isTrue();
        assertThat(frame.kind()).isEqualTo(Frame.WRITE);
        assertThat(frame.has(Frame.LAST)).isTrue();
        assertThat(frame.has(Frame.PUNCH)).isFalse();
        assertThat(frame.sequence()).isEqualTo(77);
        assertThat(frame.offset()).isEqualTo(1L << 40);
        assertThat(frame.length()).isEqualTo(512);
        assertThat(frame.payloadAt()).isEqualTo(128);
        assertThat(frame.end()).isEqualTo(640);
    }

    @Test
    void noPrefixOfAFrameIsTakenForOne() throws Exception {
        for (byte kind : KINDS) {
            Frame.encode(bytes, 0, kind, 0, 1, 2, 0);
            for (int length = 0; length < Frame.HEADER_BYTES; length++) {
                assertThat(frame.decode(bytes, 0, length)).isFalse();
            }
            assertThat(frame.decode(bytes, 0, Frame.HEADER_BYTES)).isTrue();
        }
    }

    /// Whatever arrives: a frame within its bounds, or not yet one, or a clear refusal.
    @Test
    void noBytesAreTakenForAFrameBeyondItsBounds() {
        SplittableRandom random = new SplittableRandom(3);
        int refused = 0;
        for (int i = 0; i < 1_000_000; i++) {
            Frame.encode(
                    bytes,
                    0,
                    KINDS[random.nextInt(KINDS.length)],
                    random.nextInt(256),
                    random.nextLong(),
                    random.nextLong() >>> random.nextInt(64),
                    random.nextInt() >>> random.nextInt(32));
            for (int flips = random.nextInt(4); flips > 0; flips--) {
                long at = random.nextInt(Frame.HEADER_BYTES);
                bytes.set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt());
            }
            int limit = random.nextInt((int) bytes.byteSize());
            try {
                if (frame.decode(bytes, 0, limit)) {
                    assertThat(frame.end()).isBetween((long) Frame.HEADER_BYTES, (long) limit);
                    assertThat(frame.length()).isBetween(0, Frame.ZERO_BYTES_MAX);
                    assertThat(frame.offset()).isNotNegative();
                }
            } catch (BrokenLinkException e) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(100_000);
    }

    @Test
    void aGreetingIsReadAsItWasWritten() throws Exception {
        Hello.Greeting greeting =
                new Hello.Greeting(UUID.randomUUID(), 1L << 30, UUID.randomUUID(), 12, UUID.randomUUID());
        assertThat(Hello.Greeting.decode(greeting.encode())).isEqualTo(greeting);
        Hello.Reply reply = new Hello.Reply(
                Optional.empty(),
                UUID.randomUUID(),
                1L << 30,
                UUID.randomUUID(),
                true,
                Standing.FRESH.inSyncIn(4).tracking(UUID.randomUUID(), 3));
        assertThat(Hello.Reply.decode(reply.encode())).isEqualTo(reply);
        Hello.Reply refusal = Hello.Reply.refusing("no such volume \u2014 ".repeat(100));
        assertThat(Hello.Reply.decode(refusal.encode()).refusal()).isPresent();
    }

    @Test
    void aStrangerOrAnotherVersionIsRefusedByName() {
        ByteBuffer bytes = Hello.Reply.refusing("x").encode();
        bytes.putInt(8, 3);
        assertThatThrownBy(() -> Hello.Reply.decode(bytes)).hasMessageContaining("version 3");
        assertThatThrownBy(() -> Hello.Greeting.decode(ByteBuffer.allocate(Hello.GREETING_BYTES)))
                .isInstanceOf(BrokenLinkException.class)
                .hasMessageContaining("no replica");
    }

    @Test
    void noGreetingOrViewMakesTrouble() {
        SplittableRandom random = new SplittableRandom(4);
        for (int i = 0; i < 100_000; i++) {
            ByteBuffer reply = new Hello.Reply(
                            Optional.of("why"), UUID.randomUUID(), 5, UUID.randomUUID(), true, Standing.FRESH)
                    .encode();
            for (int flips = random.nextInt(20); flips > 0; flips--) {
                reply.put(random.nextInt(Hello.REPLY_BYTES), (byte) random.nextInt());
            }
            byte[] view = new byte[ViewMessage.BYTES];
            random.nextBytes(view);
            view[0] = (byte) random.nextInt(8);
            try {
                assertThat(Hello.Reply.decode(reply).standing().view()).isNotNegative();
                assertThat(ViewMessage.decode(MemorySegment.ofArray(view)).view())
                        .isNotNegative();
            } catch (BrokenLinkException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        }
    }
}
