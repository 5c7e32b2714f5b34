package understudy.link;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import understudy.model.HostName;
import understudy.model.Life;

/// A stream of bytes to and from a known life of a known agent.
///
/// Blocking, for virtual threads: one thread may read while others write. There are no time-outs, since a peer
/// may have nothing to say; who needs one sets a [#deadline]. Closing, from any thread and as often as one
/// likes, ends blocked reads and writes with an `IOException`.
public final class Connection implements Closeable {
    private final SocketChannel channel;
    private final HostName peer;
    private final Life peerLife;
    private final int index;
    private final String service;
    private final int version;
    private final Link link;
    private final ReentrantLock writing = new ReentrantLock();

    /// Made by [Handshake] only: here a channel becomes trusted.
    Connection(Link link, SocketChannel channel, HostName peer, Life peerLife, int index, String service, int version) {
        this.link = link;
        this.channel = channel;
        this.peer = peer;
        this.peerLife = peerLife;
        this.index = index;
        this.service = service;
        this.version = version;
    }

    public HostName peer() {
        return peer;
    }

    public Life peerLife() {
        return peerLife;
    }

    /// Which of the listener's addresses it uses, from 0: the number of the peer link.
    public int index() {
        return index;
    }

    public String service() {
        return service;
    }

    /// The protocol version that both agents speak.
    public int version() {
        return version;
    }

    /// Blocks until there is at least one byte.
    ///
    /// @param into has room
    /// @return the number of bytes, or -1 when the peer has closed: its kernel said so, it is not mere silence
    /// @throws IOException if the connection is closed on this side or broken
    public int read(ByteBuffer into) throws IOException {
        return channel.read(into);
    }

    /// Blocks until the buffer is full.
    ///
    /// @throws EOFException if the peer closed before that
    public void readFully(ByteBuffer into) throws IOException {
        while (into.hasRemaining()) {
            if (channel.read(into) < 0) {
                throw new EOFException(peer + " closed the connection");
            }
        }
    }

    /// Blocks until the kernel has taken all bytes. The buffers of one call are not mixed with those of others;
    /// they belong to the caller again after it. After an exception part of them may have been sent: close.
    public void write(ByteBuffer... from) throws IOException {
        writing.lock();
        try {
            writeAll(from);
        } finally {
            writing.unlock();
        }
    }

    /// As [#write], but returns false at once, with nothing sent, while another thread is writing.
    boolean writeUnlessBusy(ByteBuffer from) throws IOException {
        if (!writing.tryLock()) {
            return false;
        }
        try {
            writeAll(from);
            return true;
        } finally {
            writing.unlock();
        }
    }

    private void writeAll(ByteBuffer... from) throws IOException {
        while (anyRemaining(from)) {
            channel.write(from);
        }
    }

    private static boolean anyRemaining(ByteBuffer[] buffers) {
        for (ByteBuffer buffer : buffers) {
            if (buffer.hasRemaining()) {
                return true;
            }
        }
        return false;
    }

    /// Closes this connection after `time`, unless the deadline is called off before.
    public Deadline deadline(Duration time) {
        return link.deadlines().on(this, time);
    }

    /// Whether nobody on this side has closed it.
    public boolean isOpen() {
        return channel.isOpen();
    }

    @Override
    public void close() {
        link.forget(this);
        Deadlines.quietly(channel);
    }

    @Override
    public String toString() {
        return "%s@%s/%s over link %d".formatted(peer, peerLife, service, index);
    }
}
