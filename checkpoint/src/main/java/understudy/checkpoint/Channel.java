package understudy.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32C;

/// Whole messages over a [Wire]. Any thread may send; one thread receives.
public final class Channel implements AutoCloseable {

    /// Bodies of anything but pages: the head with its small blocks is the longest.
    static final int PLAIN_BODY_MAX = 64 << 20;

    private final Wire wire;
    private final ReentrantLock sending = new ReentrantLock();
    private final ByteBuffer sendHeader = ByteBuffer.allocateDirect(Message.HEADER_BYTES);
    private final ByteBuffer receiveHeader = ByteBuffer.allocateDirect(Message.HEADER_BYTES);

    public Channel(Wire wire) {
        this.wire = wire;
    }

    /// Sends a message whose body is these buffers, one after the other; they are read, not kept.
    void send(Message message, ByteBuffer... body) throws IOException {
        sending.lock();
        try {
            sendHeader.clear();
            message.encode(sendHeader);
            sendHeader.flip();
            ByteBuffer[] all = new ByteBuffer[body.length + 1];
            all[0] = sendHeader;
            System.arraycopy(body, 0, all, 1, body.length);
            wire.writeFully(all);
        } finally {
            sending.unlock();
        }
    }

    void sendPlain(Message.Kind kind, long view, long epoch, UUID stream, byte[] body) throws IOException {
        send(Message.plain(kind, view, epoch, stream, body), ByteBuffer.wrap(body));
    }

    /// Tells the other side why, if it can be told, and ends the stream. Nothing is told while another thread
    /// sends: it may be stuck.
    void end(UUID stream, String reason) {
        if (sending.tryLock()) {
            try {
                sendPlain(Message.Kind.END, 0, 0, stream, reason.getBytes(StandardCharsets.UTF_8));
            } catch (IOException alreadyGone) {
                // The other side sees the end without the reason.
            } finally {
                sending.unlock();
            }
        }
        close();
    }

    /// Waits for the next header. Its body must be read next.
    Message receive() throws IOException {
        receiveHeader.clear();
        wire.readFully(receiveHeader);
        receiveHeader.flip();
        return Message.decode(receiveHeader);
    }

    /// Reads the body of a message that is no epoch.
    ///
    /// @throws IOException if it is too long, packed, or damaged
    byte[] plainBody(Message message) throws IOException {
        if (message.bodyBytes() > PLAIN_BODY_MAX) {
            throw new IOException(message.kind() + " with a body of " + message.bodyBytes() + " bytes");
        }
        if (message.packedBytes() > 0) {
            throw new IOException(message.kind() + " with a packed body");
        }
        byte[] body = new byte[message.bodyBytes()];
        wire.readFully(ByteBuffer.wrap(body));
        CRC32C checksum = new CRC32C();
        checksum.update(body);
        if ((int) checksum.getValue() != message.bodyChecksum()) {
            throw new IOException("the body of " + message.kind() + " arrived damaged");
        }
        return body;
    }

    void readFully(ByteBuffer into) throws IOException {
        wire.readFully(into);
    }

    @Override
    public void close() {
        wire.close();
    }
}
