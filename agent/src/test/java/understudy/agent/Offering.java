package understudy.agent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import understudy.checkpoint.Message;
import understudy.checkpoint.StreamOffer;
import understudy.link.Connection;
import understudy.link.Link;
import understudy.model.HostName;
import understudy.model.VmId;

/// The active's side of a stream that is offered, byte by byte.
record Offering(Connection connection, StreamOffer offer) implements AutoCloseable {
    static Offering make(Link from, HostName to, VmId vm, long view) throws IOException {
        StreamOffer offer = new StreamOffer(vm, view, UUID.randomUUID(), 64 << 20);
        byte[] body = ByteBuffer.allocate(24)
                .putLong(vm.value().getMostSignificantBits())
                .putLong(vm.value().getLeastSignificantBits())
                .putLong(offer.ramBytes())
                .array();
        ByteBuffer bytes = ByteBuffer.allocate(Message.HEADER_BYTES + body.length);
        Message.plain(Message.Kind.OFFER, view, 0, offer.stream(), body).encode(bytes);
        Connection connection = from.connect(to, AgentServices.CHECKPOINTS, Duration.ofSeconds(2));
        connection.write(bytes.put(body).flip());
        return new Offering(connection, offer);
    }

    /// Waits for the refusal.
    String refusal() throws IOException {
        ByteBuffer header = ByteBuffer.allocate(Message.HEADER_BYTES);
        connection.readFully(header);
        Message message = Message.decode(header.flip());
        ByteBuffer body = ByteBuffer.allocate(message.bodyBytes());
        connection.readFully(body);
        return message.kind() + ": " + new String(body.array(), StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        connection.close();
    }
}
