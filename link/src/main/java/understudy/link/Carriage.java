package understudy.link;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One connection of a local library through a [Tunnel], from the moment in which it was accepted until either end
/// closes.
///
/// What the library says while the peer is dialled is kept, and if it hangs up then, the dialling ends.
///
/// Two virtual threads: one reads the library, one dials and then reads the peer.
final class Carriage {
    static final int BUFFER = 64 << 10;
    private static final Logger LOG = LoggerFactory.getLogger(Carriage.class);

    private final SocketChannel local;
    private final Dialling dialling;
    private final AtomicReference<Optional<Connection>> dialled = new AtomicReference<>(Optional.empty());
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ByteBuffer kept = ByteBuffer.allocateDirect(BUFFER);
    private boolean isFlowing;
    private volatile boolean ended;

    /// Reaches the peer.
    interface Dialling {
        /// @param isOver whether nobody wants it any more; asked between attempts
        Connection dial(BooleanSupplier isOver) throws IOException;
    }

    Carriage(SocketChannel local, Dialling dialling) {
        this.local = local;
        this.dialling = dialling;
    }

    /// Carries both ways; returns when both ends are closed.
    void run() throws InterruptedException {
        Thread back = Thread.ofVirtual().start(this::bringBack);
        bringThere();
        back.join();
    }

    private void bringThere() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
        try {
            while (local.read(buffer.clear()) >= 0) {
                send(buffer.flip());
            }
        } catch (IOException over) {
            LOG.trace("a tunnel ended: {}", over.getMessage());
        } finally {
            end();
        }
    }

    private void send(ByteBuffer bytes) throws IOException {
        lock.lock();
        try {
            while (!isFlowing && !ended && kept.remaining() < bytes.remaining()) {
                changed.awaitUninterruptibly();
            }
            if (!isFlowing && !ended) {
                kept.put(bytes);
            }
        } finally {
            lock.unlock();
        }
        if (bytes.hasRemaining()) {
            dialled.get().orElseThrow(ClosedChannelException::new).write(bytes);
        }
    }

    private void bringBack() {
        try (Connection remote = dialling.dial(() -> ended)) {
            dialled.set(Optional.of(remote));
            flow(remote);
            ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
            while (!ended && remote.read(buffer.clear()) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    local.write(buffer);
                }
            }
        } catch (IOException over) {
            LOG.debug("a tunnel ended: {}", over.getMessage());
        } finally {
            end();
        }
    }

    /// From here on the other thread writes.
    private void flow(Connection remote) throws IOException {
        lock.lock();
        try {
            remote.write(kept.flip());
            isFlowing = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Closes both ends, whereupon both threads end.
    private void end() {
        ended = true;
        Deadlines.quietly(local);
        dialled.get().ifPresent(Connection::close);
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
