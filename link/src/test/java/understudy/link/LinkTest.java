package understudy.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import understudy.model.HostName;
import understudy.model.Life;

@Timeout(30)
class LinkTest {
    private static final HostName H1 = new HostName("h1");
    private static final HostName H2 = new HostName("h2");

    private final Agents agents = new Agents();

    @AfterEach
    void close() {
        agents.close();
    }

    @Test
    void aConnectionCarriesBytesBothWaysAndKnowsWhoIsThere() throws IOException, InterruptedException {
        Link one = agents.add("h1");
        Link two = agents.add("h2");
        BlockingQueue<Connection> served = new LinkedBlockingQueue<>();
        two.serve("echo", connection -> {
            served.add(connection);
            echo(connection);
        });
        try (Connection connection = one.connect(H2, 1, "echo", Agents.TIMEOUT)) {
            assertThat(connection.peer()).isEqualTo(H2);
            assertThat(connection.peerLife()).isEqualTo(two.config().life());
            assertThat(connection.index()).isEqualTo(1);
            connection.write(ByteBuffer.wrap(new byte[] {1, 2}), ByteBuffer.wrap(new byte[] {3}));
            ByteBuffer answer = ByteBuffer.allocate(3);
            connection.readFully(answer);
            assertThat(answer.array()).containsExactly(1, 2, 3);
            Connection other = served.poll(5, TimeUnit.SECONDS);
            assertThat(other).isNotNull();
            assertThat(other.peer()).isEqualTo(H1);
            assertThat(other.peerLife()).isEqualTo(one.config().life());
            assertThat(other.index()).isEqualTo(1);
        }
    }

    @Test
    void theAddressesAreTriedInOrder() throws IOException {
        Link one = agents.add("h1");
        Link two = agents.add("h2");
        two.serve("echo", LinkTest::echo);
        one.know(H2, List.of(Agents.loopback(1, 1), two.addresses().get(1)));
        try (Connection connection = one.connect(H2, "echo", Agents.TIMEOUT)) {
            assertThat(connection.index()).isEqualTo(1);
        }
        one.know(H2, List.of(Agents.loopback(1, 1)));
        assertThatThrownBy(() -> one.connect(H2, "echo", Agents.TIMEOUT))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot reach h2");
    }

    @Test
    void aConnectionEndsWhenItsServiceReturnsOrItsDeadlinePasses() throws IOException {
        Link one = agents.add("h1");
        Link two = agents.add("h2");
        two.serve("brief", _ -> {});
        two.serve("quiet", connection -> connection.read(ByteBuffer.allocate(1)));
        try (Connection connection = one.connect(H2, "brief", Agents.TIMEOUT)) {
            assertThat(connection.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
        try (Connection connection = one.connect(H2, "quiet", Agents.TIMEOUT);
                Deadline _ = connection.deadline(java.time.Duration.ofMillis(20))) {
            assertThatThrownBy(() -> connection.read(ByteBuffer.allocate(1))).isInstanceOf(IOException.class);
        }
    }

    @Test
    void anotherClusterIsRefusedInWords() throws IOException {
        Link one = agents.add(Agents.config("h1", UUID.randomUUID(), Versions.CURRENT));
        agents.add("h2");
        assertRefused(one, Refusal.CLUSTER, "belongs to cluster");
    }

    @Test
    void versionsWithoutACommonOneAreRefusedAndAdjacentOnesWork() throws IOException {
        Link old = agents.add(Agents.config("h1", agents.cluster(), new Versions(1, 1)));
        Link next = agents.add(Agents.config("h2", agents.cluster(), new Versions(1, 2)));
        Link far = agents.add(Agents.config("h3", agents.cluster(), new Versions(2, 3)));
        next.serve("echo", LinkTest::echo);
        far.serve("echo", LinkTest::echo);
        try (Connection connection = old.connect(H2, "echo", Agents.TIMEOUT)) {
            assertThat(connection.version()).isEqualTo(1);
        }
        assertThatThrownBy(() -> old.connect(new HostName("h3"), "echo", Agents.TIMEOUT))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.refusal()).isEqualTo(Refusal.VERSION))
                .hasMessageContaining("h3 speaks protocol version 2 to 3 and h1 1");
    }

    @Test
    void strangersAndUnknownServicesAreRefused() throws IOException {
        Link two = agents.add("h2");
        try (Link stranger = Link.open(Agents.config("h9", agents.cluster(), Versions.CURRENT))) {
            stranger.know(H2, two.addresses());
            assertRefused(stranger, Refusal.UNKNOWN_HOST, "join it");
        }
        assertRefused(agents.add("h1"), Refusal.UNKNOWN_SERVICE, "no service 'echo'");
    }

