package understudy.volume.mirror;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import understudy.protocol.MirrorSide;

/// Something that is answered when every replica that it needs has confirmed it, or is needed no more.
abstract class Pending {
    private static final int CANCELLED = 1 << 8;
    private static final VarHandle MISSING;

    static {
        try {
            MISSING = MethodHandles.lookup().findVarHandle(Pending.class, "missing", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /// When it was sent to the peer, on the clock of [Threads].
    final long since;

    @SuppressWarnings("unused") // through MISSING
    private volatile int missing;

    /// @param since now
    /// @param local whether the local replica must confirm it
    /// @param peer  whether the peer must
    Pending(long since, boolean local, boolean peer) {
        this.since = since;
        missing = (local ? bit(MirrorSide.LOCAL) : 0) | (peer ? bit(MirrorSide.PEER) : 0);
    }

    /// This side has it, or is not needed for it any more. Whoever says the last of these answers.
    ///
    /// @param replies collects what is answered
    final void confirm(MirrorSide side, Replies replies) {
        int bit = bit(side);
        if ((int) MISSING.getAndBitwiseAnd(this, ~bit) == bit) {
            settle(replies);
        }
    }

    final boolean isSettled() {
        return missing == 0;
    }

    final boolean misses(MirrorSide side) {
        return (missing & bit(side)) != 0;
    }

    /// Keeps it from ever being answered by this object.
    ///
    /// @return false if it has been answered, or cancelled, before
    final boolean cancel() {
        while (true) {
            int now = missing;
            if (now == 0 || (now & CANCELLED) != 0) {
                return false;
            }
            if (MISSING.compareAndSet(this, now, now | CANCELLED)) {
                return true;
            }
        }
    }

    final boolean isCancelled() {
        return (missing & CANCELLED) != 0;
    }

    /// After a cancellation: nothing that could confirm it is left.
    abstract void fail(Replies replies);

    /// Everybody who is needed has it: called once, never after [#cancel].
    abstract void settle(Replies replies);

    private static int bit(MirrorSide side) {
        return side == MirrorSide.LOCAL ? 1 : 2;
    }
}
