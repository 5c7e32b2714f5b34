package understudy.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PollTest {
    @TempDir
    Path directory;

    @Test
    void aWakeEndsOneWait() throws Exception {
        try (Poll poll = new Poll()) {
            poll.wake();
            poll.wake();
            assertThat(poll.await(-1)).isTrue();
            assertThat(poll.await(0)).isFalse();
            Thread waker = Thread.ofPlatform().start(poll::wake);
            assertThat(poll.await(-1)).isTrue();
            waker.join();
        }
    }

    @Test
    void aSocketReadsWritesAndEnds() throws IOException {
        Path path = directory.resolve("socket");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                Arena arena = Arena.ofConfined()) {
            server.bind(UnixDomainSocketAddress.of(path));
            try (UnixSocket socket = UnixSocket.connect(path);
                    SocketChannel peer = server.accept();
                    Poll poll = new Poll(socket.fd())) {
                MemorySegment buffer = arena.allocate(1 << 16);
                assertThat(socket.read(buffer, 0, 100)).isZero();
                peer.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
                poll.interest(0, true, true);
                assertThat(poll.await(-1)).isTrue();
                assertThat(poll.isReadable(0)).isTrue();
                assertThat(poll.isWritable(0)).isTrue();
                assertThat(socket.read(buffer, 10, 100)).isEqualTo(3);
                assertThat(buffer.get(JAVA_BYTE, 12)).isEqualTo((byte) 3);
                fillUntilFull(socket, buffer);
                poll.interest(0, false, true);
                assertThat(poll.await(0)).isFalse();
                peer.shutdownInput();
                peer.shutdownOutput();
                poll.interest(0, true, false);
                assertThat(poll.await(-1)).isTrue();
                assertThatThrownBy(() -> socket.write(buffer, 0, 10)).hasMessageContaining("(EPIPE)");
                poll.interest(0, false, false);
                assertThat(poll.await(0)).isFalse();
            }
        }
    }

    private static void fillUntilFull(UnixSocket socket, MemorySegment buffer) throws IOException {
        long total = 0;
        int taken;
        do {
            taken = socket.write(buffer, 0, (int) buffer.byteSize());
            total += taken;
        } while (taken > 0 && total < 64 << 20);
        assertThat(taken).isZero();
    }

    @Test
    void aSocketWithoutListenerIsAClearError() {
        assertThatThrownBy(() -> UnixSocket.connect(directory.resolve("none")))
                .hasMessageContaining("connecting to " + directory)
                .hasMessageContaining("(ENOENT)");
        assertThatThrownBy(() -> UnixSocket.connect(Path.of("/" + "x".repeat(108))))
                .hasMessageContaining("more than 107 bytes");
    }
}
