package understudy.volume.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Whatever bytes a client sends: no exception, no reading beyond them, and the same outcome however they are cut
/// into pieces. `-Dseed=N` repeats a run.
class ParserFuzzTest {
    private static final int HANDSHAKES = 250_000;
    private static final int REQUESTS = 1_000_000;
    private static final long SIZE = 1 << 20;
    private static final List<Export> EXPORTS = List.of(
            new Export("disk", new MemoryVolume(SIZE), false), new Export("image", new MemoryVolume(SIZE), true));

    private final long seed = Long.getLong("seed", new Random().nextLong());
    private final Random random = new Random(seed);

    @Test
    void handshakesOfAllKinds() {
        for (int i = 0; i < HANDSHAKES; i++) {
            byte[] input = handshake();
            try {
                byte[] whole = replies(input, input.length);
                if (i % 4 == 0) {
                    assertThat(replies(input, 1 + random.nextInt(40))).isEqualTo(whole);
                }
            } catch (RuntimeException | AssertionError e) {
                fail("-Dseed=%d, input %d: %s".formatted(seed, i, Arrays.toString(input)), e);
            }
        }
    }

    /// All that is said to the client, and how it ended, when the input comes in pieces of so many bytes.
    private static byte[] replies(byte[] input, int piece) {
        Negotiation negotiation = new Negotiation(EXPORTS);
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        Negotiation.Outcome outcome = new Negotiation.Haggling();
        int from = 0;
        for (int to = 0; to < input.length && outcome instanceof Negotiation.Haggling; ) {
            to = Math.min(input.length, to + Math.max(1, piece));
            ByteBuffer in = ByteBuffer.wrap(input, from, to - from).slice();
            outcome = negotiation.take(in);
            from += in.position();
            said.writeBytes(negotiation.replies());
        }
        String end = outcome + "@" + (outcome instanceof Negotiation.Agreed ? from : 0);
        said.writeBytes(end.getBytes(StandardCharsets.UTF_8));
        return said.toByteArray();
    }

    private byte[] handshake() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(NbdClient.clientFlags(random.nextInt(50) == 0 ? random.nextInt() : random.nextInt(4)));
        int options = random.nextInt(5);
        for (int i = 0; i < options; i++) {
            all.writeBytes(NbdClient.optionBytes(random.nextInt(13), data()));
        }
        byte[] bytes = all.toByteArray();
        mutate(bytes, random.nextInt(4));
        return random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)) : bytes;
    }

    private byte[] data() {
        byte[] data = switch (random.nextInt(8)) {
            case 0, 1 -> NbdClient.choice(name(), 1, 3, 0);
            case 2, 3 -> NbdClient.contexts(name(), "base:allocation", "base:", "x-a:b");
            case 4 -> NbdClient.contexts(name());
            case 5 -> name().getBytes(StandardCharsets.UTF_8);
            case 6 -> new byte[random.nextInt(random.nextInt(200) == 0 ? 70_000 : 60)];
            default -> new byte[0];
        };
        mutate(data, random.nextInt(3));
        return random.nextInt(5) == 0 ? Arrays.copyOf(data, random.nextInt(data.length + 3)) : data;
    }

    private String name() {
        return switch (random.nextInt(6)) {
            case 0 -> "";
            case 1 -> "image";
            case 2 -> "x".repeat(random.nextInt(100) == 0 ? 5000 : 20);
            default -> "disk";
        };
    }

    private void mutate(byte[] bytes, int times) {
        for (int i = 0; i < times && bytes.length > 0; i++) {
            int at = random.nextInt(bytes.length);
            bytes[at] = switch (random.nextInt(4)) {
                case 0 -> (byte) (bytes[at] ^ 1 << random.nextInt(8));
                case 1 -> 0;
                case 2 -> -1;
                default -> (byte) random.nextInt();
            };
        }
    }

    @Test
    void requestsOfAllKinds() {
        Request request = new Request();
        byte[] bytes = new byte[28 + 64];
        MemorySegment memory = MemorySegment.ofArray(bytes);
        Terms[] terms = {
            new Terms(EXPORTS.get(0), true, true), new Terms(EXPORTS.get(1), true, false),
            new Terms(EXPORTS.get(0), false, false), new Terms(EXPORTS.get(1), false, false)
        };
        for (int i = 0; i < REQUESTS; i++) {
            fill(bytes);
            int from = random.nextInt(8);
            int to = from + random.nextInt(bytes.length - from + 1);
            try {
                int size = request.parse(memory, from, to);
                check(request, size, to - from, terms[random.nextInt(terms.length)]);
            } catch (RuntimeException | AssertionError e) {
                fail("-Dseed=%d, input %d: %s from %d to %d".formatted(seed, i, Arrays.toString(bytes), from, to), e);
            }
        }
    }

    private void fill(byte[] bytes) {
        if (random.nextInt(10) == 0) {
            random.nextBytes(bytes);
            return;
        }
        long offset = switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> SIZE - random.nextInt(100);
            case 2 -> random.nextLong();
            default -> random.nextInt((int) SIZE);
        };
        int length = switch (random.nextInt(4)) {
            case 0 -> random.nextInt();
            case 1 -> (32 << 20) + random.nextInt(3) - 1;
            default -> random.nextInt(80);
        };
        int flags = random.nextInt(3) == 0 ? random.nextInt(1 << 16) : 1 << random.nextInt(5);
        byte[] good = NbdClient.requestBytes(
                random.nextBoolean() ? 0 : flags, random.nextInt(10), random.nextLong(), offset, length, new byte[0]);
        int at = random.nextInt(8);
        System.arraycopy(good, 0, bytes, at, good.length);
        if (random.nextInt(3) == 0) {
            mutate(bytes, 1);
        }
    }

    private static void check(Request request, int size, int have, Terms terms) {
        if (size == Request.VIOLATION) {
            assertThat(request.violation()).isNotEmpty();
            return;
        }
        assertThat(size).isBetween(28, 28 + (32 << 20));
        if (size > have) {
            return;
        }
        Verdict verdict = request.verdict(terms, SIZE);
        if (verdict == Verdict.ACCEPTED && request.command() != Nbd.CMD_DISC) {
            assertThat(request.offset()).isBetween(0L, SIZE);
            assertThat(request.length()).isBetween(0L, SIZE - request.offset());
            boolean changes = request.command() == Nbd.CMD_WRITE
                    || request.command() == Nbd.CMD_TRIM
                    || request.command() == Nbd.CMD_WRITE_ZEROES;
            assertThat(changes && terms.export().readOnly()).isFalse();
        }
    }
}
