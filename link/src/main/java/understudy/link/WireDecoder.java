package understudy.link;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/// Cuts the bytes of a [Wire] into messages, however the network cut them. Holds at most one message.
final class WireDecoder {
    /// The bytes of a heartbeat: its sender's clock.
    static final int HEARTBEAT = 8;

    private static final int HEAD = 5;

    private final int messageMax;
    private final LongConsumer clocks;
    private final ByteBuffer head = ByteBuffer.allocate(HEAD);
    private byte[] message = {};
    private int filled;

    /// @param clocks gets the sender's clock from each heartbeat
    WireDecoder(int messageMax, LongConsumer clocks) {
        this.messageMax = messageMax;
        this.clocks = clocks;
    }

    /// Takes all bytes.
    ///
    /// @param messages gets each whole message, in order, and owns it
    /// @throws IllegalArgumentException if they are not of the form; no further bytes may be given then
    void decode(ByteBuffer bytes, Consumer<byte[]> messages) {
        while (bytes.hasRemaining()) {
            if (head.hasRemaining()) {
                head.put(bytes.get());
                if (!head.hasRemaining()) {
                    begin();
                }
            }
            if (!head.hasRemaining()) {
                int part = Math.min(bytes.remaining(), message.length - filled);
                bytes.get(message, filled, part);
                filled += part;
                finish(messages);
            }
        }
    }

    private void begin() {
        int kind = head.get(0);
        int length = head.getInt(1);
        boolean isKnown = kind == 0 ? length == HEARTBEAT : kind == 1;
        if (!isKnown || length < 0 || length > messageMax) {
            throw new IllegalArgumentException("a message of kind %d with %d bytes".formatted(kind, length));
        }
        message = new byte[length];
        filled = 0;
    }

    private void finish(Consumer<byte[]> messages) {
        if (filled < message.length) {
            return;
        }
        boolean isMessage = head.get(0) == 1;
        head.clear();
        if (isMessage) {
            messages.accept(message);
        } else {
            clocks.accept(ByteBuffer.wrap(message).getLong());
        }
    }
}
