package understudy.checkpoint;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/// What a guest wrote to its disks in committed epochs and may not have reached them yet, on the standby.
public interface KeptDisks {

    /// Of a guest without disks.
    KeptDisks NONE = new KeptDisks() {
        @Override
        public Arrival arrived(MemorySegment writes) throws IOException {
            throw new IOException("an epoch with writes to disks, of a guest that has none");
        }

        @Override
        public void applied(long segment) throws IOException {
            throw new IOException("writes were applied to disks of a guest that has none");
        }
    };

    /// The writes of an epoch that is sound, and not yet confirmed.
    interface Arrival {
        /// The epoch is confirmed: keeps them.
        void keep();
    }

    /// Checks what an epoch brings; nothing is kept yet.
    ///
    /// @param writes as [GuestDisks.Sealed] wrote them; not touched after the return
    /// @throws IOException if they are not of the form agreed, or not those that come next
    Arrival arrived(MemorySegment writes) throws IOException;

    /// Segments up to this one are on the disks, here too if this host's replicas count, and need not be kept.
    ///
    /// @throws IOException if none of this number has come
    void applied(long segment) throws IOException;
}
