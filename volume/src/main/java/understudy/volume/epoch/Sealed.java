package understudy.volume.epoch;

import java.lang.foreign.MemorySegment;
import java.util.List;

/// What a guest changed on its disks in one epoch, ready to be sent (`docs/reference/disk-epochs.md`). It does not
/// change any more. Threads: any.
@SuppressWarnings("DoNotCallSuggester") // those that are not there yet
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

    public boolean isEmpty() {
        return segments.isEmpty();
    }

    /// How long its wire form is; never 0.
    public long bytes() {
        return 4;
    }

    /// Writes its wire form to the first [#bytes] of `target`.
    public void writeTo(MemorySegment target) {
        throw new UnsupportedOperationException("not yet");
    }
}
