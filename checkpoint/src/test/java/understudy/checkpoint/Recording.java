package understudy.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/// A wire that keeps what is written, and gives what it was made with.
final class Recording implements Wire {
    final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final ByteBuffer given;

    Recording() {
        this(ByteBuffer.allocate(0));
    }

    Recording(ByteBuffer given) {
        this.given = given;
    }

    @Override
    public void readFully(ByteBuffer into) throws IOException {
        if (given.remaining() < into.remaining()) {
            throw new EOFException("no more was given");
        }
        into.put(given.slice().limit(into.remaining()));
        given.position(given.position() + into.position());
    }

    @Override
    public void writeFully(ByteBuffer... from) {
        for (ByteBuffer buffer : from) {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.get(bytes);
            written.writeBytes(bytes);
        }
    }

    @Override
    public void close() {}
}
