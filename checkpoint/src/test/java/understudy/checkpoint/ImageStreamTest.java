package understudy.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import understudy.linux.SharedMemoryFile;
import understudy.qemu.MigrationStream;
import understudy.qemu.OutgoingHead;
import understudy.qemu.QemuCommand;
import understudy.qemu.QemuProcess;
import understudy.qemu.StreamHead;

/// What a standby refuses. Head and devices are a real QEMU's; the RAM file is this test's.
@Timeout(60)
class ImageStreamTest {
    private static final Duration LIMIT = TestGuest.LIMIT;
    private static final int PAGE = 4096;
    private static final long VIEW = 7;

    private static TestGuest guest;
    private static GuestHandle qemu;
    private static StreamHead head;
    private static byte[] devices;

    @TempDir(factory = InSharedMemory.class)
    Path directory;

    private final UUID id = UUID.randomUUID();
    private final CopyOnWriteArrayList<String> told = new CopyOnWriteArrayList<>();
    private final AtomicLong clock = new AtomicLong();
    private final StagedEpoch staged = new StagedEpoch();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment written = arena.allocate(TestGuest.RAM_BYTES);
    private SharedMemoryFile ram;
    private Wires wires;
    private Channel active;
    private ImageStream stream;

    @BeforeAll
    static void recordGuest() throws IOException {
        guest = new TestGuest();
        qemu = guest.start(QemuCommand.Role.ACTIVE);
        head = OutgoingHead.take(qemu.qmp(), qemu.process().directory(), LIMIT).head();
        Path file = qemu.process().directory().path().resolve("devices");
        qemu.qmp().execute("xen-save-devices-state", Map.of("filename", file.toString(), "live", false), LIMIT);
        devices = Files.readAllBytes(file);
    }

    @AfterAll
    static void removeGuest() throws IOException {
        guest.close();
    }

    @BeforeEach
    void open() throws IOException {
        ram = SharedMemoryFile.create(directory.resolve("ram"), TestGuest.RAM_BYTES);
        QemuProcess real = qemu.process();
        QemuProcess standby = new QemuProcess(
                real.pid(),
                real.start(),
                real.vm(),
                QemuCommand.Role.STANDBY,
                real.directory(),
                ram.path(),
                real.log());
        wires = Wires.open();
        active = new Channel(wires.active());
        StreamOffer offer = new StreamOffer(guest.id(), VIEW, id, TestGuest.RAM_BYTES);
        active.send(offer.message(), ByteBuffer.wrap(offer.body()));
        Channel channel = new Channel(wires.standby());
        assertThat(ImageStream.readOffer(channel)).isEqualTo(offer);
        GuestHandle handle = new GuestHandle(standby, qemu.qmp(), TestGuest.RAM_BYTES);
        stream = ImageStream.accept(handle, channel, offer, KeptDisks.NONE, clock::incrementAndGet, new Told());
        assertThat(active.receive().kind()).isEqualTo(Message.Kind.ACCEPT);
    }

    @AfterEach
    void close() {
        wires.close();
        stream.close();
        stream.discard();
        staged.close();
        arena.close();
        ram.close();
    }

    private final class Told implements ImageStream.Listener {
        @Override
        public void completed() {
            told.add("completed");
        }

        @Override
        public void broken(String reason) {
            told.add("broken: " + reason);
        }

        @Override
        public void lost(String reason) {
            told.add("lost: " + reason);
        }
    }

    private void sendHead() throws IOException {
        active.sendPlain(Message.Kind.HEAD, VIEW, 0, id, MigrationStream.encodeHead(head));
    }

    /// Stages one page of RAM full of `value`, and the devices.
    private void stage(int page, int value) throws IOException {
        staged.clear();
        written.asSlice((long) page * PAGE, PAGE).fill((byte) value);
        staged.addPages(written, (long) page * PAGE, (page + 1L) * PAGE);
        staged.deviceRoom(devices.length).copyFrom(MemorySegment.ofArray(devices));
    }

