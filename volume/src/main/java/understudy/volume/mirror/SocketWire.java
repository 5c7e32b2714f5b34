package understudy.volume.mirror;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/// A plain TCP connection, for the stand-alone commands. Without Nagle's delay: an acknowledgement that waits
/// for another one costs 40 ms.
public final class SocketWire implements MirrorWire {
    private final SocketChannel channel;

    /// @param channel connected and blocking; becomes this wire's
    public SocketWire(SocketChannel channel) throws IOException {
        this.channel = channel;
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    }

    public static SocketWire connect(InetSocketAddress address, Duration timeout) throws IOException {
        SocketChannel channel = SocketChannel.open();
        try {
            channel.socket().connect(address, Math.toIntExact(timeout.toMillis()));
            return new SocketWire(channel);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        return channel.read(into);
    }

    @Override
    public void write(ByteBuffer[] from, int count) throws IOException {
        int first = 0;
        while (first < count) {
            if (!from[first].hasRemaining()) {
                first++;
            } else if (first == count - 1) {
                channel.write(from[first]);
            } else {
                channel.write(from, first, count - first);
            }
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException _) {
            // It is closed all the same.
        }
    }
}
