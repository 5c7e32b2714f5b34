package understudy.volume.mirror;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// Says of one thread since when it is in a call to the local disk, so that another one can tell that it hangs
/// and declare it lost. Whether it came back in time or was lost is decided once.
final class DiskCall {
    private static final long LOST = -2;
    private static final VarHandle SINCE;

    static {
        try {
            SINCE = MethodHandles.lookup().findVarHandle(DiskCall.class, "since", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /// On the clock of [Threads], whose times are odd; 0 outside of calls.
    @SuppressWarnings("unused") // through SINCE
    private volatile long since;

    private final Threads threads;

    DiskCall(Threads threads) {
        this.threads = threads;
    }

    /// The thread goes into the disk.
    ///
    /// @param allowanceNanos even; what this call may take beyond the deadline
    void enter(long allowanceNanos) {
        SINCE.setRelease(this, threads.now() + allowanceNanos);
    }

    /// One call is over and the next begins.
    ///
    /// @return false if the thread is lost
    boolean stay() {
        long before = since;
        return before != LOST && SINCE.compareAndSet(this, before, threads.now());
    }

    /// The thread is back.
    ///
    /// @return false if it is lost
    boolean leave() {
        long before = since;
        return before != LOST && SINCE.compareAndSet(this, before, 0L);
    }

    /// Declares the thread lost if it has been in one call for longer than the deadline.
    boolean loses(long now, long deadlineNanos) {
        long before = since;
        boolean hangs = before != 0 && before != LOST && now - before > deadlineNanos;
        return hangs && SINCE.compareAndSet(this, before, LOST);
    }

    boolean isLost() {
        return since == LOST;
    }
}
