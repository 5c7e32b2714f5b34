package understudy.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
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

    private static void write(SocketChannel channel, byte[] bytes) {
        try {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        } catch (IOException failed) {
            throw new java.io.UncheckedIOException(failed);
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
