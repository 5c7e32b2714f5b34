package understudy.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ChannelTest {
    private static final UUID STREAM = UUID.randomUUID();
    private static final Duration LIMIT = Duration.ofSeconds(20);

    /// Longer than any socket's buffers.
    private static final int STUCK_BYTES = 32 << 20;

    @Test
    void bodiesArriveInTheOrderOfTheirMessages() throws IOException {
        try (Wires wires = Wires.open()) {
            Channel active = new Channel(wires.active());
            Channel standby = new Channel(wires.standby());
            for (int i = 0; i < 100; i++) {
                active.sendPlain(Message.Kind.HEAD, 1, i, STREAM, new byte[i]);
            }
            for (int i = 0; i < 100; i++) {
                Message message = standby.receive();
                assertThat(message.epoch()).isEqualTo(i);
                assertThat(standby.plainBody(message)).hasSize(i);
            }
        }
    }

    @Test
    void aDamagedBodyIsRefused() throws IOException {
        try (Wires wires = Wires.open()) {
            Message message = Message.plain(Message.Kind.VERIFIED, 1, 1, STREAM, new byte[16]);
            new Channel(wires.active())
                    .send(message, ByteBuffer.wrap(new byte[16]).put(5, (byte) 1));
            Channel standby = new Channel(wires.standby());
            Message received = standby.receive();
            assertThatThrownBy(() -> standby.plainBody(received))
                    .isInstanceOf(IOException.class)
                    .hasMessage("the body of VERIFIED arrived damaged");
        }
    }

    @Test
    void aBodyThatNoMessageHasIsNotReadAtAll() throws IOException {
        try (Wires wires = Wires.open()) {
            Message message = new Message(
                    Message.Kind.HEAD, false, 1, 0, STREAM, 0, 0, 0, 0, 0, 0, Channel.PLAIN_BODY_MAX + 1, 0);
            new Channel(wires.active()).send(message);
            Channel standby = new Channel(wires.standby());
            Message received = standby.receive();
            assertThatThrownBy(() -> standby.plainBody(received))
                    .isInstanceOf(IOException.class)
                    .hasMessage("HEAD with a body of " + (Channel.PLAIN_BODY_MAX + 1) + " bytes");
        }
    }

    @Test
    void anEndWithinAMessageIsAnError() throws IOException {
        try (Wires wires = Wires.open()) {
            ByteBuffer header = ByteBuffer.allocate(Message.HEADER_BYTES);
            Message.bare(Message.Kind.ACCEPT, 1, 0, STREAM).encode(header);
            wires.active().writeFully(header.flip().limit(79));
            wires.active().close();
            assertThatThrownBy(() -> new Channel(wires.standby()).receive()).isInstanceOf(EOFException.class);
        }
    }

    @Test
    void theEndWaitsForNoThreadThatIsStuckSending() throws Exception {
        try (Wires wires = Wires.open()) {
            Channel active = new Channel(wires.active());
            CompletableFuture<String> failure = new CompletableFuture<>();
            CompletableFuture<Void> begun = new CompletableFuture<>();
            Thread stuck = Thread.ofPlatform().daemon().name("stuck").start(() -> {
                try {
                    begun.complete(null);
                    active.sendPlain(Message.Kind.HEAD, 1, 0, STREAM, new byte[STUCK_BYTES]);
                    failure.complete("it was sent");
                } catch (IOException e) {
                    failure.complete("it failed");
                }
            });
            begun.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            // Something of it is on the way, so the lock is held.
            wires.standby().readFully(ByteBuffer.allocate(1 << 20));
            Thread end = Thread.ofPlatform().daemon().name("end").start(() -> active.end(STREAM, "over"));
            assertThat(end.join(LIMIT)).isTrue();
            assertThat(stuck.join(LIMIT)).isTrue();
            assertThat(failure.getNow("")).isEqualTo("it failed");
        }
    }
}
