package understudy.volume.epoch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// What a standby takes of an active, and what it refuses. `-Dseed=N` repeats the random part.
class KeptWritesTest {
    private static final List<Long> SIZES = List.of(4_096L, 1L << 40);
    private static final int MUTATIONS = 300_000;
    private static final int DATA = 0;
    private static final int ZEROS = 1;

    private final long seed = Long.getLong("seed", new Random().nextLong());
    private final Random random = new Random(seed);

    /// Bytes as the document says, made without the code that is tested.
    private static final class Form {
        private final ByteBuffer bytes = ByteBuffer.allocate(4_096);

        Form segments(int count) {
            bytes.putInt(count);
            return this;
        }

        Form segment(long number, int flags, int extents) {
            bytes.putLong(number).putInt(flags).putInt(extents);
            return this;
        }

        Form extent(int disk, int kind, long offset, long length) {
            bytes.putInt(disk).putInt(kind).putLong(offset).putLong(length);
            return this;
        }

        Form data(int... data) {
            Arrays.stream(data).forEach(one -> bytes.put((byte) one));
            return this;
        }

        byte[] done() {
            return Arrays.copyOf(bytes.array(), bytes.position());
        }
    }

    private static Form one(int disk, int kind, long offset, long length) {
        return new Form().segments(1).segment(1, 0, 1).extent(disk, kind, offset, length);
    }

    private static KeptWrites.Arrived decode(KeptWrites kept, byte[] body) throws IOException {
        return kept.decode(MemorySegment.ofArray(body));
    }

    private static void assertRefused(Form form, String... reason) {
        KeptWrites kept = new KeptWrites(SIZES);
        assertThatThrownBy(() -> decode(kept, form.done()))
                .isInstanceOf(IOException.class)
                .hasMessageContainingAll(reason);
        assertThat(kept.segments()).isEmpty();
    }

    @Test
    void theFormIsWhatTheDocumentSays() throws IOException {
        Form form = new Form()
                .segments(3)
                .segment(1, 1, 3)
                .extent(0, DATA, 7, 3)
                .data(1, 2, 3)
                .extent(0, 2, 10, 4_086)
                .extent(1, ZEROS, 5, (1L << 40) - 5)
                .segment(2, 1, 0)
                .segment(3, 0, 1)
                .extent(1, DATA, 0, 1)
                .data(9);
        KeptWrites kept = new KeptWrites(SIZES);
        kept.keep(decode(kept, form.done()));
        Sealed sealed = new Sealed(2, kept.segments());
        byte[] again = new byte[(int) sealed.bytes()];
        sealed.writeTo(MemorySegment.ofArray(again));
        assertThat(again).isEqualTo(form.done());
        assertThat(kept.segments()).extracting(Segment::number).containsExactly(1L, 2L, 3L);
        assertThat(kept.segments()).extracting(Segment::endsInFlush).containsExactly(true, true, false);
    }

    @Test
    void anEpochWithoutChangesIsFourBytes() throws IOException {
        Sealed sealed = new Sealed(2, List.of());
        assertThat(sealed.isEmpty()).isTrue();
        assertThat(sealed.bytes()).isEqualTo(4);
        KeptWrites kept = new KeptWrites(SIZES);
        assertThat(decode(kept, new Form().segments(0).done()).isEmpty()).isTrue();
    }

    @Test
    void whatIsNotWithinItsDiskIsRefused() {
        assertRefused(one(2, ZEROS, 0, 1), "disk 2");
        assertRefused(one(-1, ZEROS, 0, 1), "disk -1");
        assertRefused(one(0, ZEROS, -1, 1), "at -1");
        assertRefused(one(0, ZEROS, 4_096, 1), "at 4096");
        assertRefused(one(0, ZEROS, 4_095, 2), "2 bytes at 4095");
        assertRefused(one(0, ZEROS, 1, Long.MAX_VALUE), "bytes at 1");
        assertRefused(one(0, ZEROS, 0, 0), "0 bytes");
        assertRefused(one(0, ZEROS, 0, -1), "-1 bytes");
        assertRefused(one(1, DATA, 0, (32L << 20) + 1), "33554433 bytes of data");
        assertRefused(one(0, 3, 0, 1), "unknown kind 3");
        assertRefused(one(0, -1, 0, 1), "unknown kind -1");
    }

    @Test
    void whatIsOutOfOrderIsRefused() {
        assertRefused(new Form().segments(1).segment(2, 1, 0), "segment 2 where 1 should be");
        assertRefused(new Form().segments(2).segment(1, 1, 0).segment(1, 1, 0), "segment 1 where 2 should be");
        Form descending =
                new Form().segments(1).segment(1, 0, 2).extent(1, ZEROS, 0, 1).extent(0, ZEROS, 0, 1);
        assertRefused(descending, "disk 0 after disk 1");
        Form overlapping =
                new Form().segments(1).segment(1, 0, 2).extent(0, ZEROS, 0, 8).extent(0, ZEROS, 7, 1);
        assertRefused(overlapping, "1 bytes at 7", "[8, 4096)");
    }

