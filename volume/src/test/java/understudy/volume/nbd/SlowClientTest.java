package understudy.volume.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import understudy.volume.nbd.MemoryVolume.Fate;
import understudy.volume.nbd.MemoryVolume.Kind;
import understudy.volume.nbd.NbdClient.Reply;

/// Clients that do not read, that leave in the middle of a word, and many at once.
@Timeout(120)
class SlowClientTest {
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
        NbdLimits limits = new NbdLimits(16, Duration.ofSeconds(30), Duration.ofMillis(500));
        server = NbdServer.listen(socket, List.of(new Export("disk", volume, false)), limits);
    }

    @AfterEach
    void close() {
        server.close();
        assertThat(volume.openLanes()).isZero();
    }

    @Test
    void answersFromElsewhereNeverWaitForTheClient() throws Exception {
        byte[] content = NbdServerTest.noise(1, 2 * MIB);
        try (NbdClient client = NbdClient.ready(socket, "disk", true)) {
            client.write(0, 1, 0, content);
            client.readReply();
            volume.fates(call -> call.kind() == Kind.READ ? Fate.HELD : Fate.AT_ONCE);
            // From here on the server knows that reads are answered by others.
            client.read(1, 0, 1);
            await().until(() -> volume.held() == 1);
            volume.answerHeld();
            client.readReply();
            int count = 80;
            for (int i = 0; i < count; i++) {
                client.read(i, i, MIB);
            }
            // As many as may wait to be sent, and no more, however long the client waits.
            await().until(() -> volume.held() == Outbox.BUDGET_BYTES / MIB);
            long began = System.nanoTime();
            volume.answerHeld();
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
            await().during(Duration.ofMillis(300)).until(() -> volume.held() <= 1);
            AtomicBoolean over = new AtomicBoolean();
            Thread answering = Thread.ofPlatform().start(() -> {
                while (!over.get()) {
                    volume.answerHeld();
                    LockSupport.parkNanos(1_000_000);
                }
            });
            for (int i = 0; i < count; i++) {
                Reply reply = client.readReply();
                int at = (int) reply.cookie();
                assertThat(Arrays.equals(reply.data(), Arrays.copyOfRange(content, at, at + MIB)))
                        .isTrue();
            }
            over.set(true);
            answering.join();
        }
    }

    @Test
    void aClientThatDoesNotReadHoldsUpNeitherOthersNorTheEnd() throws IOException {
        try (NbdClient deaf = NbdClient.ready(socket, "disk", true);
                NbdClient other = NbdClient.ready(socket, "disk", true)) {
            for (int i = 0; i < 64; i++) {
                deaf.read(i, 0, MIB);
            }
            await().until(() -> !volume.calls().isEmpty());
            other.write(0, 1, 0, new byte[100]);
            assertThat(other.readReply().error()).isZero();
            long began = System.nanoTime();
            server.close();
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
            assertThat(volume.openLanes()).isZero();
        }
    }

    @Test
    void aClientMayLeaveWhileItIsBeingAnswered() throws IOException {
        for (int i = 0; i < 50; i++) {
            try (NbdClient client = NbdClient.ready(socket, "disk", true)) {
                int now = i;
                volume.fates(call -> now % 2 == 0 && call.kind() == Kind.READ ? Fate.HELD : Fate.AT_ONCE);
                for (int j = 0; j < 8; j++) {
                    client.read(j, 0, MIB);
                }
                if (i % 3 == 0) {
                    await().until(() -> volume.held() >= 1 || now % 2 == 1);
                }
                volume.answerHeld();
            }
            volume.answerHeld();
        }
        await().until(() -> server.connections() == 0);
        assertThatThrownBy(() -> NbdClient.ready(socket, "none", true)).hasMessageContaining("no export");
    }

    @Test
    void aSessionMayEndAfterAnyOfItsBytes() throws IOException {
        byte[] nothing = new byte[0];
        byte[] session = NbdClient.concatenated(
                NbdClient.clientFlags(3),
                NbdClient.optionBytes(Nbd.OPT_LIST, nothing),
                NbdClient.optionBytes(Nbd.OPT_STRUCTURED_REPLY, nothing),
                NbdClient.optionBytes(Nbd.OPT_SET_META_CONTEXT, NbdClient.contexts("disk", "base:allocation")),
                NbdClient.optionBytes(Nbd.OPT_INFO, NbdClient.choice("disk", 1, 3)),
                NbdClient.optionBytes(Nbd.OPT_GO, NbdClient.choice("disk", 3)),
                NbdClient.requestBytes(0, Nbd.CMD_WRITE, 1, 0, 64, NbdServerTest.noise(1, 64)),
                NbdClient.requestBytes(0, Nbd.CMD_READ, 2, 0, 64, nothing),
                NbdClient.requestBytes(0, Nbd.CMD_WRITE_ZEROES, 3, 0, 64, nothing),
                NbdClient.requestBytes(0, Nbd.CMD_TRIM, 4, 0, 64, nothing),
                NbdClient.requestBytes(0, Nbd.CMD_FLUSH, 5, 0, 0, nothing),
                NbdClient.requestBytes(0, Nbd.CMD_CACHE, 6, 0, 64, nothing),
                NbdClient.requestBytes(0, Nbd.CMD_BLOCK_STATUS, 7, 0, 64, nothing),
                NbdClient.requestBytes(0, Nbd.CMD_DISC, 8, 0, 0, nothing));
        try (NbdClient witness = NbdClient.ready(socket, "disk", true)) {
            for (int length = 0; length <= session.length; length++) {
                try (NbdClient client = NbdClient.greeted(socket)) {
                    client.sendRaw(Arrays.copyOf(session, length));
                }
                if (length % 8 == 0) {
                    await().pollInterval(Duration.ofMillis(1)).until(() -> server.connections() <= 2);
                }
            }
            await().until(() -> server.connections() == 1);
            witness.write(0, 1, 4096, new byte[] {1, 2, 3});
            assertThat(witness.readReply().error()).isZero();
        }
    }

    @Test
    void manyConnectionsAreServedAtOnce() throws Exception {
        int count = 16;
        try (ExecutorService clients = Executors.newFixedThreadPool(count)) {
            List<Callable<Void>> work =
                    IntStream.range(0, count).mapToObj(this::client).toList();
            for (Future<Void> one : clients.invokeAll(work)) {
                one.get();
            }
        }
    }

    private Callable<Void> client(int number) {
        return () -> {
            Random random = new Random(number);
            int range = 2 * MIB;
            byte[] twin = new byte[range];
            try (NbdClient client = NbdClient.ready(socket, "disk", number % 2 == 0)) {
                for (int i = 0; i < 200; i++) {
                    int from = random.nextInt(range);
                    int length = 1 + random.nextInt(Math.min(range - from, 100_000));
                    long offset = (long) number * range + from;
                    if (random.nextBoolean()) {
                        byte[] data = NbdServerTest.noise(random.nextLong(), length);
                        System.arraycopy(data, 0, twin, from, length);
                        client.write(0, i, offset, data);
                        assertThat(client.readReply().error()).isZero();
                    } else {
                        client.read(i, offset, length);
                        byte[] expected = Arrays.copyOfRange(twin, from, from + length);
                        assertThat(Arrays.equals(client.readReply().data(), expected))
                                .isTrue();
                    }
                }
            }
            return null;
        };
    }
}
