package understudy.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import understudy.model.VmId;

class MessageTest {
    private static final UUID STREAM = new UUID(0x0123456789abcdefL, 0xfedcba9876543210L);
    private static final List<Message.Kind> KINDS = List.of(Message.Kind.values());
    private static final int MUTATIONS = 200_000;
    private static final int CHECKED = Message.HEADER_BYTES - Integer.BYTES;

    private static ByteBuffer encoded(Message message) {
        ByteBuffer buffer = ByteBuffer.allocate(Message.HEADER_BYTES);
        message.encode(buffer);
        return buffer.flip();
    }

    private static Message epoch(Random random) {
        return new Message(
                KINDS.get(random.nextInt(KINDS.size())),
                random.nextBoolean(),
                random.nextLong(),
                random.nextLong(),
                new UUID(random.nextLong(), random.nextLong()),
                random.nextInt() >>> 1,
                random.nextInt() >>> 1,
                random.nextInt() >>> 1,
                random.nextInt() >>> 1,
                random.nextInt() >>> 1,
                random.nextInt() >>> 1,
                random.nextInt() >>> 1,
                random.nextInt());
    }

    @Test
    void whatIsEncodedIsDecoded() throws IOException {
        Random random = new Random(1);
        for (int i = 0; i < 10_000; i++) {
            Message message = epoch(random);
            assertThat(Message.decode(encoded(message))).isEqualTo(message);
        }
    }

    @Test
    void aHeaderIsReadAndWrittenWhereTheBufferStands() throws IOException {
        Message message = epoch(new Random(2));
        ByteBuffer buffer = ByteBuffer.allocate(7 + Message.HEADER_BYTES);
        message.encode(buffer.position(7));
        assertThat(buffer.hasRemaining()).isFalse();
        assertThat(Message.decode(buffer.position(7))).isEqualTo(message);
        assertThat(buffer.hasRemaining()).isFalse();
    }

    @Test
    void noPrefixIsAHeader() {
        byte[] whole = encoded(epoch(new Random(3))).array();
        for (int length = 0; length < whole.length; length++) {
            ByteBuffer prefix = ByteBuffer.wrap(whole, 0, length);
            assertThatThrownBy(() -> Message.decode(prefix)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void everyFlippedBitIsNoticed() {
        byte[] whole = encoded(epoch(new Random(4))).array();
        for (int bit = 0; bit < 8 * whole.length; bit++) {
            byte[] flipped = whole.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            assertThatThrownBy(() -> Message.decode(ByteBuffer.wrap(flipped))).isInstanceOf(IOException.class);
        }
    }

    /// Half of them with a checksum that fits, as a confused sender would make it.
    @Test
    void mutationsAreRefusedOrMakeSense() {
        Random random = new Random(5);
        for (int i = 0; i < MUTATIONS; i++) {
            ByteBuffer header = encoded(epoch(random));
            for (int n = 1 + random.nextInt(4); n > 0; n--) {
                header.put(4 + random.nextInt(Message.HEADER_BYTES - 4), (byte) random.nextInt());
            }
            if (random.nextBoolean()) {
                CRC32C checksum = new CRC32C();
                checksum.update(header.slice(0, CHECKED));
                header.putInt(CHECKED, (int) checksum.getValue());
            }
            try {
                Message message = Message.decode(header);
                assertThat(message.bodyBytes()).isNotNegative();
                assertThat(message.runs()).isNotNegative();
                assertThat(message.pages()).isNotNegative();
                assertThat(message.sidePages()).isNotNegative();
                assertThat(message.deviceBytes()).isNotNegative();
            } catch (IOException refused) {
                assertThat(refused).hasMessageContaining("checkpoint stream");
            }
        }
    }

    @Test
    void anOfferIsReadAsItWasMade() throws IOException {
        StreamOffer offer = new StreamOffer(new VmId(UUID.randomUUID()), 17, STREAM, 64L << 20);
        assertThat(StreamOffer.of(offer.message(), offer.body())).isEqualTo(offer);
    }

    @Test
    void aStreamThatBeginsWithSomethingElseIsRefused() {
        StreamOffer offer = new StreamOffer(new VmId(UUID.randomUUID()), 17, STREAM, 64L << 20);
        for (int length = 0; length < offer.body().length; length++) {
            byte[] prefix = Arrays.copyOf(offer.body(), length);
            assertThatThrownBy(() -> StreamOffer.of(offer.message(), prefix)).isInstanceOf(IOException.class);
        }
        Message head = Message.plain(Message.Kind.HEAD, 17, 0, STREAM, offer.body());
        assertThatThrownBy(() -> StreamOffer.of(head, offer.body()))
                .isInstanceOf(IOException.class)
                .hasMessage("a checkpoint stream begins with an offer, not with HEAD");
    }

    @Test
    void theReasonForAnEndArrives() throws IOException {
        try (Wires wires = Wires.open()) {
            new Channel(wires.active()).end(STREAM, "because");
            Channel standby = new Channel(wires.standby());
            Message end = standby.receive();
            assertThat(end.kind()).isEqualTo(Message.Kind.END);
            assertThat(new String(standby.plainBody(end), StandardCharsets.UTF_8))
                    .isEqualTo("because");
        }
    }
}
