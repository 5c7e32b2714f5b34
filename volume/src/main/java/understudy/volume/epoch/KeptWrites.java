package understudy.volume.epoch;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.List;

/// The segments that a standby holds for a guest: of committed epochs, not yet applied to the disks as far as it
/// was told. One object for one stream of checkpoints. Threads: any.
public final class KeptWrites {

    /// More than an active keeps before it gives the protection up.
    public static final long BYTES_MAX = 2 * DiskEpochs.KEPT_MAX_BYTES;

    private final List<Long> sizes;
    private final ArrayDeque<Segment> segments = new ArrayDeque<>();
    private long last;
    private long bytes;

    /// What one epoch brings, checked wholly, but not yet kept.
    public static final class Arrived {
        private final List<Segment> segments;
        private final long after;

        private Arrived(List<Segment> segments, long after) {
            this.segments = List.copyOf(segments);
            this.after = after;
        }

        /// Whether the guest changed nothing.
        public boolean isEmpty() {
            return segments.isEmpty();
        }
    }

    /// @param sizes of the guest's disks, in bytes
    public KeptWrites(List<Long> sizes) {
        this.sizes = List.copyOf(sizes);
    }

    /// Takes an epoch's disk part apart ([Sealed#writeTo]). Nothing of `body` is referred to afterwards.
    ///
    /// @throws IOException if it is not what an active could have sent next; nothing has changed then
    public synchronized Arrived decode(MemorySegment body) throws IOException {
        if (body.byteSize() > BYTES_MAX - bytes) {
            throw new IOException("%d bytes of disk writes, with %d kept".formatted(body.byteSize(), bytes));
        }
        return new Arrived(EpochForm.read(body, sizes, last), last);
    }

    /// The epoch is committed.
    ///
    /// @throws IllegalStateException if another was kept since it was decoded
    public synchronized void keep(Arrived arrived) {
        if (arrived.after != last) {
            throw new IllegalStateException("segments after %d, with %d kept".formatted(arrived.after, last));
        }
        for (Segment segment : arrived.segments) {
            segments.add(segment);
            last = segment.number();
            bytes += segment.costBytes();
        }
    }

    /// The active says that a segment, and all before it, is on the disks: drops them. After this the active is to be
    /// told ([DiskEpochs#told]).
    ///
    /// @throws IOException if no such segment ever came
    public synchronized void applied(long segment) throws IOException {
        if (segment > last) {
            throw new IOException("segment %d is said to be applied, and %d is the last".formatted(segment, last));
        }
        while (!segments.isEmpty() && segments.getFirst().number() <= segment) {
            bytes -= segments.removeFirst().costBytes();
        }
    }

    /// Hands over what is kept, in order, to [DiskEpochs#takeOver]: nothing is kept here any more.
    public synchronized List<Segment> take() {
        List<Segment> all = List.copyOf(segments);
        segments.clear();
        bytes = 0;
        return all;
    }

    /// What is kept, in order.
    synchronized List<Segment> segments() {
        return List.copyOf(segments);
    }

    /// How much is kept.
    public synchronized long bytes() {
        return bytes;
    }
}
