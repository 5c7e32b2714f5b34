package understudy.link;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// A fault: a TCP path that can begin to swallow what it carries without closing anything, like a network whose
/// cable was pulled.
final class Forwarder implements AutoCloseable {
    private final ServerSocketChannel listener;
    private final InetSocketAddress target;
    private final Set<SocketChannel> channels = ConcurrentHashMap.newKeySet();
    private volatile boolean swallowing;

    static Forwarder to(InetSocketAddress target) throws IOException {
        return new Forwarder(ServerSocketChannel.open().bind(Agents.loopback(1, 0)), target);
    }

    private Forwarder(ServerSocketChannel listener, InetSocketAddress target) {
        this.listener = listener;
        this.target = target;
        Thread.ofVirtual().start(this::accept);
    }

    InetSocketAddress address() throws IOException {
        return (InetSocketAddress) listener.getLocalAddress();
    }

    void swallow(boolean on) {
        swallowing = on;
    }

    private void accept() {
        while (listener.isOpen()) {
            try {
                SocketChannel near = listener.accept();
                SocketChannel far = SocketChannel.open(target);
                channels.add(near);
                channels.add(far);
                Thread.ofVirtual().start(() -> pump(near, far));
                Thread.ofVirtual().start(() -> pump(far, near));
            } catch (IOException closed) {
                return;
            }
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
            Deadlines.quietly(from);
            Deadlines.quietly(to);
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        channels.forEach(Deadlines::quietly);
    }
}
