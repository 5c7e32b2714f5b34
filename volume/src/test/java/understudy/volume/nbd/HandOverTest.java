package understudy.volume.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import understudy.volume.nbd.MemoryVolume.Call;
import understudy.volume.nbd.MemoryVolume.Fate;
import understudy.volume.nbd.MemoryVolume.Fates;
import understudy.volume.nbd.MemoryVolume.Kind;
import understudy.volume.nbd.NbdClient.Reply;

/// A thread that hangs in a call of its lane loses the connection to another one.
@Timeout(60)
class HandOverTest {
    private static final long SIZE = 64 << 20;
    private static final byte[] NOTHING = new byte[0];

    @TempDir
    Path folder;

    private final MemoryVolume volume = new MemoryVolume(SIZE);
    private Path socket;
    private NbdServer server;

    @BeforeEach
    void listen() throws IOException {
        socket = folder.resolve("socket");
        server = NbdServer.listen(socket, Map.of("disk", volume));
    }

    @AfterEach
    void close() {
        volume.letGo();
        server.close();
        assertThat(volume.openLanes()).isZero();
    }

    private static byte[] noise(long seed, int length) {
        return NbdServerTest.noise(seed, length);
    }

    /// The first call of this kind at this offset hangs; all else is done at once.
    private static Fates hangingOnce(Kind kind, long offset) {
        AtomicBoolean hung = new AtomicBoolean();
        return call ->
                call.kind() == kind && call.offset() == offset && !hung.getAndSet(true) ? Fate.HANGING : Fate.AT_ONCE;
    }