    private void send(Message.Kind kind, long view, long epoch, UUID of) throws IOException {
        staged.send(active, kind, false, view, epoch, of, Optional.empty());
    }

    /// Epoch 1 writes page 1, and so on.
    private void confirmed(int epochs) throws IOException {
        sendHead();
        for (int epoch = 1; epoch <= epochs; epoch++) {
            stage(epoch, epoch);
            send(Message.Kind.EPOCH, VIEW, epoch, id);
            Message answer = active.receive();
            byte[] until = ByteBuffer.allocate(8).putLong(epoch).array();
            assertThat(answer).isEqualTo(Message.plain(Message.Kind.CONFIRM, VIEW, epoch, id, until));
            assertThat(active.plainBody(answer)).isEqualTo(until);
        }
    }

    private byte at(int page) {
        return ram.segment().get(ValueLayout.JAVA_BYTE, (long) page * PAGE + 17);
    }

    /// The stream ends for this reason, which both sides are told; of RAM only what epochs up to `kept` wrote is
    /// there.
    private void assertEnded(String reason, int kept) throws IOException {
        Message end = active.receive();
        assertThat(end.kind()).isEqualTo(Message.Kind.END);
        assertThat(new String(active.plainBody(end), StandardCharsets.UTF_8)).isEqualTo(reason);
        await().atMost(LIMIT).until(() -> told.contains("broken: " + reason));
        stream.close();
        assertThat(stream.confirmed()).isEqualTo(kept);
        // Before anything is read, which would fill the holes.
        assertThat(ram.nextData((kept + 1L) * PAGE)).isEqualTo(ram.size());
        for (int page = 0; page < 64; page++) {
            assertThat(at(page)).as("page " + page).isEqualTo((byte) (page <= kept ? page : 0));
        }
        assertThat(told).isEqualTo(kept > 0 ? List.of("completed", "broken: " + reason) : List.of("broken: " + reason));
    }

    @Test
    void wholeEpochsInOrderAreConfirmedAndApplied() throws IOException {
        confirmed(3);
        await().atMost(LIMIT).until(() -> at(3) == 3);
        assertThat(told).containsExactly("completed");
        stream.close();
        assertThat(stream.confirmed()).isEqualTo(3);
        assertThat(told).containsExactly("completed");
    }

    @Test
    void anEpochThatArrivesTornIsRefused() throws IOException {
        confirmed(2);
        stage(3, 3);
        Recording recording = new Recording();
        staged.send(new Channel(recording), Message.Kind.EPOCH, false, VIEW, 3, id, Optional.empty());
        byte[] torn = recording.written.toByteArray();
        torn[Message.HEADER_BYTES + 100] ^= 1;
        wires.active().writeFully(ByteBuffer.wrap(torn));
        assertEnded("epoch 3 arrived torn", 2);
    }

    @Test
    void anEpochThatStopsHalfWayIsNotApplied() throws IOException {
        confirmed(2);
        stage(3, 3);
        Recording recording = new Recording();
        staged.send(new Channel(recording), Message.Kind.EPOCH, false, VIEW, 3, id, Optional.empty());
        byte[] whole = recording.written.toByteArray();
        wires.active().writeFully(ByteBuffer.wrap(whole, 0, whole.length - 1));
        wires.active().close();
        await().atMost(LIMIT).until(() -> told.size() == 2);
        assertThat(told).containsExactly("completed", "broken: the other side closed");
        stream.close();
        assertThat(stream.confirmed()).isEqualTo(2);
        assertThat(at(3)).isZero();
    }

    @Test
    void anEpochThatArrivesTwiceIsRefused() throws IOException {
        confirmed(2);
        stage(3, 3);
        send(Message.Kind.EPOCH, VIEW, 2, id);
        assertEnded("epoch 2 arrived twice", 2);
    }

    @Test
    void anEpochOutOfOrderIsRefused() throws IOException {
        confirmed(1);
        stage(2, 2);
        send(Message.Kind.EPOCH, VIEW, 3, id);
        assertEnded("epoch 3 arrived where 2 was due", 1);
    }