    @Test
    void theWrongHostAtAnAddressIsRefused() throws IOException {
        Link one = agents.add("h1");
        Link two = agents.add("h2");
        two.serve("echo", LinkTest::echo);
        HostName h3 = new HostName("h3");
        one.know(h3, two.addresses());
        assertThatThrownBy(() -> one.connect(h3, "echo", Agents.TIMEOUT))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("Dialled h3 and reached h2");
    }

    @Test
    void aLaterLifeEndsTheConnectionsOfTheEarlierOneWhichIsRefusedFromThenOn() throws IOException {
        Link two = agents.add("h2");
        two.serve("echo", LinkTest::echo);
        Link earlier = agents.add("h1");
        Connection connection = earlier.connect(H2, "echo", Agents.TIMEOUT);
        Link later = agents.add("h1");
        try (Connection _ = later.connect(H2, "echo", Agents.TIMEOUT)) {
            assertThat(connection.read(ByteBuffer.allocate(1))).isEqualTo(-1);
            assertRefused(earlier, Refusal.STALE_LIFE, "later life");
        }
    }

    @Test
    void garbageAndTruncatedGreetingsAreClosedAndHarmNobody() throws IOException {
        Link two = agents.add("h2");
        two.serve("echo", LinkTest::echo);
        ByteBuffer body =
                new Hello(Versions.CURRENT, agents.cluster(), new Life(UUID.randomUUID()), H1, 0, "echo").encode();
        byte[] greeting = new byte[10 + body.remaining()];
        ByteBuffer.wrap(greeting)
                .put("UNDRSTDY".getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                .putShort((short) body.remaining())
                .put(body);
        for (int length = 0; length < greeting.length; length += 3) {
            poke(two, java.util.Arrays.copyOf(greeting, length));
        }
        for (long seed = 0; seed < 60; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] bytes = greeting.clone();
            for (int i = 0; i < 4; i++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            poke(two, bytes);
        }
        try (Connection connection = agents.add("h1").connect(H2, "echo", Agents.TIMEOUT)) {
            assertThat(connection.peer()).isEqualTo(H2);
        }
    }

    @Test
    void whoSaysNothingIsClosedAfterTheTimeForTheHandshake() throws IOException {
        Link two = agents.add("h2");
        try (SocketChannel channel = SocketChannel.open(two.addresses().getFirst())) {
            long start = System.nanoTime();
            assertThat(channel.read(ByteBuffer.allocate(1))).isEqualTo(-1);
            assertThat(System.nanoTime() - start).isGreaterThan(Handshake.TIME_MAX.toNanos() / 2);
        }
    }

    @Test
    void theDiallerSurvivesAnyReply() {
        byte[] welcome = bytes(new Reply.Welcome(1, new Life(UUID.randomUUID()), H2).encode());
        for (int length = 0; length < welcome.length; length++) {
            byte[] part = java.util.Arrays.copyOf(welcome, length);
            assertThatThrownBy(() -> Reply.decode(ByteBuffer.wrap(part))).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(Reply.decode(ByteBuffer.wrap(new byte[] {(byte) 200, 'a', 27, 'b'})))
                .isEqualTo(new Reply.Declined(Refusal.MALFORMED, "a?b"));
    }

    @Test
    void aClosedLinkEndsItsConnections() throws IOException {
        Link one = agents.add("h1");
        Link two = agents.add("h2");
        two.serve("echo", LinkTest::echo);
        try (Connection connection = one.connect(H2, "echo", Agents.TIMEOUT)) {
            two.close();
            await().until(() -> connection.read(ByteBuffer.allocate(1)) == -1);
            assertThatThrownBy(() -> one.connect(H2, "echo", Agents.TIMEOUT)).isInstanceOf(IOException.class);
        }
    }

    /// Sends the bytes, closes the sending side, and reads until the agent has closed.
    private static void poke(Link link, byte[] bytes) throws IOException {
        try (SocketChannel channel = SocketChannel.open(link.addresses().getFirst())) {
            channel.write(ByteBuffer.wrap(bytes));
            channel.shutdownOutput();
            ByteBuffer answer = ByteBuffer.allocate(2048);
            while (channel.read(answer) >= 0) {
                assertThat(answer.hasRemaining()).isTrue();
            }
        } catch (IOException reset) {
            assertThat(reset).hasMessageContaining("reset");
        }
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    private static void assertRefused(Link from, Refusal refusal, String words) {
        assertThatThrownBy(() -> from.connect(H2, "echo", Agents.TIMEOUT))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.refusal()).isEqualTo(refusal))
                .hasMessageContaining(words);
    }

    private static void echo(Connection connection) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(1024);
        while (connection.read(buffer.clear()) >= 0) {
            connection.write(buffer.flip());
        }
    }
}
