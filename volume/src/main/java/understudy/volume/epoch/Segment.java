package understudy.volume.epoch;

import java.util.List;
import java.util.stream.Stream;

/// What a guest changed on its disks between two flushes, or up to the end of an epoch. The segments of all disks of
/// a VM are in one order, numbered 1, 2, 3 and so on. Within one a later write takes the place of an earlier one.
///
/// It grows while it is open, and never changes afterwards.
public final class Segment {
    private final long number;
    private final List<Extents> disks;
    private boolean endsInFlush;

    Segment(long number, int disks) {
        this.number = number;
        this.disks = Stream.generate(Extents::new).limit(disks).toList();
    }

    public long number() {
        return number;
    }

    int disks() {
        return disks.size();
    }

    Extents extents(int disk) {
        return disks.get(disk);
    }

    /// Whether it has no writes.
    boolean isEmpty() {
        return disks.stream().allMatch(Extents::isEmpty);
    }

    int extentCount() {
        return disks.stream().mapToInt(Extents::count).sum();
    }

    long dataBytes() {
        return disks.stream().mapToLong(Extents::dataBytes).sum();
    }

    /// What all of it counts.
    long costBytes() {
        return Extent.COST_BYTES + disks.stream().mapToLong(Extents::costBytes).sum();
    }

    /// Whether what it has, and all before it, is to survive a loss of power before the next is begun.
    boolean endsInFlush() {
        return endsInFlush;
    }

    void endInFlush() {
        endsInFlush = true;
    }
}
