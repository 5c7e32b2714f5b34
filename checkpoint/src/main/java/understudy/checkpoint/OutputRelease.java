package understudy.checkpoint;

import java.util.function.LongConsumer;

/// Lets a guest's output go: when the standby holds the epoch that made it, and all that the guest flushed until then
/// is safe on its disks.
///
/// The second is for the loss of both hosts' power: what anybody outside has heard of must be there when the guest
/// boots again.
///
/// Threads: any.
final class OutputRelease {
    private final GuestOutput output;
    private final GuestDisks disks;
    private final LongConsumer released;
    private long committed;
    private long until;
    private long told;

    /// @param released told of the last epoch whose output may go, as often as there is a new one
    OutputRelease(GuestOutput output, GuestDisks disks, LongConsumer released) {
        this.output = output;
        this.disks = disks;
        this.released = released;
    }

    /// The standby holds all epochs up to this one, and will not go on before `until` ([GuestOutput#release]).
    void committed(long epoch, long notClaimedUntil) {
        disks.committed(epoch);
        synchronized (this) {
            committed = epoch;
            until = notClaimedUntil;
        }
        release();
    }

    /// Lets go what may go now.
    void release() {
        long next;
        synchronized (this) {
            next = Math.min(committed, disks.durable());
            if (next < 1) {
                return;
            }
            output.release(next, until);
            if (next <= told) {
                return;
            }
            told = next;
        }
        released.accept(next);
    }
}
