package understudy.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What [StagedEpoch] sends and [ReceivedEpoch] takes.
class EpochBodyTest {
    private static final UUID STREAM = UUID.randomUUID();
    private static final int PAGE = 4096;
    private static final long RAM = 64L * PAGE;
    private static final int MUTATIONS = 200_000;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment ram = arena.allocate(RAM);
    private final StagedEpoch staged = new StagedEpoch();
    private final ReceivedEpoch received = new ReceivedEpoch(Message.bare(Message.Kind.ROUND, 1, 0, STREAM));

    @AfterEach
    void free() {
        staged.close();
        received.close();
        arena.close();
    }

    private static byte[] bytes(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private void fill(Random random) throws IOException {
        MemorySegment.copy(MemorySegment.ofArray(bytes(random, (int) RAM)), 0, ram, 0, RAM);
        staged.addPages(ram, 0, PAGE);
        staged.addPages(ram, 3L * PAGE, 6L * PAGE);
        staged.addPages(ram, RAM - PAGE, RAM);
        staged.addSidePage(2, 5).copyFrom(MemorySegment.ofArray(bytes(random, PAGE)));
        staged.addSidePage(4, 0).copyFrom(MemorySegment.ofArray(bytes(random, PAGE)));
        staged.deviceRoom(100).copyFrom(MemorySegment.ofArray(bytes(random, 60)));
        staged.trimDevices(40);
    }

    /// The message as it is on the wire.
    private ByteBuffer sent() throws IOException {
        Recording wire = new Recording();
        long bytes = staged.send(new Channel(wire), Message.Kind.EPOCH, false, 1, 1, STREAM, Optional.empty());
        assertThat(wire.written.size()).isEqualTo((int) bytes);
        return ByteBuffer.wrap(wire.written.toByteArray());
    }

    private void read(ByteBuffer from, long ramBytes) throws IOException {
        Channel channel = new Channel(new Recording(from));
        received.read(channel, channel.receive(), ram.asSlice(0, ramBytes));
    }

    @Test
    void whatWasStagedIsReceived() throws IOException {
        fill(new Random(1));
        read(sent(), RAM);
        assertThat(received.isSound()).isTrue();
        byte[] copy = new byte[(int) RAM];
        List<Long> offsets = new ArrayList<>();
        received.applyPages((from, offset, to, bytes) -> {
            offsets.add(to);
            MemorySegment.copy(from, ValueLayout.JAVA_BYTE, offset, copy, (int) to, (int) bytes);
        });
        assertThat(offsets).containsExactly(0L, 3L * PAGE, RAM - PAGE);
        for (int page : new int[] {0, 3, 4, 5, 63}) {
            assertThat(MemorySegment.ofArray(copy)
                            .asSlice((long) page * PAGE, PAGE)
                            .mismatch(ram.asSlice((long) page * PAGE, PAGE)))
                    .as("page " + page)
                    .isEqualTo(-1);
        }
        List<String> sides = new ArrayList<>();
        received.applySidePages((block, offset, page) -> {
            assertThat(page.byteSize()).isEqualTo(PAGE);
            sides.add(block + "@" + offset);
        });
        assertThat(sides).containsExactly("2@20480", "4@0");
        assertThat(received.devices()).isEqualTo(staged.devices()).hasSize(60);
    }

    @Test
    void anEmptyEpochIsSound() throws IOException {
        read(sent(), RAM);
        assertThat(received.isSound()).isTrue();
        assertThat(received.devices()).isEmpty();
    }

    @Test
    void noPrefixIsAnEpoch() throws IOException {
        fill(new Random(2));
        ByteBuffer whole = sent();
        for (int length = 0; length < whole.limit(); length += length < 200 ? 1 : 97) {
            ByteBuffer prefix = whole.slice(0, length);
            assertThatThrownBy(() -> read(prefix, RAM)).isInstanceOf(EOFException.class);
        }
    }

    @Test
    void everyFlippedByteOfTheBodyMakesItUnsound() throws IOException {
        fill(new Random(3));
        ByteBuffer whole = sent();
        for (int at = Message.HEADER_BYTES; at < whole.limit(); at += at < 400 ? 1 : 61) {
            whole.put(at, (byte) (whole.get(at) ^ 0x10));
            read(whole.duplicate(), RAM);
            assertThat(received.isSound()).as("byte " + at).isFalse();
            whole.put(at, (byte) (whole.get(at) ^ 0x10));
        }
    }

    /// Header and body mutated, with checksums that fit: what counts as sound never leads outside RAM or the
    /// body.
    @Test
    void mutationsAreUnsoundOrStayWithinTheirBounds() throws IOException {
        Random random = new Random(4);
        fill(random);
        byte[] whole = sent().array();
        int sound = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            ByteBuffer mutated = mutated(whole.clone(), random);
            try {
                read(mutated, RAM);
            } catch (IOException refused) {
                continue;
            }
            if (received.isSound()) {
                sound++;
                applyAll();
            }
        }
        // If nothing passed the checksums, nothing was tried.
        assertThat(sound).isBetween(100, MUTATIONS - 100);
    }

