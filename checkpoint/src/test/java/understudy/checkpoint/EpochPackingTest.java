package understudy.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What [EpochPacker] packs and [ReceivedEpoch] unpacks, against an image that must equal the guest after every epoch.
class EpochPackingTest {
    private static final UUID STREAM = UUID.randomUUID();
    private static final int PAGE = 4096;
    /// Larger than the packer's cache, so that pages share places in it.
    private static final int PAGES = 20_000;
    private static final long RAM = (long) PAGES * PAGE;
    private static final int MUTATIONS = 20_000;

    private final Random random = new Random(1);
    private final Arena arena = Arena.ofShared();
    private final MemorySegment guest = arena.allocate(RAM);
    private final MemorySegment image = arena.allocate(RAM);
    private final StagedEpoch staged = new StagedEpoch();
    private final EpochPacker packer = new EpochPacker();
    private final ReceivedEpoch received = new ReceivedEpoch(Message.bare(Message.Kind.ROUND, 1, 0, STREAM));
    private byte[] devices = new byte[40_000];

    @AfterEach
    void free() {
        staged.close();
        packer.close();
        received.close();
        arena.close();
    }

    /// A page changes in a few places, or as a whole.
    private void write(int page) {
        if (random.nextInt(8) == 0) {
            byte[] all = new byte[PAGE];
            random.nextBytes(all);
            MemorySegment.copy(MemorySegment.ofArray(all), 0, guest, (long) page * PAGE, PAGE);
        } else {
            for (int i = random.nextInt(6); i > 0; i--) {
                guest.set(ValueLayout.JAVA_BYTE, (long) page * PAGE + random.nextInt(PAGE), (byte) random.nextInt());
            }
        }
    }

    private void stage() throws IOException {
        staged.clear();
        int at = random.nextInt(PAGES / 2);
        for (int run = random.nextInt(40); run > 0; run--) {
            int first = Math.min(PAGES - 1, at + random.nextInt(random.nextInt(20) == 0 ? PAGES / 2 : 50));
            int end = Math.min(PAGES, first + 1 + random.nextInt(20));
            for (int page = first; page < end; page++) {
                write(page);
            }
            if (first < end && first >= at) {
                staged.addPages(guest, (long) first * PAGE, (long) end * PAGE);
            }
            at = end;
            if (at >= PAGES) {
                break;
            }
        }
        for (int side = random.nextInt(4); side > 0; side--) {
            byte[] all = new byte[PAGE];
            random.nextBytes(all);
            staged.addSidePage(1, side).copyFrom(MemorySegment.ofArray(all));
        }
        if (random.nextInt(10) == 0) {
            devices = new byte[1 + random.nextInt(3_000_000)];
            random.nextBytes(devices);
        }
        devices[random.nextInt(devices.length)] = (byte) random.nextInt();
        staged.deviceRoom(devices.length).copyFrom(MemorySegment.ofArray(devices));
    }

    private ByteBuffer sent(Optional<ByteBuffer> packed) throws IOException {
        Recording wire = new Recording();
        long bytes = staged.send(new Channel(wire), Message.Kind.EPOCH, false, 1, 1, STREAM, packed);
        assertThat(wire.written.size()).isEqualTo((int) bytes);
        return ByteBuffer.wrap(wire.written.toByteArray());
    }

    private void read(ByteBuffer from) throws IOException {
        Channel channel = new Channel(new Recording(from));
        received.read(channel, channel.receive(), image);
    }

    private void apply() {
        received.applyPages((from, offset, to, bytes) -> MemorySegment.copy(from, offset, image, to, bytes));
    }

    @Test
    void theImageIsTheGuestAfterEveryEpochHoweverItWasSent() throws IOException {
        long plain = 0;
        long wire = 0;
        for (int epoch = 0; epoch < 400; epoch++) {
            stage();
            ByteBuffer message = sent(packer.pack(staged, random.nextInt(4) > 0));
            plain += Message.HEADER_BYTES + staged.bytes();
            wire += message.limit();
            read(message);
            assertThat(received.isSound()).as("epoch " + epoch).isTrue();
            apply();
            assertThat(image.mismatch(guest)).as("epoch " + epoch).isEqualTo(-1);
            assertThat(received.devices()).isEqualTo(devices);
        }
        assertThat(wire).isLessThan(plain);
    }

