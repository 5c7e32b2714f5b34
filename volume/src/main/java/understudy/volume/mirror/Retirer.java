package understudy.volume.mirror;

import java.util.concurrent.locks.ReentrantLock;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.ReplicaStore;
import understudy.volume.store.Retirement;

/// Takes extents out of the activity log of the peer's replica when that is nearly full, as soon as what was
/// written to them is durable here. (The serving side keeps them in its own log until it is durable on both.)
final class Retirer {
    private static final int EXTENTS_MAX = 256;

    private final ReplicaStore store;
    private final ReentrantLock orderLock;

    /// A replica that was deposed, or that has not been told otherwise, retires nothing: its log says where it
    /// may differ (design, section 3.1, rule 4).
    private volatile boolean isAllowed;

    Retirer(ReplicaStore store, ReentrantLock orderLock) {
        this.store = store;
        this.orderLock = orderLock;
    }

    void allow(boolean is) {
        isAllowed = is;
    }

    boolean isNeeded() {
        return isAllowed && store.wantsRetirement();
    }

    void retire() throws DiskFailedException {
        if (isNeeded()) {
            retireNow();
        }
    }

    /// By a thread that may hold the order lock: then nothing is written meanwhile.
    void retireNow() throws DiskFailedException {
        if (!isAllowed) {
            throw new DiskFailedException(0, "the activity log is full, and this replica may not retire anything");
        }
        Retirement retirement;
        orderLock.lock();
        try {
            retirement = store.startRetirement(EXTENTS_MAX);
        } finally {
            orderLock.unlock();
        }
        store.sync();
        retirement.persist();
        orderLock.lock();
        try {
            retirement.finish();
        } finally {
            orderLock.unlock();
        }
    }
}