    @Test
    void anEpochOfAnotherStreamIsRefused() throws IOException {
        confirmed(1);
        stage(2, 2);
        send(Message.Kind.EPOCH, VIEW, 2, UUID.randomUUID());
        assertEnded("epoch 2 is of another stream", 1);
    }

    @Test
    void anEpochOfAnOlderViewIsRefused() throws IOException {
        confirmed(1);
        stage(2, 2);
        send(Message.Kind.EPOCH, VIEW - 1, 2, id);
        assertEnded("epoch 2 is of view 6, older than 7", 1);
    }

    @Test
    void anEpochOfAViewOlderThanTheLastOneIsRefused() throws IOException {
        confirmed(1);
        stage(2, 2);
        send(Message.Kind.EPOCH, VIEW + 2, 2, id);
        Message answer = active.receive();
        assertThat(answer.epoch()).isEqualTo(2);
        assertThat(active.plainBody(answer)).hasSize(8);
        stage(3, 3);
        send(Message.Kind.EPOCH, VIEW + 1, 3, id);
        assertEnded("epoch 3 is of view 8, older than 9", 2);
    }

    @Test
    void anEpochWhoseDevicesAreNoStateIsRefused() throws IOException {
        confirmed(1);
        stage(2, 2);
        staged.trimDevices(1);
        send(Message.Kind.EPOCH, VIEW, 2, id);
        assertEnded("epoch 2 arrived torn", 1);
    }

    @Test
    void anEpochWithoutDevicesIsRefused() throws IOException {
        confirmed(1);
        stage(2, 2);
        staged.trimDevices(devices.length);
        send(Message.Kind.EPOCH, VIEW, 2, id);
        assertEnded("epoch 2 arrived torn", 1);
    }

    @Test
    void sidePagesOfUnknownBlocksAreRefused() throws IOException {
        confirmed(1);
        stage(2, 2);
        staged.addSidePage(head.blocks().size(), 0);
        send(Message.Kind.EPOCH, VIEW, 2, id);
        assertEnded("epoch 2 arrived torn", 1);
    }

    @Test
    void sidePagesPastTheEndOfTheirBlockAreRefused() throws IOException {
        confirmed(1);
        stage(2, 2);
        staged.addSidePage(sideBlock(), Integer.MAX_VALUE);
        send(Message.Kind.EPOCH, VIEW, 2, id);
        assertEnded("epoch 2 arrived torn", 1);
    }

    private static int sideBlock() {
        for (int i = 0; i < head.blocks().size(); i++) {
            if (head.contents().containsKey(head.blocks().get(i).name())) {
                return i;
            }
        }
        throw new AssertionError("no small block");
    }

    @Test
    void aRoundAfterTheFirstEpochIsRefused() throws IOException {
        confirmed(1);
        stage(2, 2);
        staged.trimDevices(devices.length);
        send(Message.Kind.ROUND, VIEW, 0, id);
        assertEnded("a round of the first copy arrived torn, or when it was over", 1);
    }

    @Test
    void aRoundOfAnotherStreamIsRefused() throws IOException {
        sendHead();
        stage(1, 1);
        staged.trimDevices(devices.length);
        send(Message.Kind.ROUND, VIEW, 0, UUID.randomUUID());
        assertEnded("a round of the first copy arrived torn, or when it was over", 0);
    }

    /// Else an image could be resumed that no epoch made whole.
    @Test
    void aRoundWithDevicesIsRefused() throws IOException {
        sendHead();
        stage(1, 1);
        send(Message.Kind.ROUND, VIEW, 0, id);
        assertEnded("a round of the first copy arrived torn, or when it was over", 0);
    }

    @Test
    void aSecondHeadIsRefused() throws IOException {
        confirmed(1);
        sendHead();
        assertEnded("a second head arrived, or one of another stream", 1);
    }

