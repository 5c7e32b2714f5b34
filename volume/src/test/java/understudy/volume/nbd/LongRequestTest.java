package understudy.volume.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import understudy.volume.Geometry;
import understudy.volume.nbd.MemoryVolume.Call;
import understudy.volume.nbd.MemoryVolume.Fate;
import understudy.volume.nbd.MemoryVolume.Fates;
import understudy.volume.nbd.MemoryVolume.Kind;
import understudy.volume.nbd.NbdClient.Reply;

/// Long requests are carried out in pieces, which no client may notice.
@Timeout(60)
class LongRequestTest {
    private static final long SIZE = 64 << 20;
    private static final int MIB = 1 << 20;
    private static final int BLOCK = Geometry.BLOCK_BYTES;

    @TempDir
    Path folder;

    private final MemoryVolume volume = new MemoryVolume(SIZE);
    private Path socket;
    private NbdServer server;

    @BeforeEach
    void listen() throws IOException {
        socket = folder.resolve("socket");
        NbdLimits limits = new NbdLimits(4, Duration.ofSeconds(30), Duration.ofSeconds(5));
        server = NbdServer.listen(
                socket, List.of(new Export("disk", volume, false), new Export("image", volume, true)), limits);
    }

    @AfterEach
    void close() {
        volume.letGo();
        server.close();
        assertThat(volume.openLanes()).isZero();
    }

    private List<Call> calls(Kind kind) {
        return volume.calls().stream().filter(call -> call.kind() == kind).toList();
    }

    /// Of the one request that covers it, the piece that holds this byte.
    private static boolean isAt(Call call, Kind kind, long offset) {
        return call.kind() == kind && call.offset() <= offset && offset < call.offset() + call.length();
    }

    private static Fates failingAt(Kind kind, long offset) {
        return call -> isAt(call, kind, offset) ? Fate.FAILED : Fate.AT_ONCE;
    }

