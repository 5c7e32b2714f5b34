package understudy.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class WireDecoderTest {

    @Test
    void messagesComeOutAsTheyWentInHoweverTheyAreCut() {
        for (long seed = 0; seed < 200; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            List<byte[]> sent = new ArrayList<>();
            List<Long> sentClocks = new ArrayList<>();
            List<Long> clocks = new ArrayList<>();
            ByteBuffer stream = ByteBuffer.allocate(8192);
            for (int i = 0; i < 20; i++) {
                if (random.nextInt(3) == 0) {
                    sentClocks.add(random.nextLong());
                    stream.put((byte) 0).putInt(8).putLong(sentClocks.getLast());
                } else {
                    byte[] message = new byte[random.nextInt(200)];
                    random.nextBytes(message);
                    sent.add(message);
                    stream.put((byte) 1).putInt(message.length).put(message);
                }
            }
            stream.flip();
            WireDecoder decoder = new WireDecoder(200, clocks::add);
            List<byte[]> received = new ArrayList<>();
            while (stream.hasRemaining()) {
                int part = Math.min(stream.remaining(), 1 + random.nextInt(50));
                decoder.decode(stream.slice(stream.position(), part), received::add);
                stream.position(stream.position() + part);
            }
            assertThat(clocks).as("seed %d", seed).isEqualTo(sentClocks);
            assertThat(received).as("seed %d", seed).hasSameSizeAs(sent);
            for (int i = 0; i < sent.size(); i++) {
                assertThat(received.get(i)).as("seed %d", seed).isEqualTo(sent.get(i));
            }
        }
    }

    @Test
    void whatIsNotOfTheFormIsRefusedBeforeMemoryIsTakenForIt() {
        for (byte[] head : List.of(
                new byte[] {2, 0, 0, 0, 0}, new byte[] {1, 0x7F, 0, 0, 0}, new byte[] {1, -1, -1, -1, -1}, new byte[] {
                    0, 0, 0, 0, 1
                })) {
            WireDecoder decoder = new WireDecoder(Messenger.MESSAGE_MAX, _ -> {});
            assertThatThrownBy(() -> decoder.decode(ByteBuffer.wrap(head), _ -> {}))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void garbageNeverDoesMoreThanBeRefused() {
        for (long seed = 0; seed < 500; seed++) {
            byte[] garbage = new byte[300];
            new SplittableRandom(seed).nextBytes(garbage);
            try {
                new WireDecoder(1000, _ -> {}).decode(ByteBuffer.wrap(garbage), _ -> {});
            } catch (IllegalArgumentException refused) {
                assertThat(refused).hasMessageContaining("kind");
            }
        }
    }
}
