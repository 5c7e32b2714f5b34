package understudy.volume.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Two ends of a connection in memory.
final class MemoryWire implements MirrorWire {
    private static final long TRAVEL_NANOS = 200_000;

    private final Stream in;
    private final Stream out;
    private final Chance chance;

    private MemoryWire(Stream in, Stream out, Chance chance) {
        this.in = in;
        this.out = out;
        this.chance = chance;
    }

    static MemoryWire[] pair(Chance chance) {
        Stream there = new Stream();
        Stream back = new Stream();
        return new MemoryWire[] {new MemoryWire(back, there, chance), new MemoryWire(there, back, chance)};
    }

    /// One direction.
    private static final class Stream {
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        private final ByteBuffer bytes = ByteBuffer.allocate(1 << 20);
        private boolean isClosed;
        private boolean isSilent;

        void write(ByteBuffer from) throws IOException {
            lock.lock();
            try {
                while (from.hasRemaining()) {
                    while (!bytes.hasRemaining() && !isClosed) {
                        changed.awaitUninterruptibly();
                    }
                    if (isClosed) {
                        throw new IOException("closed");
                    }
                    ByteBuffer part = from.slice();
                    part.limit(Math.min(part.remaining(), bytes.remaining()));
                    from.position(from.position() + part.remaining());
                    bytes.put(part);
                    changed.signalAll();
                }
            } finally {
                lock.unlock();
            }
        }

        int read(ByteBuffer into, Chance chance) throws IOException {
            lock.lock();
            try {
                while ((bytes.position() == 0 || isSilent) && !isClosed) {
                    changed.awaitUninterruptibly();
                }
                if (isClosed) {
                    return -1;
                }
                bytes.flip();
                int count = chance.some(Math.min(bytes.remaining(), into.remaining()));
                int limit = bytes.limit();
                bytes.limit(bytes.position() + count);
                into.put(bytes);
                bytes.limit(limit);
                bytes.compact();
                changed.signalAll();
                return count;
            } finally {
                lock.unlock();
            }
        }

        void close() {
            lock.lock();
            try {
                isClosed = true;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        void silence() {
            lock.lock();
            try {
                isSilent = true;
            } finally {
                lock.unlock();
            }
        }
    }

    /// Nothing arrives at either end any more, and nobody is told.
    void silence() {
        in.silence();
        out.silence();
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        chance.pause(TRAVEL_NANOS);
        return in.read(into, chance);
    }

    @Override
    public void write(ByteBuffer[] from, int count) throws IOException {
        chance.pause(TRAVEL_NANOS);
        for (int i = 0; i < count; i++) {
            out.write(from[i]);
        }
    }

    @Override
    public void close() {
        in.close();
        out.close();
    }
}