    @Test
    void whatHasAWrongCountIsRefused() {
        assertRefused(new Form().segments(-1), "-1 segments");
        assertRefused(new Form().segments(Integer.MAX_VALUE), "segments in 0 bytes");
        assertRefused(new Form().segments(1).segment(1, 1, Integer.MAX_VALUE), "extents in 0 bytes");
        assertRefused(new Form().segments(1).segment(1, 1, -5), "-5 extents");
        assertRefused(new Form().segments(1).segment(1, 0, 0), "nothing in it");
        assertRefused(new Form().segments(1).segment(1, 2, 0), "unknown flags 2");
        assertRefused(new Form().segments(0).data(0), "1 bytes after");
    }

    @Test
    void segmentsGoOnWithTheNextBody() throws IOException {
        KeptWrites kept = new KeptWrites(SIZES);
        byte[] first = new Form().segments(1).segment(1, 1, 0).done();
        byte[] second = new Form().segments(1).segment(2, 1, 0).done();
        KeptWrites.Arrived arrived = decode(kept, first);
        assertThat(kept.segments()).isEmpty();
        kept.keep(arrived);
        assertThatThrownBy(() -> decode(kept, first)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> kept.keep(arrived)).isInstanceOf(IllegalStateException.class);
        kept.applied(1);
        kept.keep(decode(kept, second));
        assertThat(kept.segments()).extracting(Segment::number).containsExactly(2L);
        assertThatThrownBy(() -> kept.applied(3)).isInstanceOf(IOException.class);
        kept.applied(2);
        kept.applied(1);
        assertThat(kept.segments()).isEmpty();
        assertThat(kept.bytes()).isZero();
    }

    @Test
    void aStandbyHoldsNoMoreThanItsBound() throws IOException {
        KeptWrites kept = new KeptWrites(SIZES);
        int length = 32 << 20;
        byte[] body = new byte[EpochForm.HEADER_BYTES + EpochForm.SEGMENT_BYTES + EpochForm.EXTENT_BYTES + length];
        for (long number = 1; kept.bytes() + body.length <= KeptWrites.BYTES_MAX; number++) {
            fillLarge(body, number, length);
            kept.keep(decode(kept, body));
        }
        fillLarge(body, kept.segments().size() + 1L, length);
        assertThatThrownBy(() -> decode(kept, body))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("kept");
    }

    private static void fillLarge(byte[] body, long number, int length) {
        ByteBuffer form =
                ByteBuffer.wrap(body).putInt(1).putLong(number).putInt(0).putInt(1);
        form.putInt(1).putInt(DATA).putLong(0).putLong(length);
    }

    @Test
    void everyTruncatedPrefixIsRefused() throws IOException {
        KeptWrites kept = new KeptWrites(SIZES);
        for (int i = 0; i < 50; i++) {
            byte[] whole = body();
            KeptWrites.Arrived _ = decode(kept, whole);
            for (int length = 0; length < whole.length; length++) {
                byte[] prefix = Arrays.copyOf(whole, length);
                assertThatThrownBy(() -> decode(kept, prefix)).isInstanceOf(IOException.class);
            }
        }
    }

    @Test
    void whateverArrivesIsTakenOrRefused() {
        KeptWrites kept = new KeptWrites(SIZES);
        int taken = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] body = mutated(body());
            try {
                KeptWrites.Arrived arrived = decode(kept, body);
                taken++;
                if (i % 16 == 0) {
                    assertIsSame(arrived, body);
                }
            } catch (IOException e) {
                assertThat(e.getMessage()).isNotBlank();
            } catch (RuntimeException | Error e) {
                fail("-Dseed=%d, input %d: %s".formatted(seed, i, HexFormat.of().formatHex(body)), e);
            }
        }
        assertThat(taken).isBetween(MUTATIONS / 20, MUTATIONS * 19 / 20);
        assertThat(kept.segments()).isEmpty();
    }

    /// What was taken says the same when it is written again.
    private static void assertIsSame(KeptWrites.Arrived arrived, byte[] body) {
        KeptWrites fresh = new KeptWrites(SIZES);
        fresh.keep(arrived);
        Sealed sealed = new Sealed(1, fresh.segments());
        byte[] again = new byte[(int) sealed.bytes()];
        sealed.writeTo(MemorySegment.ofArray(again));
        assertThat(again).isEqualTo(body);
    }

    private byte[] body() {
        Form form = new Form();
        int segments = random.nextInt(4);
        form.segments(segments);
        for (int i = 1; i <= segments; i++) {
            int extents = 1 + random.nextInt(4);
            form.segment(i, random.nextInt(2), extents);
            long at = 0;
            for (int j = 0; j < extents; j++) {
                at += random.nextInt(100);
                int length = 1 + random.nextInt(30);
                int kind = random.nextInt(3);
                form.extent(0, kind, at, length);
                form.data(kind == DATA ? random.ints(length).toArray() : new int[0]);
                at += length;
            }
        }
        return form.done();
    }

    private byte[] mutated(byte[] body) {
        List<Integer> odd = new ArrayList<>(List.of(0, 1, 2, 0x7F, 0x80, 0xFF));
        odd.add(random.nextInt(256));
        for (int i = random.nextInt(4); i > 0; i--) {
            body[random.nextInt(body.length)] =
                    odd.get(random.nextInt(odd.size())).byteValue();
        }
        return switch (random.nextInt(8)) {
            case 0 -> Arrays.copyOf(body, random.nextInt(body.length + 1));
            case 1 -> Arrays.copyOf(body, body.length + 1 + random.nextInt(30));
            default -> body;
        };
    }
}