    private void applyAll() throws IOException {
        long[] pages = new long[1];
        received.applyPages((from, offset, to, bytes) -> {
            assertThat(to).isBetween(0L, RAM - bytes);
            assertThat(offset).isBetween(0L, from.byteSize() - bytes);
            pages[0] += bytes / PAGE;
        });
        assertThat(pages[0]).isEqualTo(received.message().pages());
        received.applySidePages((_, offset, page) -> {
            assertThat(offset).isNotNegative();
            assertThat(page.byteSize()).isEqualTo(PAGE);
        });
        assertThat(received.devices()).hasSize(received.message().deviceBytes());
    }

    /// Small numbers at the places of counts and tables, so that some of them are near the truth.
    private static ByteBuffer mutated(byte[] bytes, Random random) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        int runs = buffer.getInt(40);
        int tableEnd = Message.HEADER_BYTES + 8 * runs;
        for (int n = 1 + random.nextInt(2); n > 0; n--) {
            int at = random.nextInt(4) == 0
                    ? 40 + 4 * random.nextInt(4)
                    : Message.HEADER_BYTES + 4 * random.nextInt((tableEnd - Message.HEADER_BYTES) / 4);
            int value = switch (random.nextInt(4)) {
                case 0 -> random.nextInt();
                case 1 -> random.nextInt(80);
                case 2 -> buffer.getInt(at) + 1;
                default -> buffer.getInt(at) - 1;
            };
            buffer.putInt(at, value);
        }
        if (random.nextInt(8) == 0) {
            buffer.putInt(64, buffer.getInt(64) - 1 - random.nextInt(100));
        }
        int length = Math.clamp(buffer.getInt(64), 0, bytes.length - Message.HEADER_BYTES);
        CRC32C body = new CRC32C();
        body.update(bytes, Message.HEADER_BYTES, length);
        buffer.putInt(68, (int) body.getValue());
        CRC32C header = new CRC32C();
        header.update(bytes, 0, 76);
        buffer.putInt(76, (int) header.getValue());
        return buffer;
    }

    @Test
    void anEpochThatNoSuchGuestCanMakeIsRefusedUnread() {
        Message header = new Message(
                Message.Kind.EPOCH,
                false,
                1,
                1,
                STREAM,
                0,
                0,
                0,
                0,
                0,
                0,
                (int) RAM + Channel.PLAIN_BODY_MAX + GuestDisks.EPOCH_BYTES_MAX + 1,
                0);
        assertThatThrownBy(() -> received.read(new Channel(new Recording()), header, ram))
                .isInstanceOf(IOException.class)
                .hasMessage("an epoch of %d bytes for a guest of %d".formatted(header.bodyBytes(), RAM));
    }

    @Test
    void runsPastTheEndOfRamAreUnsound() throws IOException {
        staged.addPages(ram, RAM - PAGE, RAM);
        ByteBuffer whole = sent();
        read(whole.duplicate(), RAM - PAGE);
        assertThat(received.isSound()).isFalse();
        read(whole.duplicate(), RAM);
        assertThat(received.isSound()).isTrue();
    }
}