    /// Asserts that calls cover a range one after the other, touching no block twice.
    private static void assertPieces(List<Call> calls, long offset, int length) {
        long at = offset;
        for (Call call : calls) {
            assertThat(call.offset()).isEqualTo(at);
            assertThat(at == offset || at % BLOCK == 0).isTrue();
            at += call.length();
        }
        assertThat(at).isEqualTo(offset + length);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aWriteIsCarriedOutWhileTheRestOfItIsUnderWay(boolean structured) throws IOException {
        byte[] data = NbdServerTest.noise(1, MIB);
        byte[] request = NbdClient.requestBytes(Nbd.CMD_FLAG_FUA, Nbd.CMD_WRITE, 7, 512, MIB, data);
        try (NbdClient client = NbdClient.ready(socket, "disk", structured)) {
            client.sendRaw(Arrays.copyOf(request, MIB / 2));
            await().until(() -> !calls(Kind.WRITE).isEmpty());
            client.sendRaw(Arrays.copyOfRange(request, MIB / 2, request.length));
            Reply reply = client.readReply();
            assertThat(reply.cookie()).isEqualTo(7);
            assertThat(reply.error()).isZero();
            assertThat(Arrays.equals(volume.content(512, MIB), data)).isTrue();
            List<Call> pieces = calls(Kind.WRITE);
            assertPieces(pieces, 512, MIB);
            assertThat(pieces).hasSizeGreaterThan(1);
            assertThat(pieces.getLast().durable()).isTrue();
            assertThat(pieces.subList(0, pieces.size() - 1)).noneMatch(Call::durable);
        }
    }

    @Test
    void aReadIsAnsweredInChunksWhereAllowed() throws IOException {
        byte[] data = NbdServerTest.noise(2, MIB);
        try (NbdClient client = NbdClient.ready(socket, "disk", true)) {
            client.write(0, 1, 512, data);
            client.readReply();
            client.read(2, 512, MIB);
            Reply reply = client.readReply();
            assertThat(Arrays.equals(reply.data(), data)).isTrue();
            assertThat(reply.chunks()).isGreaterThan(1);
            assertPieces(calls(Kind.READ), 512, MIB);
            client.request(Nbd.CMD_FLAG_DF, Nbd.CMD_READ, 3, 512, MIB);
            Reply whole = client.readReply();
            assertThat(Arrays.equals(whole.data(), data)).isTrue();
            assertThat(whole.chunks()).isEqualTo(1);
        }
    }

    @Test
    void aReadIsAnsweredInLargerPiecesWhileOthersAnswer() throws Exception {
        byte[] data = NbdServerTest.noise(3, MIB);
        try (NbdClient client = NbdClient.ready(socket, "disk", true)) {
            client.write(0, 1, 0, data);
            client.readReply();
            volume.fates(call -> call.kind() == Kind.READ ? Fate.HELD : Fate.AT_ONCE);
            client.read(2, 0, MIB);
            // The first one is under way when that turns out: its second piece waits for the first, and is the rest.
            for (int piece = 0; piece < 2; piece++) {
                await().until(() -> volume.held() == 1);
                volume.answerHeld();
            }
            Reply reply = client.readReply();
            assertThat(Arrays.equals(reply.data(), data)).isTrue();
            for (int i = 3; i < 7; i++) {
                client.read(i, 0, MIB);
            }
            await().until(() -> volume.held() == 4);
            volume.answerHeld();
            for (int i = 3; i < 7; i++) {
                Reply whole = client.readReply();
                assertThat(Arrays.equals(whole.data(), data)).isTrue();
                assertThat(whole.chunks()).isEqualTo(1);
            }
            // More than the socket takes: whoever sends a piece may wait until the client has read it.
            BlockingQueue<Reply> incoming = client.readInBackground();
            client.read(7, 0, 3 * LongRequest.FAR_PIECE_BYTES);
            for (int piece = 0; piece < 3; piece++) {
                await().until(() -> volume.held() == 1);
                volume.answerHeld();
            }
            assertThat(incoming.take().chunks()).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aPieceThatFailsIsTheFailureOfTheWhole(boolean structured) throws IOException {
        try (NbdClient client = NbdClient.ready(socket, "disk", structured)) {
            for (int at : new int[] {0, MIB / 2, MIB - 1}) {
                volume.fates(failingAt(Kind.WRITE, at));
                client.write(0, 1, 0, new byte[MIB]);
                assertThat(client.readReply().error()).isEqualTo(Nbd.EIO);
                volume.fates(failingAt(Kind.READ, at));
                client.read(2, 0, MIB);
                assertThat(client.readReply().error()).isEqualTo(Nbd.EIO);
            }
            volume.fates(call -> Fate.AT_ONCE);
            client.read(3, 0, MIB);
            assertThat(client.readReply().error()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aWriteThatIsRefusedIsSkippedWithoutBeingKept(boolean structured) throws IOException {
        try (NbdClient client = NbdClient.ready(socket, "image", structured)) {
            client.write(0, 1, 0, new byte[Geometry.REQUEST_BYTES_MAX]);
            assertThat(client.readReply().error()).isEqualTo(Nbd.EPERM);
            client.read(2, 0, 10);
            assertThat(client.readReply().error()).isZero();
            assertThat(calls(Kind.WRITE)).isEmpty();
        }
    }

    @Test
    void aPieceThatHangsIsHandedOver() throws Exception {
        byte[] data = NbdServerTest.noise(4, MIB);
        try (NbdClient client = NbdClient.ready(socket, "disk", true)) {
            BlockingQueue<Reply> incoming = client.readInBackground();
            for (Kind kind : new Kind[] {Kind.WRITE, Kind.READ}) {
                for (int at : new int[] {0, MIB / 2, MIB - 1}) {
                    AtomicInteger left = new AtomicInteger(1);
                    volume.fates(
                            call -> isAt(call, kind, at) && left.getAndDecrement() > 0 ? Fate.HANGING : Fate.AT_ONCE);
                    // The server does not take all of a write while it hangs.
                    CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> ask(client, kind, at, data));
                    await().until(() -> volume.hanging() == 1);
                    volume.loseThreads();
                    volume.letGo();
                    volume.answerHeld();
                    sent.get();
                    Reply reply = incoming.take();
                    assertThat(reply.cookie()).isEqualTo(at);
                    assertThat(reply.error()).isZero();
                    assertThat(Arrays.equals(kind == Kind.READ ? reply.data() : volume.content(0, MIB), data))
                            .isTrue();
                }
            }
        }
    }

    private static void ask(NbdClient client, Kind kind, long cookie, byte[] data) {
        try {
            if (kind == Kind.WRITE) {
                client.write(0, cookie, 0, data);
            } else {
                client.read(cookie, 0, data.length);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aClientMayLeaveInTheMiddleOfOne() throws IOException {
        byte[] request = NbdClient.requestBytes(0, Nbd.CMD_WRITE, 7, 0, MIB, NbdServerTest.noise(5, MIB));
        for (int length : new int[] {28, 100_000, 400_000, request.length - 1}) {
            try (NbdClient client = NbdClient.ready(socket, "disk", true)) {
                client.sendRaw(Arrays.copyOf(request, length));
                client.read(8, 0, 10);
            }
            await().until(() -> server.connections() == 0);
        }
    }

    @Test
    void aServerThatIsClosedInTheMiddleOfOneDoesNotWaitForIt() throws IOException {
        byte[] request = NbdClient.requestBytes(0, Nbd.CMD_WRITE, 7, 0, MIB, NbdServerTest.noise(6, MIB));
        try (NbdClient client = NbdClient.ready(socket, "disk", true)) {
            client.sendRaw(Arrays.copyOf(request, MIB / 2));
            await().until(() -> !calls(Kind.WRITE).isEmpty());
            long began = System.nanoTime();
            server.close();
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(4));
            assertThat(client.isAtEnd()).isTrue();
        }
    }
}
