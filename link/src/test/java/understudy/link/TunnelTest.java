package understudy.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import understudy.model.HostName;

@Timeout(30)
class TunnelTest {
    private static final HostName H2 = new HostName("h2");
    private static final InetSocketAddress ANY = Agents.loopback(1, 0);

    private final Agents agents = new Agents();
    private final Link one;
    private final ServerSocketChannel server;

    TunnelTest() throws IOException {
        one = agents.add("h1");
        server = ServerSocketChannel.open().bind(ANY);
    }

    @AfterEach
    void close() throws IOException {
        server.close();
        agents.close();
    }

    @Test
    void whatGoesInComesOutAndAnEndThatClosesClosesTheOther() throws IOException {
        Link two = agents.add("h2");
        Tunnel.serve(two, "ledger", (InetSocketAddress) server.getLocalAddress());
        try (Tunnel tunnel = Tunnel.open(one, H2, "ledger", ANY);
                SocketChannel near = SocketChannel.open(tunnel.address());
                SocketChannel far = server.accept()) {
            byte[] sent = new byte[300_000];
            new SplittableRandom(1).nextBytes(sent);
            Thread writer = Thread.ofVirtual().start(() -> write(near, sent));
            assertThat(read(far, sent.length)).isEqualTo(sent);
            write(far, new byte[] {7});
            assertThat(read(near, 1)).containsExactly(7);
            far.shutdownOutput();
            assertThat(near.read(ByteBuffer.allocate(1))).isEqualTo(-1);
            assertThat(writer.isAlive()).isFalse();
        }
    }

    @Test
    void aConnectionIsHeldUntilThePeerIsThere() throws IOException {
        Link two = agents.add("h2");
        try (Tunnel tunnel = Tunnel.open(one, H2, "ledger", ANY);
                SocketChannel near = SocketChannel.open(tunnel.address())) {
            write(near, new byte[] {1, 2});
            Tunnel.serve(two, "ledger", (InetSocketAddress) server.getLocalAddress());
            try (SocketChannel far = server.accept()) {
                assertThat(read(far, 2)).containsExactly(1, 2);
            }
        }
    }

    @Test
    void aConnectionThatIsHeldIsNotClosedHoweverLongThePeerIsAway() throws Exception {
        HostName stranger = new HostName("h3");
        try (Tunnel tunnel = Tunnel.open(one, stranger, "ledger", ANY);
                SocketChannel near = SocketChannel.open(tunnel.address())) {
            write(near, new byte[] {1, 2});
            near.socket().setSoTimeout(1_500);
            assertThatExceptionOfType(SocketTimeoutException.class)
                    .isThrownBy(() -> near.socket().getInputStream().read());
            write(near, new byte[] {3});
            Link three = agents.add("h3");
            Tunnel.serve(three, "ledger", (InetSocketAddress) server.getLocalAddress());
            try (SocketChannel far = server.accept()) {
                assertThat(read(far, 3)).containsExactly(1, 2, 3);
            }
        }
    }

    @Test
    void aLibraryThatHangsUpWhileThePeerIsAwayLeavesItsPlaceToOthers() throws IOException {
        HostName stranger = new HostName("h3");
        try (Tunnel tunnel = Tunnel.open(one, stranger, "ledger", ANY)) {
            for (int i = 0; i < 64; i++) {
                try (SocketChannel near = SocketChannel.open(tunnel.address())) {
                    write(near, new byte[] {1});
                }
            }
            Link three = agents.add("h3");
            Tunnel.serve(three, "ledger", (InetSocketAddress) server.getLocalAddress());
            await().until(() -> answersThrough(tunnel));
        }
    }

    /// A place that is taken yet closes the connection at once.
    private boolean answersThrough(Tunnel tunnel) throws IOException {
        server.configureBlocking(false);
        try (SocketChannel near = SocketChannel.open(tunnel.address())) {
            write(near, new byte[] {9});
            long end = System.nanoTime() + 1_000_000_000;
            while (System.nanoTime() - end < 0) {
                try (SocketChannel far = server.accept()) {
                    if (far != null && read(far, 1)[0] == 9) {
                        return true;
                    }
                }
            }
            return false;
        } catch (UncheckedIOException closed) {
            return false;
        }
    }

    @Test
    void aConnectionWaitsForTheLibraryThatIsMeantToListen() throws IOException {
        Link two = agents.add("h2");
        InetSocketAddress later = (InetSocketAddress) server.getLocalAddress();
        server.close();
        Tunnel.serve(two, "ledger", later);
        try (Tunnel tunnel = Tunnel.open(one, H2, "ledger", ANY);
                SocketChannel near = SocketChannel.open(tunnel.address())) {
            write(near, new byte[] {5});
            await().during(Duration.ofMillis(300)).until(near::isConnected);
            try (ServerSocketChannel listens = ServerSocketChannel.open().bind(later);
                    SocketChannel far = listens.accept()) {
                assertThat(read(far, 1)).containsExactly(5);
            }
        }
    }

    private static void write(SocketChannel channel, byte[] bytes) {
        try {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static byte[] read(SocketChannel channel, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
            Thread.onSpinWait();
        }
        return buffer.array();
    }
}
