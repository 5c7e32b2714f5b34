package understudy.volume.nbd;

import java.util.concurrent.atomic.AtomicInteger;

/// The memory of one [Worker], which lives as long as somebody may use it: the worker itself, which may be stuck
/// in a system call that does, and a successor that still has to carry out writes whose payload lies here.
final class Buffers {
    private final Buffer in = new Buffer();
    private final Buffer out = new Buffer();
    private final AtomicInteger holders = new AtomicInteger(1);

    /// What the client sent.
    Buffer in() {
        return in;
    }

    /// What the client is to be sent.
    Buffer out() {
        return out;
    }

    /// One more holder; called by one of them.
    void hold() {
        holders.incrementAndGet();
    }

    /// One holder fewer; the last one frees the memory.
    void release() {
        if (holders.decrementAndGet() == 0) {
            in.free();
            out.free();
        }
    }
}
