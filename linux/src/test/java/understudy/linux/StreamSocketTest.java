package understudy.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class StreamSocketTest {
    private static final Duration NO_TIME = Duration.ZERO;
    private static final Duration LONG = Duration.ofSeconds(20);

    /// More than a socket holds.
    private static final int MUCH = 8 << 20;

    @TempDir
    Path directory;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(1 << 16);
    private final MemorySegment much = arena.allocate(MUCH);
    private StreamListener listener;
    private SocketChannel peer;
    private StreamSocket socket;

    @BeforeEach
    void connect() throws IOException {
        Path path = directory.resolve("socket");
        listener = StreamListener.listen(path, 8);
        peer = SocketChannel.open(UnixDomainSocketAddress.of(path));
        socket = listener.accept().orElseThrow();
    }

    @AfterEach
    void close() throws IOException {
        socket.close();
        peer.close();
        listener.close();
        arena.close();
    }

    @Test
    void bytesComeAndGoWithAndWithoutWaiting() throws IOException {
        assertThat(socket.receive(buffer, 0, 10, false)).isZero();
        assertThat(socket.awaitReadable(NO_TIME)).isFalse();
        peer.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
        assertThat(socket.awaitReadable(LONG)).isTrue();
        assertThat(socket.receive(buffer, 5, 2, true)).isEqualTo(2);
        assertThat(buffer.get(JAVA_BYTE, 6)).isEqualTo((byte) 2);
        assertThat(socket.receive(buffer, 0, 10, false)).isEqualTo(1);
        assertThat(socket.send(buffer, 5, 2, false)).isEqualTo(2);
        ByteBuffer into = ByteBuffer.allocate(2);
        peer.read(into);
        assertThat(into.array()).containsExactly(1, 2);
        peer.close();
        assertThat(socket.receive(buffer, 0, 10, true)).isEqualTo(-1);
        assertThatThrownBy(() -> socket.send(buffer, 0, 1, false)).hasMessageContaining("(EPIPE)");
    }

    @Test
    void aFullSocketTakesNothing() throws IOException {
        while (socket.send(buffer, 0, 1 << 16, false) > 0) {}
        assertThat(socket.awaitWritable(NO_TIME)).isFalse();
        socket.shutdown();
        assertThat(socket.awaitWritable(LONG)).isTrue();
    }

    @Test
    void aShutdownEndsAWaitFromAnotherThread() throws Exception {
        Thread ending = Thread.ofPlatform().start(socket::shutdownInput);
        assertThat(socket.receive(buffer, 0, 10, true)).isEqualTo(-1);
        ending.join();
        assertThat(socket.send(buffer, 0, 10, false)).isEqualTo(10);
        socket.close();
        socket.shutdown(); // of a number that may be another's by now: nothing happens
    }

    @Test
    void aSendThatWaitsIsTakenWhole() throws Exception {
        CompletableFuture<Integer> sending = sendMuch();
        ByteBuffer into = ByteBuffer.allocate(1 << 16);
        for (int read = 0; read < MUCH; read += peer.read(into.clear())) {}
        assertThat(sending.get()).isEqualTo(MUCH);
    }

    @Test
    void aShutdownEndsASendThatWaitsForRoom() throws Exception {
        CompletableFuture<Integer> sending = sendMuch();
        peer.read(ByteBuffer.allocate(1)); // so it is under way, and cannot end: there is no room for all of it
        socket.shutdown();
        assertThat(sending.get()).as("what the peer may still read").isBetween(1, MUCH - 1);
        assertThatThrownBy(() -> socket.send(much, 0, 1, true)).hasMessageContaining("(EPIPE)");
    }

    private CompletableFuture<Integer> sendMuch() {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return socket.send(much, 0, MUCH, true);
            } catch (LinuxException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    @Test
    void aListenerIsWokenAndRefusesWhatItCannotListenOn() throws IOException {
        listener.wake();
        assertThat(listener.accept()).isEqualTo(Optional.empty());
        assertThatThrownBy(() -> StreamListener.listen(directory.resolve("socket"), 8))
                .hasMessageContaining("(EADDRINUSE)");
        assertThatThrownBy(() -> StreamListener.listen(Path.of("/" + "x".repeat(108)), 8))
                .hasMessageContaining("more than 107 bytes");
    }
}