    private static Map<Long, Reply> replies(NbdClient client, int count) throws IOException {
        Map<Long, Reply> replies = new HashMap<>();
        for (int i = 0; i < count; i++) {
            Reply reply = client.readReply();
            assertThat(reply.error()).isZero();
            assertThat(replies.put(reply.cookie(), reply)).isNull();
        }
        return replies;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theConnectionGoesOnAndAStuckReadIsAnsweredLater(boolean structured) throws IOException {
        try (NbdClient client = NbdClient.ready(socket, "disk", structured)) {
            client.write(0, 1, 8192, noise(1, 4096));
            client.readReply();
            volume.fates(hangingOnce(Kind.READ, 8192));
            for (long cookie : new long[] {10, 12, 14}) {
                client.expectRead(cookie, 4096);
            }
            client.sendRaw(NbdClient.concatenated(
                    NbdClient.requestBytes(0, Nbd.CMD_READ, 10, 4096, 4096, NOTHING), // answered, but not yet sent
                    NbdClient.requestBytes(0, Nbd.CMD_WRITE, 11, 65536, 4096, noise(2, 4096)), // recorded
                    NbdClient.requestBytes(0, Nbd.CMD_READ, 12, 8192, 4096, NOTHING), // hangs
                    NbdClient.requestBytes(0, Nbd.CMD_WRITE, 13, 0, 4096, noise(3, 4096)), // unread
                    Arrays.copyOf(NbdClient.requestBytes(0, Nbd.CMD_READ, 14, 0, 4096, NOTHING), 17)));
            await().until(() -> volume.hanging() == 1);
            volume.loseThreads();
            volume.letGo(); // the old thread returns while the new one still needs what it received
            assertThat(replies(client, 3)).containsOnlyKeys(10L, 11L, 13L);
            client.sendRaw(Arrays.copyOfRange(NbdClient.requestBytes(0, Nbd.CMD_READ, 14, 0, 4096, NOTHING), 17, 28));
            assertThat(client.readReply().data()).isEqualTo(noise(3, 4096));
            volume.answerHeld();
            Reply late = client.readReply();
            assertThat(late.cookie()).isEqualTo(12);
            assertThat(late.data()).isEqualTo(noise(1, 4096));
            assertThat(volume.content(65536, 4096)).isEqualTo(noise(2, 4096));
            await().until(() -> volume.abandoned() == 1);
        }
    }

    @Test
    void aBatchThatHangsIsFinishedByTheNextThread() throws IOException {
        try (NbdClient client = NbdClient.ready(socket, "disk", true)) {
            volume.fates(hangingOnce(Kind.WRITE, 4096));
            client.sendRaw(NbdClient.concatenated(
                    NbdClient.requestBytes(0, Nbd.CMD_WRITE, 1, 0, 4096, noise(1, 4096)),
                    NbdClient.requestBytes(0, Nbd.CMD_WRITE, 2, 4096, 4096, noise(2, 4096)),
                    NbdClient.requestBytes(0, Nbd.CMD_WRITE, 3, 8192, 4096, noise(3, 4096))));
            await().until(() -> volume.hanging() == 1);
            volume.loseThreads();
            assertThat(replies(client, 3)).containsOnlyKeys(1L, 2L, 3L);
            for (int i = 0; i < 3; i++) {
                assertThat(volume.content(i * 4096L, 4096)).isEqualTo(noise(i + 1, 4096));
            }
            assertThat(volume.abandoned()).isZero();
            volume.letGo();
            await().until(() -> volume.abandoned() == 1);
            client.read(4, 8192, 4096);
            assertThat(client.readReply().data()).isEqualTo(noise(3, 4096));
        }
    }

    @Test
    void whatHangsAgainIsHandedOverAgain() throws IOException {
        try (NbdClient client = NbdClient.ready(socket, "disk", true)) {
            AtomicInteger left = new AtomicInteger(3);
            volume.fates(call -> call.kind() == Kind.WRITE && left.getAndDecrement() > 0 ? Fate.HANGING : Fate.AT_ONCE);
            client.write(0, 1, 0, noise(1, 200_000));
            for (int i = 1; i <= 3; i++) {
                int threads = i;
                await().until(() -> volume.hanging() == threads);
                volume.loseThreads();
            }
            assertThat(replies(client, 1)).containsOnlyKeys(1L);
            assertThat(volume.content(0, 200_000)).isEqualTo(noise(1, 200_000));
            volume.letGo();
            await().until(() -> volume.abandoned() == 3);
        }
    }

    @Test
    void aConnectionThatLosesThreadAfterThreadIsGivenUp() throws IOException {
        try (NbdClient client = NbdClient.ready(socket, "disk", true)) {
            volume.fates(call -> call.kind() == Kind.READ ? Fate.HANGING : Fate.AT_ONCE);
            for (int i = 1; i <= 9; i++) {
                client.read(i, 0, 4096);
                int threads = i;
                await().until(() -> volume.hanging() == threads);
                volume.loseThreads();
            }
            assertThat(client.isAtEnd()).isTrue();
            await().until(() -> volume.openLanes() == 0);
        }
    }

    @Test
    void aQuestionForTheAllocationThatHangsIsAnsweredWithData() throws IOException {
        try (NbdClient client = NbdClient.ready(socket, "disk", true)) {
            volume.fates(hangingOnce(Kind.ALLOCATION, 4096));
            client.request(0, Nbd.CMD_BLOCK_STATUS, 1, 4096, 12345);
            await().until(() -> volume.hanging() == 1);
            volume.loseThreads();
            Reply reply = client.readReply();
            assertThat(reply.cookie()).isEqualTo(1);
            assertThat(reply.data()).containsExactly(0, 0, 0, 1, 0, 0, 0x30, 0x39, 0, 0, 0, 0);
        }
    }

    @Test
    void aLaneWhoseClosingHangsEndsItsConnectionAllTheSame() throws IOException {
        volume.fates(hangingOnce(Kind.CLOSE, 0));
        try (NbdClient client = NbdClient.ready(socket, "disk", true)) {
            client.request(0, Nbd.CMD_DISC, 0, 0, 0);
            await().until(() -> volume.hanging() == 1);
            volume.loseThreads();
            assertThat(client.isAtEnd()).isTrue();
        }
        await().until(() -> server.connections() == 0);
        volume.fates(call -> Fate.AT_ONCE);
        assertThat(volume.openLanes()).isEqualTo(1);
        volume.forgetLane();
    }

    @Test
    void aThreadThatHangsUndiscoveredIsLeftBehindByTheServersEnd() throws IOException {
        server.close();
        NbdLimits limits = new NbdLimits(2, Duration.ofSeconds(5), Duration.ofMillis(50));
        server = NbdServer.listen(socket, List.of(new Export("disk", volume, false)), limits);
        try (NbdClient client = NbdClient.ready(socket, "disk", true)) {
            volume.fates(hangingOnce(Kind.READ, 0));
            client.read(1, 0, 10);
            await().until(() -> volume.hanging() == 1);
            server.close();
            assertThat(client.isAtEnd()).isTrue();
            volume.letGo();
            await().until(() -> volume.openLanes() == 0);
        }
    }

    /// Random requests of disjoint ranges with random fates, while another thread answers what was held and loses
    /// and frees threads, against arrays that are dumb.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void randomFatesLoseNothing(long seed) throws Exception {
        int ranges = 48;
        int range = 1 << 18;
        Random random = new Random(seed);
        byte[][] twin = new byte[ranges][range];
        AtomicInteger losses = new AtomicInteger(8);
        AtomicBoolean over = new AtomicBoolean();
        volume.fates(call -> randomFate(call, random, losses));
        Thread trouble = Thread.ofPlatform().start(() -> {
            while (!over.get()) {
                volume.loseThreads();
                volume.answerHeld();
                if (System.nanoTime() % 3 == 0) {
                    volume.letGo();
                }
                LockSupport.parkNanos(1_000_000);
            }
        });
        try (NbdClient client = NbdClient.ready(socket, "disk", seed % 2 == 0)) {
            BlockingQueue<Reply> incoming = client.readInBackground();
            Set<Integer> idle = new HashSet<>();
            Map<Integer, byte[]> expected = new HashMap<>();
            for (int i = 0; i < ranges; i++) {
                idle.add(i);
            }
            for (int i = 0; i < 4000; i++) {
                if (idle.isEmpty() || (random.nextInt(6) == 0 && idle.size() < ranges)) {
                    Reply reply = incoming.take();
                    int about = (int) reply.cookie();
                    assertThat(reply.error()).isZero();
                    byte[] data = expected.remove(about);
                    if (data != null) {
                        assertThat(Arrays.equals(reply.data(), data))
                                .as("seed %d", seed)
                                .isTrue();
                    }
                    assertThat(idle.add(about)).isTrue();
                } else {
                    int about = idle.iterator().next();
                    idle.remove(about);
                    int from = random.nextInt(range);
                    int length = random.nextInt(4) == 0
                            ? random.nextInt(range - from) + 1
                            : Math.min(range - from, 1 + random.nextInt(5000));
                    long offset = (long) about * range + from;
                    switch (random.nextInt(5)) {
                        case 0, 1 -> {
                            byte[] data = noise(random.nextLong(), length);
                            System.arraycopy(data, 0, twin[about], from, length);
                            client.write(0, about, offset, data);
                        }
                        case 2 -> {
                            Arrays.fill(twin[about], from, from + length, (byte) 0);
                            client.request(0, Nbd.CMD_WRITE_ZEROES, about, offset, length);
                        }
                        default -> {
                            expected.put(about, Arrays.copyOfRange(twin[about], from, from + length));
                            client.read(about, offset, length);
                        }
                    }
                }
            }
            while (idle.size() < ranges) {
                assertThat(idle.add((int) incoming.take().cookie())).isTrue();
            }
        } finally {
            over.set(true);
            trouble.join();
        }
        for (int i = 0; i < ranges; i++) {
            assertThat(Arrays.equals(volume.content((long) i * range, range), twin[i]))
                    .as("seed %d", seed)
                    .isTrue();
        }
    }

    private static Fate randomFate(Call call, Random random, AtomicInteger losses) {
        int draw;
        synchronized (random) {
            draw = random.nextInt(1000);
        }
        if (call.kind() != Kind.CLOSE && draw < 20 && losses.getAndDecrement() > 0) {
            return Fate.HANGING;
        }
        return call.kind() != Kind.CLOSE && draw < 500 ? Fate.HELD : Fate.AT_ONCE;
    }
}
