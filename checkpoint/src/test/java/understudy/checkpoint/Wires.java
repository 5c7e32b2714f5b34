package understudy.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/// Two ends of a TCP connection within this process.
record Wires(Wire active, Wire standby) implements AutoCloseable {

    static Wires open() throws IOException {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            SocketChannel one = SocketChannel.open(server.getLocalAddress());
            return new Wires(new SocketWire(one), new SocketWire(server.accept()));
        }
    }

    /// The same, cut when the active has sent so many bytes.
    Wires cutAfter(long bytes) {
        return new Wires(new CutWire(active, bytes), standby);
    }

    @Override
    public void close() {
        active.close();
        standby.close();
    }

    private record SocketWire(SocketChannel channel) implements Wire {
        @Override
        public void readFully(ByteBuffer into) throws IOException {
            while (into.hasRemaining()) {
                if (channel.read(into) < 0) {
                    throw new EOFException("the other side closed");
                }
            }
        }

        @Override
        public void writeFully(ByteBuffer... from) throws IOException {
            while (hasRemaining(from)) {
                channel.write(from);
            }
        }

        private static boolean hasRemaining(ByteBuffer... buffers) {
            for (ByteBuffer buffer : buffers) {
                if (buffer.hasRemaining()) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /// Fails in the middle of what is written.
    private static final class CutWire implements Wire {
        private final Wire wire;
        private long left;

        CutWire(Wire wire, long left) {
            this.wire = wire;
            this.left = left;
        }

        @Override
        public void readFully(ByteBuffer into) throws IOException {
            wire.readFully(into);
        }

        @Override
        public void writeFully(ByteBuffer... from) throws IOException {
            for (ByteBuffer buffer : from) {
                ByteBuffer part = buffer.slice();
                part.limit((int) Math.min(part.limit(), left));
                left -= part.limit();
                wire.writeFully(part);
                if (left == 0) {
                    throw new IOException("the wire was cut");
                }
            }
        }

        @Override
        public void close() {
            wire.close();
        }
    }
}
