package understudy.ledger;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// A fault: a TCP path to one voter that can begin to swallow what it carries, both ways, without closing
/// anything, like a host that lost its power. Connections that are made meanwhile are accepted and say nothing,
/// as a tunnel's are.
final class Forwarder implements AutoCloseable {
    private final ServerSocketChannel listener;
    private final InetSocketAddress target;
    private final Set<SocketChannel> channels = ConcurrentHashMap.newKeySet();
    private volatile boolean swallowing;

    Forwarder(InetSocketAddress target) throws IOException {
        this.target = target;
        listener = ServerSocketChannel.open().bind(Voters.loopback(0));
        Thread.ofVirtual().start(this::accept);
    }

    InetSocketAddress address() throws IOException {
        return (InetSocketAddress) listener.getLocalAddress();
    }

    /// Ending it also closes what was swallowed from, as a link does with a path that was silent.
    void swallow(boolean on) {
        swallowing = on;
        if (!on) {
            channels.forEach(Forwarder::quietly);
            channels.clear();
        }
    }

    private void accept() {
        while (listener.isOpen()) {
            try {
                SocketChannel near = listener.accept();
                channels.add(near);
                Thread.ofVirtual().start(() -> carry(near));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void carry(SocketChannel near) {
        try {
            if (swallowing) {
                pump(near, near);
                return;
            }
            SocketChannel far = SocketChannel.open(target);
            channels.add(far);
            Thread.ofVirtual().start(() -> pump(far, near));
            pump(near, far);
        } catch (IOException unreachable) {
            quietly(near);
        }
    }

    private void pump(SocketChannel from, SocketChannel to) {
        ByteBuffer buffer = ByteBuffer.allocate(8192);
        try {
            while (from.read(buffer.clear()) >= 0) {
                buffer.flip();
                while (!swallowing && buffer.hasRemaining()) {
                    to.write(buffer);
                }
            }
        } catch (IOException ended) {
            // closed below
        }
        if (!swallowing) {
            quietly(from);
            quietly(to);
        }
    }

    private static void quietly(Channel channel) {
        try {
            channel.close();
        } catch (IOException already) {
            // closed all the same
        }
    }

    @Override
    public void close() {
        quietly(listener);
        channels.forEach(Forwarder::quietly);
    }
}
