package understudy.checkpoint;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/// The disks of a guest that is copied. What the guest writes is answered at once and kept aside; it belongs to the
/// running epoch, travels with it, and reaches a disk only when the epoch is committed.
///
/// What is kept lies in numbered *segments*, in the order of the guest's flushes; the standby is told how many of
/// them are applied, and the next one is begun when it has said that it knows.
public interface GuestDisks {

    /// The most that an epoch may bring: 128 MiB.
    int EPOCH_BYTES_MAX = 128 << 20;

    /// Disks of a guest that has none.
    GuestDisks NONE = new GuestDisks() {
        @Override
        public void begin(Listener listener) {
            listener.settled();
        }

        @Override
        public void letThrough() {}

        @Override
        public void holdBack() {}

        @Override
        public Sealed seal(long epoch) {
            return Sealed.NOTHING;
        }

        @Override
        public void committed(long epoch) {}

        @Override
        public void told(long segment) {}

        @Override
        public long durable() {
            return Long.MAX_VALUE;
        }
    };

    /// What disks tell, from threads of their own.
    interface Listener {
        /// After [#begin]: what the guest wrote before is answered, so a pause does not wait for it.
        void settled();

        /// Segments up to this one are on the disks: the standby is to be told.
        void applied(long segment);

        /// [#durable] has gone up.
        void durable();

        /// Much is kept: the next capture should not wait for its time.
        void pressure();

        /// This cannot go on: what is kept is too much, or cannot be written.
        void failed(String reason);
    }

    /// What the guest wrote in one epoch.
    interface Sealed {
        Sealed NOTHING = new Sealed() {
            @Override
            public long bytes() {
                return 0;
            }

            @Override
            public void writeTo(MemorySegment into) {}
        };

        /// 0 or more.
        long bytes();

        /// Fills the first [#bytes] of `into`.
        void writeTo(MemorySegment into);
    }

    /// From now on what the guest writes is kept. Called while it runs, when its output is held, before the first
    /// capture, once.
    ///
    /// @throws IOException if it cannot be written down that something is kept
    void begin(Listener listener) throws IOException;

    /// The guest is about to be paused, which waits for all answers: none may be held back until [#seal].
    void letThrough();

    /// No pause comes after all.
    void holdBack();

    /// Ends the running epoch. Called while the guest stands still, and quick.
    Sealed seal(long epoch);

    /// The standby holds all epochs up to this one.
    void committed(long epoch);

    /// The standby knows that segments up to this one are applied.
    void told(long segment);

    /// The last epoch of which all that the guest flushed is safe on the disks, with all before it.
    long durable();
}