    @Test
    void aPageThatChangesInOnePlaceIsNextToNothing() throws IOException {
        byte[] all = new byte[100 * PAGE];
        random.nextBytes(all);
        MemorySegment.copy(MemorySegment.ofArray(all), 0, guest, 0, all.length);
        staged.addPages(guest, 0, all.length);
        read(sent(packer.pack(staged, false)));
        apply();
        staged.clear();
        for (int page = 0; page < 100; page++) {
            guest.set(ValueLayout.JAVA_BYTE, (long) page * PAGE + 77, (byte) page);
        }
        staged.addPages(guest, 0, all.length);
        ByteBuffer message = sent(packer.pack(staged, true));
        assertThat(message.limit()).isLessThan(100 * 40);
        read(message);
        apply();
        assertThat(image.mismatch(guest)).isEqualTo(-1);
    }

    @Test
    void aRoundOfTheFirstCopyNeedsNothingThatWasBefore() throws IOException {
        write(3);
        staged.addPages(guest, 0, 8L * PAGE);
        ByteBuffer message = sent(Optional.of(packer.packRound(staged)));
        assertThat(message.limit()).isLessThan(2 * PAGE);
        read(message);
        apply();
        assertThat(image.mismatch(guest)).isEqualTo(-1);
    }

    @Test
    void whatCannotBePackedIsSentAsItIs() throws IOException {
        byte[] all = new byte[4 * PAGE];
        random.nextBytes(all);
        MemorySegment.copy(MemorySegment.ofArray(all), 0, guest, 0, all.length);
        staged.addPages(guest, 0, all.length);
        assertThat(sent(packer.pack(staged, true)).limit()).isEqualTo((int) (Message.HEADER_BYTES + staged.bytes()));
    }

    /// Bytes of a packed body changed at will: it is unsound, and nothing outside RAM and the body is touched.
    @Test
    void mutatedBodiesAreUnsound() throws IOException {
        do {
            stage();
        } while (staged.pageCount() < 20 || staged.bytes() > 1 << 20);
        byte[] whole = sent(Optional.of(packer.packRound(staged))).array();
        read(ByteBuffer.wrap(whole));
        apply();
        MemorySegment expected = arena.allocate(RAM).copyFrom(image);
        image.fill((byte) 0);
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] mutated = whole.clone();
            for (int n = 1 + random.nextInt(3); n > 0; n--) {
                int at = Message.HEADER_BYTES
                        + random.nextInt(random.nextBoolean() ? 40 : whole.length - Message.HEADER_BYTES);
                mutated[at] ^= (byte) (1 + random.nextInt(255));
            }
            read(ByteBuffer.wrap(mutated));
            // A bit that says "what differs" for a page that was never sent changes nothing where RAM is zero.
            if (received.isSound()) {
                apply();
                assertThat(image.mismatch(expected)).isEqualTo(-1);
                image.fill((byte) 0);
            }
        }
    }

    /// Lengths in the header that are not the body's, with a checksum that fits.
    @Test
    void lengthsThatDoNotFitAreRefusedOrUnsound() throws IOException {
        staged.addPages(guest, 0, 30L * PAGE);
        byte[] whole = sent(Optional.of(packer.packRound(staged))).array();
        for (int i = 0; i < MUTATIONS; i++) {
            ByteBuffer mutated = ByteBuffer.wrap(whole.clone());
            int at = 40 + 4 * random.nextInt(7);
            mutated.putInt(at, random.nextBoolean() ? random.nextInt() : mutated.getInt(at) + random.nextInt(9) - 4);
            CRC32C header = new CRC32C();
            header.update(mutated.array(), 0, 76);
            mutated.putInt(76, (int) header.getValue());
            boolean changed = mutated.getInt(at) != ByteBuffer.wrap(whole).getInt(at);
            try {
                read(mutated);
            } catch (IOException refused) {
                continue;
            }
            assertThat(received.isSound() && changed && at != 60).isFalse();
        }
    }
}
