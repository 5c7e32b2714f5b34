package understudy.agent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import understudy.checkpoint.Wire;
import understudy.link.Connection;

/// A checkpoint stream's bytes over a connection of the link.
final class LinkWire implements Wire {
    private final Connection connection;
    private final CountDownLatch closed = new CountDownLatch(1);

    LinkWire(Connection connection) {
        this.connection = connection;
    }

    @Override
    public void readFully(ByteBuffer into) throws IOException {
        connection.readFully(into);
    }

    @Override
    public void writeFully(ByteBuffer... from) throws IOException {
        connection.write(from);
    }

    void awaitClosed() throws InterruptedException {
        closed.await();
    }

    @Override
    public void close() {
        connection.close();
        closed.countDown();
    }
}
