package understudy.volume.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import understudy.volume.LaneClient.Failure;
import understudy.volume.nbd.MemoryVolume.Call;
import understudy.volume.nbd.MemoryVolume.Fate;
import understudy.volume.nbd.MemoryVolume.Kind;
import understudy.volume.nbd.NbdClient.Reply;

@Timeout(60)
class NbdServerTest {
    private static final long SIZE = 64 << 20;
    private static final int MIB = 1 << 20;

    @TempDir
    Path folder;

    private final MemoryVolume volume = new MemoryVolume(SIZE);
    private Path socket;
    private NbdServer server;

    @BeforeEach
    void listen() throws IOException {
        socket = folder.resolve("socket");
        server = serve(NbdLimits.DEFAULT);
    }

    private NbdServer serve(NbdLimits limits) throws IOException {
        return NbdServer.listen(
                socket, List.of(new Export("disk", volume, false), new Export("image", volume, true)), limits);
    }

    @AfterEach
    void close() {
        volume.letGo();
        server.close();
        assertThat(volume.openLanes()).isZero();
    }

    static byte[] noise(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static void assertDone(Reply reply, long cookie) {
        assertThat(reply.cookie()).isEqualTo(cookie);
        assertThat(reply.error()).isZero();
    }

    @Test
    void whoDialledBeforeThereWasAServerIsAnsweredByIt() throws IOException {
        Path early = folder.resolve("early");
        NbdSocket open = NbdSocket.listen(early);
        try (SocketChannel waiting = SocketChannel.open(UnixDomainSocketAddress.of(early));
                NbdServer late = NbdServer.serve(open, List.of(new Export("disk", volume, false)), NbdLimits.DEFAULT)) {
            byte[] greeting = new byte[8];
            ByteBuffer into = ByteBuffer.wrap(greeting);
            while (into.hasRemaining()) {
                assertThat(waiting.read(into)).isPositive();
            }
            assertThat(new String(greeting, StandardCharsets.US_ASCII)).isEqualTo("NBDMAGIC");
            assertThat(late.connections()).isEqualTo(1);
            assertThatThrownBy(() -> NbdServer.serve(open, List.of(), NbdLimits.DEFAULT))
                    .isInstanceOf(IOException.class);
            open.close();
            assertThat(early).as("the server's by now").exists();
        }
        assertThat(early).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatIsWrittenIsRead(boolean structured) throws IOException {
        try (NbdClient client = NbdClient.ready(socket, "disk", structured)) {
            int[] lengths = {1, 511, 4096, 65_537, 3 * MIB + 7, 32 << 20};
            for (int i = 0; i < lengths.length; i++) {
                byte[] data = noise(i, lengths[i]);
                client.write(0, 100 + i, 4095 + i, data);
                assertDone(client.readReply(), 100 + i);
                client.read(200 + i, 4095 + i, lengths[i]);
                Reply reply = client.readReply();
                assertDone(reply, 200 + i);
                assertThat(reply.data()).isEqualTo(data);
                assertThat(reply.type()).isEqualTo(structured ? Nbd.REPLY_TYPE_OFFSET_DATA : -1);
            }
        }
    }

    @Test
    void aBatchIsAnsweredWholly() throws Exception {
        try (NbdClient client = NbdClient.ready(socket, "disk", true)) {
            BlockingQueue<Reply> incoming = client.readInBackground();
            List<byte[]> requests = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                requests.add(NbdClient.requestBytes(0, Nbd.CMD_WRITE, i, i * 8192L, 4096, noise(i, 4096)));
                requests.add(NbdClient.requestBytes(0, Nbd.CMD_READ, 1000 + i, SIZE - 4096, 4096, new byte[0]));
            }
            client.sendRaw(NbdClient.concatenated(requests.toArray(byte[][]::new)));
            Map<Long, Reply> replies = new HashMap<>();
            for (int i = 0; i < 1000; i++) {
                Reply reply = incoming.take();
                assertThat(replies.put(reply.cookie(), reply)).isNull();
                assertThat(reply.error()).isZero();
            }
            for (int i = 0; i < 500; i++) {
                assertThat(volume.content(i * 8192L, 4096)).isEqualTo(noise(i, 4096));
            }
        }
    }

    @Test
    void commandsReachTheVolumeAsTheyWereMeant() throws IOException {
        try (NbdClient client = NbdClient.ready(socket, "disk", true)) {
            client.write(Nbd.CMD_FLAG_FUA, 1, 4096, noise(1, 4096));
            client.request(Nbd.CMD_FLAG_NO_HOLE, Nbd.CMD_WRITE_ZEROES, 2, 0, MIB);
            client.request(Nbd.CMD_FLAG_FAST_ZERO | Nbd.CMD_FLAG_FUA, Nbd.CMD_WRITE_ZEROES, 3, 0, (int) SIZE);
            client.request(Nbd.CMD_FLAG_FUA, Nbd.CMD_TRIM, 4, 512, (int) SIZE - 512);
            client.request(0, Nbd.CMD_FLUSH, 5, 0, 0);
            for (int i = 1; i <= 5; i++) {
                assertDone(client.readReply(), i);
            }
            client.request(0, Nbd.CMD_CACHE, 6, 0, 4096);
            assertDone(client.readReply(), 6);
            client.request(Nbd.CMD_FLAG_REQ_ONE, Nbd.CMD_BLOCK_STATUS, 7, 0, 4096);
            assertDone(client.readReply(), 7);
            assertThat(volume.calls())
                    .containsExactly(
                            new Call(Kind.WRITE, 4096, 4096, false, true),
                            new Call(Kind.ZERO, 0, MIB, false, false),
                            new Call(Kind.ZERO, 0, SIZE, true, true),
                            new Call(Kind.TRIM, 512, SIZE - 512, false, true),
                            new Call(Kind.FLUSH, 0, 0, false, false),
                            new Call(Kind.ALLOCATION, 0, 4096, true, false));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nothingIsAnsweredAtOnceAndReachesNoVolume(boolean structured) throws IOException {
        try (NbdClient client = NbdClient.ready(socket, "disk", structured)) {
            for (int command :
                    new int[] {Nbd.CMD_READ, Nbd.CMD_WRITE, Nbd.CMD_TRIM, Nbd.CMD_WRITE_ZEROES, Nbd.CMD_CACHE}) {
                client.request(0, command, command, SIZE, 0);
                Reply reply = client.readReply();
                assertDone(reply, command);
                boolean chunk = structured && command == Nbd.CMD_READ;
                assertThat(reply.type()).isEqualTo(chunk ? Nbd.REPLY_TYPE_NONE : -1);
            }
            assertThat(volume.calls()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void refusedRequestsDoNoHarmToThoseAroundThem(boolean structured) throws IOException {
        try (NbdClient client = NbdClient.ready(socket, "disk", structured)) {
            client.sendRaw(NbdClient.concatenated(
                    NbdClient.requestBytes(0, Nbd.CMD_WRITE, 1, SIZE - 1, 4096, noise(1, 4096)),
                    NbdClient.requestBytes(0, Nbd.CMD_WRITE, 2, 0, 4096, noise(2, 4096)),
                    NbdClient.requestBytes(0, 99, 3, 0, 4096, new byte[0]),
                    NbdClient.requestBytes(0, Nbd.CMD_READ, 4, 0, (32 << 20) + 1, new byte[0]),
                    NbdClient.requestBytes(0, Nbd.CMD_TRIM, 5, SIZE, 1, new byte[0]),
                    NbdClient.requestBytes(0x8000, Nbd.CMD_FLUSH, 6, 0, 0, new byte[0]),
                    NbdClient.requestBytes(0, Nbd.CMD_FLUSH, 7, 0, 0, new byte[0])));
            Map<Long, Integer> errors = new HashMap<>();
            for (int i = 0; i < 7; i++) {
                Reply reply = client.readReply();
                errors.put(reply.cookie(), reply.error());
                if (reply.error() != 0) {
                    assertThat(reply.type()).isEqualTo(structured ? Nbd.REPLY_TYPE_ERROR : -1);
                }
            }
            assertThat(errors)
                    .isEqualTo(Map.of(
                            1L,
                            Nbd.ENOSPC,
                            2L,
                            0,
                            3L,
                            Nbd.EINVAL,
                            4L,
                            Nbd.EINVAL,
                            5L,
                            Nbd.EINVAL,
                            6L,
                            Nbd.EINVAL,
                            7L,
                            0));
            assertThat(volume.content(0, 4096)).isEqualTo(noise(2, 4096));
        }
    }

    @Test
    void errorsComeWithASentence() throws IOException {
        try (NbdClient client = NbdClient.ready(socket, "image", true)) {
            client.write(0, 1, 0, new byte[10]);
            Reply reply = client.readReply();
            assertThat(reply.error()).isEqualTo(Nbd.EPERM);
            assertThat(new String(reply.data(), StandardCharsets.UTF_8)).endsWith("the export is read-only");
            client.request(Nbd.CMD_FLAG_FAST_ZERO | Nbd.CMD_FLAG_NO_HOLE, Nbd.CMD_WRITE_ZEROES, 2, 0, 1);
            assertThat(client.readReply().error()).isEqualTo(Nbd.EPERM);
            client.request(0, Nbd.CMD_TRIM, 3, 0, 1);
            assertThat(client.readReply().error()).isEqualTo(Nbd.EPERM);
            client.request(0, Nbd.CMD_FLUSH, 4, 0, 0);
            assertThat(client.readReply().error()).isZero();
        }
        try (NbdClient client = NbdClient.ready(socket, "disk", true)) {
            client.request(Nbd.CMD_FLAG_FAST_ZERO | Nbd.CMD_FLAG_NO_HOLE, Nbd.CMD_WRITE_ZEROES, 2, 0, 1);
            assertThat(client.readReply().error()).isEqualTo(Nbd.ENOTSUP);
            client.request(Nbd.CMD_FLAG_DF, Nbd.CMD_READ, 3, 0, (32 << 20) + 1);
            assertThat(client.readReply().error()).isEqualTo(Nbd.EOVERFLOW);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatTheVolumeCannotDoIsAnErrorOfThatRequestOnly(boolean structured) throws IOException {
        try (NbdClient client = NbdClient.ready(socket, "disk", structured)) {
            volume.fates(call -> call.offset() == 4096 ? Fate.FAILED : Fate.AT_ONCE);
            Map<Failure, Integer> errors =
                    Map.of(Failure.IO, Nbd.EIO, Failure.NO_SPACE, Nbd.ENOSPC, Failure.SHUTTING_DOWN, Nbd.ESHUTDOWN);
            for (Failure failure : Failure.values()) {
                volume.failure(failure);
                client.read(1, 4096, 4096);
                assertThat(client.readReply().error()).isEqualTo(errors.get(failure));
                client.write(0, 2, 4096, new byte[4096]);
                assertThat(client.readReply().error()).isEqualTo(errors.get(failure));
                client.read(3, 8192, 4096);
                assertDone(client.readReply(), 3);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void answersMayComeLaterAndInAnyOrder(boolean structured) throws IOException {
        byte[] content = noise(5, MIB);
        try (NbdClient client = NbdClient.ready(socket, "disk", structured)) {
            client.write(0, 1, 0, content);
            assertDone(client.readReply(), 1);
            volume.fates(call -> Fate.HELD);
            for (int i = 0; i < 64; i++) {
                client.read(i, i * 4096L, 4096);
                client.write(0, 100 + i, 32 * MIB + i * 4096L, noise(i, 4096));
            }
            await().until(() -> volume.held() == 128);
            volume.answerHeld();
            for (int i = 0; i < 128; i++) {
                Reply reply = client.readReply();
                assertThat(reply.error()).isZero();
                if (reply.cookie() < 100) {
                    int at = (int) reply.cookie() * 4096;
                    assertThat(reply.data()).isEqualTo(Arrays.copyOfRange(content, at, at + 4096));
                }
            }
        }
    }

    @Test
    void noMoreRequestsAreTakenThanTheTableHolds() throws IOException {
        try (NbdClient client = NbdClient.ready(socket, "disk", false)) {
            volume.fates(call -> Fate.HELD);
            int count = RequestTable.SLOTS + 100;
            for (int i = 0; i < count; i++) {
                client.request(0, Nbd.CMD_TRIM, i, 0, 1);
            }
            await().until(() -> volume.held() == RequestTable.SLOTS);
            volume.fates(call -> Fate.AT_ONCE);
            volume.answerHeld();
            for (int i = 0; i < count; i++) {
                assertThat(client.readReply().error()).isZero();
            }
        }
    }

    @Test
    void aFlushOnOneConnectionCoversTheWritesOfAnother() throws IOException {
        try (NbdClient one = NbdClient.ready(socket, "disk", true);
                NbdClient other = NbdClient.ready(socket, "disk", true)) {
            one.write(0, 1, 0, noise(1, 8192));
            assertDone(one.readReply(), 1);
            assertThat(volume.isDurable(0, 8192)).isFalse();
            other.read(2, 0, 8192);
            assertThat(other.readReply().data()).isEqualTo(noise(1, 8192));
            other.request(0, Nbd.CMD_FLUSH, 3, 0, 0);
            assertDone(other.readReply(), 3);
            assertThat(volume.isDurable(0, 8192)).isTrue();
        }
    }

    @Test
    void allocationIsDescribedInPieces() throws IOException {
        try (NbdClient client = NbdClient.ready(socket, "disk", true)) {
            client.write(0, 1, 4096, new byte[8192]);
            client.readReply();
            client.request(0, Nbd.CMD_BLOCK_STATUS, 2, 512, 32 * MIB);
            assertThat(pieces(client.readReply())).containsExactly(3584, 3, 8192, 0, 32 * MIB - 3584 - 8192, 3);
            client.request(Nbd.CMD_FLAG_REQ_ONE, Nbd.CMD_BLOCK_STATUS, 3, 4096, 100);
            assertThat(pieces(client.readReply())).containsExactly(100, 0);
            for (int i = 0; i < 1500; i++) {
                client.write(0, 4, i * 8192L, new byte[1]);
                client.readReply();
            }
            client.request(0, Nbd.CMD_BLOCK_STATUS, 5, 0, (int) SIZE);
            List<Integer> many = pieces(client.readReply());
            assertThat(many).hasSizeBetween(2 * Replies.PIECES_MAX - 8, 2 * Replies.PIECES_MAX);
            assertThat(many.subList(2, 4)).containsExactly(4096, 3);
        }
    }

    private static List<Integer> pieces(Reply reply) {
        assertThat(reply.type()).isEqualTo(Nbd.REPLY_TYPE_BLOCK_STATUS);
        ByteBuffer data = ByteBuffer.wrap(reply.data());
        assertThat(data.getInt()).isEqualTo(Negotiation.ALLOCATION_ID);
        List<Integer> pieces = new ArrayList<>();
        while (data.hasRemaining()) {
            pieces.add(data.getInt());
        }
        return pieces;
    }

    @Test
    void goodbyeIsAnsweredByTheEndAfterAllReplies() throws IOException {
        try (NbdClient client = NbdClient.ready(socket, "disk", true)) {
            volume.fates(call -> call.kind() == Kind.CLOSE ? Fate.AT_ONCE : Fate.HELD);
            client.write(0, 1, 0, noise(1, 4096));
            client.request(0, Nbd.CMD_DISC, 0, 0, 0);
            await().until(() -> volume.held() == 1);
            volume.answerHeld();
            assertDone(client.readReply(), 1);
            assertThat(client.isAtEnd()).isTrue();
        }
        await().until(() -> server.connections() == 0);
    }

    @Test
    void whoBreaksTheProtocolIsCutOffAndHarmsNobody() throws IOException {
        try (NbdClient witness = NbdClient.ready(socket, "disk", true)) {
            List<byte[]> breaches =
                    List.of(new byte[28], NbdClient.requestBytes(0, Nbd.CMD_WRITE, 1, 0, (32 << 20) + 1, new byte[0]));
            for (byte[] breach : breaches) {
                try (NbdClient client = NbdClient.ready(socket, "disk", true)) {
                    client.sendRaw(NbdClient.concatenated(
                            NbdClient.requestBytes(0, Nbd.CMD_WRITE, 7, 0, 4, new byte[] {1, 2, 3, 4}), breach));
                    assertDone(client.readReply(), 7);
                    assertThat(client.isAtEnd()).isTrue();
                }
            }
            for (byte[] words : List.of(NbdClient.clientFlags(99), NbdClient.concatenated(new byte[30]))) {
                try (NbdClient client = NbdClient.greeted(socket)) {
                    client.sendRaw(words);
                    assertThat(client.isAtEnd()).isTrue();
                }
            }
            witness.read(1, 0, 4);
            assertThat(witness.readReply().data()).containsExactly(1, 2, 3, 4);
        }
    }

    @Test
    void aHandshakeThatStallsIsEnded() throws IOException {
        server.close();
        server = serve(new NbdLimits(2, Duration.ofMillis(200), Duration.ofSeconds(5)));
        try (NbdClient silent = NbdClient.greeted(socket);
                NbdClient stalling = NbdClient.haggling(socket)) {
            stalling.sendRaw(Arrays.copyOf(NbdClient.optionBytes(Nbd.OPT_LIST, new byte[0]), 9));
            assertThat(silent.isAtEnd()).isTrue();
            assertThat(stalling.isAtEnd()).isTrue();
        }
    }

    @Test
    void connectionsAreLimitedAndMadeFreeAgain() throws IOException {
        List<NbdClient> clients = new ArrayList<>();
        for (int i = 0; i < NbdLimits.DEFAULT.connections(); i++) {
            clients.add(NbdClient.ready(socket, "disk", true));
        }
        assertThatThrownBy(() -> NbdClient.ready(socket, "disk", true)).isInstanceOf(IOException.class);
        clients.removeFirst().close();
        await().until(() -> server.connections() < NbdLimits.DEFAULT.connections());
        clients.add(NbdClient.ready(socket, "disk", true));
        for (NbdClient client : clients) {
            client.write(0, 1, 0, new byte[100]);
            assertDone(client.readReply(), 1);
            client.close();
        }
    }

    @Test
    void aSocketThatADeadServerLeftIsReplacedAndNothingElse() throws IOException {
        assertThatThrownBy(() -> serve(NbdLimits.DEFAULT)).hasMessageContaining("it answers");
        server.close();
        assertThat(socket).doesNotExist();
        Files.writeString(socket, "precious");
        assertThatThrownBy(() -> serve(NbdLimits.DEFAULT)).hasMessageContaining("no socket");
        assertThat(socket).hasContent("precious");
        Files.delete(socket);
        try (var channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.bind(UnixDomainSocketAddress.of(socket));
        }
        assertThat(socket).exists();
        server = serve(NbdLimits.DEFAULT);
        NbdClient.ready(socket, "disk", true).close();
    }

    @Test
    void closingLetsRequestsBeAnswered() throws Exception {
        try (NbdClient client = NbdClient.ready(socket, "disk", true);
                NbdClient _ = NbdClient.haggling(socket)) {
            volume.fates(call -> call.kind() == Kind.CLOSE ? Fate.AT_ONCE : Fate.HELD);
            client.write(0, 1, 0, noise(1, 4096));
            await().until(() -> volume.held() == 1);
            Thread closing = Thread.ofPlatform().start(server::close);
            await().until(() -> !Files.exists(socket));
            volume.answerHeld();
            assertDone(client.readReply(), 1);
            assertThat(client.isAtEnd()).isTrue();
            closing.join();
            assertThat(volume.openLanes()).isZero();
        }
    }

    @Test
    void closingDoesNotWaitForEver() throws IOException {
        server.close();
        server = serve(new NbdLimits(2, Duration.ofSeconds(5), Duration.ofMillis(100)));
        try (NbdClient client = NbdClient.ready(socket, "disk", true)) {
            volume.fates(call -> call.kind() == Kind.CLOSE ? Fate.AT_ONCE : Fate.HELD);
            client.write(0, 1, 0, noise(1, 4096));
            await().until(() -> volume.held() == 1);
            long began = System.nanoTime();
            server.close();
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
            assertThatThrownBy(client::readReply).isInstanceOf(EOFException.class);
            volume.answerHeld(); // to nobody
        }
    }
}
