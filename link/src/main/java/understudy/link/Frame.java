package understudy.link;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/// How the two messages of the handshake lie on the wire: eight bytes of magic, the body's length (2 bytes,
/// big-endian), the body. This outline is the same in all versions, so that any two releases can at least
/// refuse each other in words.
final class Frame {
    static final int BODY_MAX = 1024;
    private static final byte[] MAGIC = "UNDRSTDY".getBytes(StandardCharsets.US_ASCII);
    private static final int HEAD = 10;

    private Frame() {}

    static void write(SocketChannel channel, ByteBuffer body) throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(HEAD + body.remaining());
        frame.put(MAGIC).putShort((short) body.remaining()).put(body).flip();
        while (frame.hasRemaining()) {
            channel.write(frame);
        }
    }

    /// Blocks; the caller bounds the time by closing the channel.
    ///
    /// @throws IllegalArgumentException if what comes is not of this form
    /// @throws EOFException if the other side closed before the end
    static ByteBuffer read(SocketChannel channel) throws IOException {
        ByteBuffer head = readFully(channel, HEAD);
        byte[] magic = new byte[MAGIC.length];
        head.get(magic);
        if (!java.util.Arrays.equals(magic, MAGIC)) {
            throw new IllegalArgumentException("bytes that are not Understudy's");
        }
        int length = Short.toUnsignedInt(head.getShort());
        if (length > BODY_MAX) {
            throw new IllegalArgumentException(
                    "a greeting of " + length + " bytes, where " + BODY_MAX + " is the most");
        }
        return readFully(channel, length);
    }

    private static ByteBuffer readFully(SocketChannel channel, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes) < 0) {
                throw new EOFException("the connection was closed during the handshake");
            }
        }
        return bytes.flip();
    }
}
