package understudy.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class EventStreamReaderTest {
    private static final String FIRST = """
            {"sequence":1,"time":"2026-11-22T16:00:00Z","host":"h1","vm":"web-1","kind":"view","severity":"INFO","text":"ü"}""";
    private static final String SECOND = FIRST.replace("\"sequence\":1", "\"sequence\":2");
    private static final String STREAM =
            ": hello\n\nid: 1\nevent: view\ndata: " + FIRST + "\n\n: alive\n\ndata:" + SECOND + "\r\n\r\n";

    @Test
    void eventsAreReadAndTheRestIsPassedOver() throws IOException {
        assertThat(sequences(STREAM.getBytes(UTF_8))).containsExactly(1L, 2L);
    }

    @Test
    void whatIsCutOffIsDropped() throws IOException {
        byte[] whole = STREAM.getBytes(UTF_8);
        for (int length = 0; length < whole.length; length++) {
            List<Long> sequences = sequences(Arrays.copyOf(whole, length));
            assertThat(sequences).as("%d bytes", length).isIn(List.of(), List.of(1L), List.of(1L, 2L));
        }
    }

    @Test
    void whatIsNoEventIsAnError() {
        assertThatThrownBy(() -> sequences("data: {}\n\n".getBytes(UTF_8))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> sequences("data: <html>\n\n".getBytes(UTF_8))).isInstanceOf(IOException.class);
    }

    @Test
    void aLineThatNeverEndsIsAnErrorBeforeItFillsTheMemory() {
        byte[] endless = "x".repeat(2 << 20).getBytes(UTF_8);
        assertThatThrownBy(() -> sequences(endless)).isInstanceOf(IOException.class);
    }

    /// Garbage is an end or an error, nothing else.
    @Test
    void garbageIsNeverMoreThanAnError() {
        for (long seed = 0; seed < 500; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] bytes = STREAM.getBytes(UTF_8);
            for (int i = 0; i < 5; i++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            try {
                assertThat(sequences(bytes)).as("seed %d", seed).hasSizeLessThanOrEqualTo(2);
            } catch (IOException e) {
                assertThat(e).as("seed %d", seed).hasMessageStartingWith("not an event");
            }
        }
    }

    private static List<Long> sequences(byte[] stream) throws IOException {
        EventStreamReader reader = new EventStreamReader(new ByteArrayInputStream(stream), () -> {});
        List<Long> sequences = new ArrayList<>();
        for (Optional<Event> event = reader.next(); event.isPresent(); event = reader.next()) {
            sequences.add(event.orElseThrow().sequence());
        }
        return sequences;
    }
}
