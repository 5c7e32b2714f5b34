package understudy.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import understudy.model.Problem;

class VolumePiecesTest {

    /// Remembers what comes.
    private static final class Seen implements VolumePieces.Sink {
        private final List<String> pieces = new ArrayList<>();
        private long size = -1;

        @Override
        public void piece(long offset, byte[] bytes, int length) {
            pieces.add(offset + ":" + Arrays.hashCode(Arrays.copyOf(bytes, length)));
        }

        @Override
        public void end(long all) {
            size = all;
        }
    }

    private static byte[] stream() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        VolumePieces.Sink sink = VolumePieces.writer(out);
        sink.piece(0, new byte[] {1, 2, 3}, 2);
        sink.piece(4096, new byte[300], 300);
        sink.end(1 << 20);
        return out.toByteArray();
    }

    private static Optional<Problem> read(byte[] bytes, Seen seen) throws IOException {
        try {
            VolumePieces.read(new ByteArrayInputStream(bytes), seen);
            return Optional.empty();
        } catch (Problem.Refused refused) {
            return Optional.of(refused.problem());
        }
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        Seen seen = new Seen();
        assertThat(read(stream(), seen)).isEmpty();
        assertThat(seen.pieces)
                .containsExactly("0:" + Arrays.hashCode(new byte[] {1, 2}), "4096:" + Arrays.hashCode(new byte[300]));
        assertThat(seen.size).isEqualTo(1 << 20);
    }

    @Test
    void noPrefixIsTakenForAll() throws IOException {
        byte[] whole = stream();
        for (int length = 0; length < whole.length; length++) {
            Seen seen = new Seen();
            assertThat(read(Arrays.copyOf(whole, length), seen))
                    .map(Problem::code)
                    .contains("export-broken");
            assertThat(seen.size).isEqualTo(-1);
        }
    }

    @Test
    void aProblemInTheMiddleIsToldAsItIs() throws IOException {
        Problem problem = Problem.of("vm-not-stopped", "It was started.", "Stop it.");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        VolumePieces.writer(out).piece(0, new byte[9], 9);
        VolumePieces.fail(out, problem);
        Seen seen = new Seen();
        assertThat(read(out.toByteArray(), seen)).contains(problem);
        assertThat(seen.pieces).hasSize(1);
    }

    @Test
    void nothingThatComesDoesHarm() throws IOException {
        Random random = new Random(1);
        byte[] whole = stream();
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = whole.clone();
            for (int i = 0; i <= random.nextInt(3); i++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            Seen seen = new Seen();
            Optional<Problem> problem = read(bytes, seen);
            assertThat(problem.isPresent()).isEqualTo(seen.size < 0);
        }
    }
}
