package understudy.volume.epoch;

import java.lang.foreign.MemorySegment;
import java.util.List;

/// What a guest changed on its disks in one epoch, ready to be sent (`docs/reference/disk-epochs.md`). It does not
/// change any more. Threads: any.
public final class Sealed {
    private final long epoch;
    private final List<Segment> segments;

    Sealed(long epoch, List<Segment> segments) {
        this.epoch = epoch;
        this.segments = List.copyOf(segments);
    }

    public long epoch() {
        return epoch;
    }

    /// Whether the guest changed nothing.
    public boolean isEmpty() {
        return segments.isEmpty();
    }

    List<Segment> segments() {
        return segments;
    }

    /// How long its wire form is; never 0.
    public long bytes() {
        return EpochForm.bytes(segments);
    }

    /// Writes its wire form to the first [#bytes] of `target`.
    public void writeTo(MemorySegment target) {
        EpochForm.write(segments, target);
    }
}
