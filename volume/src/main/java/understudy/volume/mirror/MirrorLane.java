package understudy.volume.mirror;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import understudy.volume.Lane;
import understudy.volume.LaneAbandonedException;
import understudy.volume.LaneClient;

/// One client's way into a [MirroredVolume].
final class MirrorLane implements Lane {
    private final MirroredVolume volume;
    private final LaneClient client;
    private final ReentrantLock replying = new ReentrantLock();
    private volatile boolean closed;

    /// The present thread's. Another thread takes over only after it was told so ([LaneClient#threadLost]),
    /// which is after this was replaced.
    private Work work;

    MirrorLane(MirroredVolume volume, LaneClient client) {
        this.volume = volume;
        this.client = client;
        work = volume.watch(new Work(this));
    }

    Threads threads() {
        return volume.threads();
    }

    LaneClient client() {
        return client;
    }

    /// The thread that uses the lane hangs: the next one begins afresh.
    void lose() {
        work = volume.watch(new Work(this));
        if (beginReplies()) {
            try {
                client.threadLost();
            } finally {
                replying.unlock();
            }
        }
    }

    /// From here to [#endReplies] the lane is not closed.
    ///
    /// @return false if it is closed: its client is told nothing any more
    boolean beginReplies() {
        replying.lock();
        if (closed) {
            replying.unlock();
            return false;
        }
        return true;
    }

    /// @param toBeSent whether the client is to send them now
    void endReplies(boolean toBeSent) {
        try {
            if (toBeSent) {
                client.flushReplies();
            }
        } finally {
            replying.unlock();
        }
    }

    @Override
    public boolean read(int request, long offset, MemorySegment target) {
        return volume.read(work, request, offset, target);
    }

    @Override
    public void write(int request, long offset, MemorySegment payload, boolean durable) {
        work.write(request, offset, payload, durable);
    }

    @Override
    public void zero(int request, long offset, long length, boolean mayPunch, boolean durable) {
        work.zero(request, offset, length, mayPunch, durable);
    }

    @Override
    public void trim(int request, long offset, long length, boolean durable) {
        work.zero(request, offset, length, true, durable);
    }

    @Override
    public void flush(int request) {
        work.flush(request);
    }

    @Override
    public void end() {
        Work mine = work;
        if (mine.count() > 0) {
            volume.mutations().carry(mine);
        }
        // Only now: a flush covers what was answered before it was asked for, and no more is promised.
        for (int i = 0; i < mine.flushCount(); i++) {
            volume.flushes().add(this, mine.flushRequest(i));
        }
        mine.clear();
    }

    @Override
    public List<Allocation> allocation(long offset, long length, int extentsMax) {
        return volume.allocation(work, offset, length, extentsMax);
    }

    @Override
    public void close() {
        volume.forget(work);
        mute();
    }

    boolean isClosed() {
        return closed;
    }

    /// Its client is told nothing any more.
    void mute() {
        replying.lock();
        try {
            closed = true;
        } finally {
            replying.unlock();
        }
    }

    /// The thread came back after its lane was lost.
    static LaneAbandonedException abandoned(Work lost) {
        lost.awaitRescue();
        return new LaneAbandonedException();
    }
}
