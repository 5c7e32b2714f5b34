package understudy.link;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.model.Moment;

/// One connection of a [Messenger]. On the wire, big-endian: kind (1 byte: 0 a heartbeat, 1 a message), length
/// (4 bytes), that many bytes: of a heartbeat, its sender's clock ([System#nanoTime]).
///
/// Bounds: 256 messages and 4 MiB wait to be written.
final class Wire {
    /// The most bytes that the thread of the heartbeats leaves in a socket while nothing is heard from the
    /// peer: with [#UNHEARD_WRITES_MAX] less than any socket buffer, so that it never blocks.
    static final int UNHEARD_MAX = 8 << 10;

    /// The most writes that it leaves so. The kernel charges a socket's buffer with up to 2304 bytes for a heartbeat
    /// of 13, and the buffer may be as small as 46080 (ten segments' worth, doubled): bytes alone do not bound it.
    static final int UNHEARD_WRITES_MAX = 12;

    private static final Logger LOG = LoggerFactory.getLogger(Wire.class);
    private static final int QUEUE_MAX = 256;
    private static final int QUEUE_BYTES_MAX = 4 << 20;
    private static final byte HEARTBEAT = 0;
    private static final byte MESSAGE = 1;
    private static final int HEAD = 5;

    private final Connection connection;
    private final LinkConfig config;
    private final Messenger.Listener listener;
    private final BlockingQueue<byte[]> queue = new ArrayBlockingQueue<>(QUEUE_MAX);
    private final AtomicInteger queuedBytes = new AtomicInteger();
    private final AtomicInteger unheardBytes = new AtomicInteger();
    private final AtomicInteger unheardWrites = new AtomicInteger();
    private volatile long heardNanos = System.nanoTime();
    private volatile long peersClock;
    private volatile boolean brokenByPeer;

    Wire(Connection connection, LinkConfig config, Messenger.Listener listener) {
        this.connection = connection;
        this.config = config;
        this.listener = listener;
    }

    Connection connection() {
        return connection;
    }

    Moment heard() {
        return new Moment(heardNanos);
    }

    /// The peer's clock when it sent the heartbeat that was heard last; 0 before the first.
    long peersClock() {
        return peersClock;
    }

    int compareFreshness(Wire other) {
        return Long.compare(heardNanos - other.heardNanos, 0);
    }

    boolean isSilentFor(long nanos) {
        return System.nanoTime() - heardNanos > nanos;
    }

    /// This process itself stood still, so that nothing could be heard: the measure of silence starts again.
    void excuse() {
        heardNanos = System.nanoTime();
    }

    boolean offer(byte[] message) {
        if (queuedBytes.addAndGet(message.length) > QUEUE_BYTES_MAX || !queue.offer(message)) {
            queuedBytes.addAndGet(-message.length);
            return false;
        }
        return true;
    }

    /// Says that this agent lives, unless that could block.
    void beat() {
        if (unheardBytes.get() > UNHEARD_MAX || unheardWrites.get() >= UNHEARD_WRITES_MAX) {
            return;
        }
        try {
            ByteBuffer beat = ByteBuffer.allocate(HEAD + WireDecoder.HEARTBEAT)
                    .put(HEARTBEAT)
                    .putInt(WireDecoder.HEARTBEAT)
                    .putLong(System.nanoTime())
                    .flip();
            if (connection.writeUnlessBusy(beat)) {
                unheardBytes.addAndGet(beat.capacity());
                unheardWrites.incrementAndGet();
            }
        } catch (IOException broken) {
            failed(broken);
        }
    }

    void writeUntilEnd() {
        try {
            while (connection.isOpen()) {
                byte[] message = queue.take();
                queuedBytes.addAndGet(-message.length);
                unheardBytes.addAndGet(HEAD + message.length);
                unheardWrites.incrementAndGet();
                ByteBuffer head = ByteBuffer.allocate(HEAD).put(MESSAGE).putInt(message.length);
                connection.write(head.flip(), ByteBuffer.wrap(message));
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (IOException broken) {
            failed(broken);
        }
    }

    /// @return whether the peer's kernel ended the connection, rather than this side or the network
    boolean readUntilEnd() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(64 << 10);
        WireDecoder decoder = new WireDecoder(Messenger.MESSAGE_MAX, clock -> peersClock = clock);
        try {
            while (connection.read(buffer.clear()) >= 0) {
                heardNanos = System.nanoTime();
                unheardBytes.set(0);
                unheardWrites.set(0);
                listener.heard(connection.peer(), connection.peerLife(), heard());
                decoder.decode(
                        buffer.flip(), message -> listener.received(connection.peer(), connection.peerLife(), message));
            }
            return true;
        } catch (IllegalArgumentException garbage) {
            LOG.error("{}: {} sent {}; closed", config.self(), connection, garbage.getMessage());
            return false;
        } catch (IOException broken) {
            failed(broken);
            return brokenByPeer;
        }
    }

    private void failed(IOException broken) {
        String message = String.valueOf(broken.getMessage());
        if (!(broken instanceof ClosedChannelException) && (message.contains("reset") || message.contains("pipe"))) {
            brokenByPeer = true;
        }
        if (!brokenByPeer) {
            connection.close();
        }
    }
}
