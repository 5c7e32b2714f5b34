package understudy.volume.epoch;

/// What a guest changed on its disks between two flushes, or up to the end of an epoch. The segments of all disks of a
/// VM are in one order, numbered 1, 2, 3 and so on.
public final class Segment {
    private final long number;

    Segment(long number) {
        this.number = number;
    }

    public long number() {
        return number;
    }
}