    @Test
    void anEpochBeforeTheHeadIsRefused() throws IOException {
        stage(1, 1);
        send(Message.Kind.EPOCH, VIEW, 1, id);
        assertEnded("pages arrived before the head", 0);
    }

    @Test
    void anythingElseIsRefused() throws IOException {
        confirmed(1);
        active.send(Message.bare(Message.Kind.CONFIRM, VIEW, 2, id));
        assertEnded("the active sent CONFIRM", 1);
    }

    @Test
    void aComparisonThatDiffersIsCounted() throws IOException {
        confirmed(1);
        PageChecksums sums = new PageChecksums();
        written.asSlice(9L * PAGE, PAGE).fill((byte) 9);
        try (SharedMemoryFile other = SharedMemoryFile.create(directory.resolve("other"), TestGuest.RAM_BYTES)) {
            MemorySegment.copy(written, 0, other.segment(), 0, 10L * PAGE);
            sums.add(other);
        }
        active.sendPlain(Message.Kind.VERIFY, VIEW, 1, id, sums.bytes());
        Message outcome = active.receive();
        assertThat(outcome.kind()).isEqualTo(Message.Kind.VERIFIED);
        ByteBuffer body = ByteBuffer.wrap(active.plainBody(outcome));
        assertThat(body.getLong()).isGreaterThanOrEqualTo(TestGuest.RAM_BYTES / PAGE);
        assertThat(body.getLong()).isEqualTo(1);
    }

    @Test
    void checksumsThatAreNotOfTheFormAgreedAreRefused() throws IOException {
        confirmed(1);
        long pages = TestGuest.RAM_BYTES / PAGE;
        ByteBuffer backwards = ByteBuffer.allocate((int) (8 + 4 * pages + 8)).putLong(0, pages);
        backwards.putInt(backwards.limit() - 8, sideBlock()).putInt(backwards.limit() - 4, -2);
        active.sendPlain(Message.Kind.VERIFY, VIEW, 1, id, backwards.array());
        assertEnded("checksums of -2 pages of block " + sideBlock() + ", which the head does not have", 1);
    }

    /// With a checksum that fits, as a confused sender would make it.
    @Test
    void anEpochWhoseTablesDoNotFitItsBodyIsRefused() throws IOException {
        confirmed(1);
        stage(2, 2);
        Recording recording = new Recording();
        staged.send(new Channel(recording), Message.Kind.EPOCH, false, VIEW, 2, id, Optional.empty());
        ByteBuffer bytes = ByteBuffer.wrap(recording.written.toByteArray());
        bytes.putInt(Message.HEADER_BYTES, (int) (TestGuest.RAM_BYTES / PAGE));
        CRC32C body = new CRC32C();
        body.update(bytes.slice(Message.HEADER_BYTES, bytes.limit() - Message.HEADER_BYTES));
        CRC32C header = new CRC32C();
        header.update(bytes.putInt(68, (int) body.getValue()).slice(0, 76));
        wires.active().writeFully(bytes.putInt(76, (int) header.getValue()));
        assertEnded("epoch 2 arrived torn", 1);
    }

    @Test
    void theActivesReasonIsTold() throws IOException {
        confirmed(1);
        active.end(id, "enough");
        await().atMost(LIMIT).until(() -> told.contains("broken: enough"));
        stream.close();
        assertThat(told).isEqualTo(List.of("completed", "broken: enough"));
    }

    @Test
    void anImageWithoutAWholeEpochIsNotResumed() throws IOException {
        sendHead();
        stage(1, 1);
        staged.trimDevices(devices.length);
        send(Message.Kind.ROUND, VIEW, 0, id);
        await().atMost(LIMIT).until(() -> at(1) == 1);
        stream.close();
        Optional<String> refusal = Optional.empty();
        try {
            stream.resume(LIMIT);
        } catch (IOException e) {
            refusal = Optional.of(String.valueOf(e.getMessage()));
        }
        assertThat(refusal).contains("no whole epoch has arrived");
    }
}
