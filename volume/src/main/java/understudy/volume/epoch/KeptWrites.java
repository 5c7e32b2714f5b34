package understudy.volume.epoch;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// The segments that a standby holds for a guest: of committed epochs, not yet applied to the disks as far as it was
/// told. One object for one stream of checkpoints. Threads: any.
@SuppressWarnings("DoNotCallSuggester") // those that are not there yet
public final class KeptWrites {

    /// @param sizes of the guest's disks, in bytes
    public KeptWrites(List<Long> sizes) {}

    /// What one epoch brings, checked wholly, but not yet kept.
    public static final class Arrived {
        Arrived() {}
    }

    /// Takes an epoch's disk part apart ([Sealed#writeTo]). Nothing of `body` is referred to afterwards.
    ///
    /// @throws IOException if it is not what an active could have sent next; nothing has changed then
    public Arrived decode(MemorySegment body) throws IOException {
        throw new UnsupportedOperationException("not yet");
    }

    /// The epoch is committed.
    public void keep(Arrived arrived) {
        throw new UnsupportedOperationException("not yet");
    }

    /// The active says that a segment, and all before it, is on the disks: drops them. After this
    /// the active is to be told ([DiskEpochs#told]).
    ///
    /// @throws IOException if no such segment ever came
    public void applied(long segment) throws IOException {
        throw new UnsupportedOperationException("not yet");
    }

    /// What is kept, in order: what [DiskEpochs#takeOver] needs.
    public List<Segment> segments() {
        return List.of();
    }

    /// How much is kept.
    public long bytes() {
        return 0;
    }
}
