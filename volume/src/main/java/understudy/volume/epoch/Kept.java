package understudy.volume.epoch;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// What a guest changed and what is not applied yet: the segments in order, of which the last is open, and per disk
/// what a read sees, which is the newest of all segments.
///
/// The two are separate maps of the same extents, since segments are many when a guest flushes often, and a read
/// that went through all of them would take ever longer. Not for two threads at a time.
final class Kept {
    private final List<Extents> seen;
    private final ArrayDeque<Segment> closed = new ArrayDeque<>();
    private List<Segment> unsealed = new ArrayList<>();
    private Segment open;
    private boolean isUnflushed = true;
    private long bytes;
    private int flushes;

    /// Where dropping the first segment has come to.
    private int dropDisk;

    private long dropOffset;

    /// Nothing is kept. What was written before counts as not flushed, as nobody knows.
    Kept(int disks) {
        seen = Stream.generate(Extents::new).limit(disks).toList();
        open = new Segment(1, disks);
    }

    /// What a standby held.
    Kept(int disks, List<Segment> segments) {
        this(disks);
        for (Segment segment : segments) {
            for (int disk = 0; disk < disks; disk++) {
                segment.extents(disk).all().forEach(seen.get(disk)::put);
            }
            closed.add(segment);
            bytes += segment.costBytes();
            flushes += segment.endsInFlush() ? 1 : 0;
        }
    }

    /// What all of it counts, in bytes.
    long bytes() {
        return bytes;
    }

    /// How many flushes of all disks are yet to come.
    int flushes() {
        return flushes;
    }

    void add(int disk, Change change) {
        switch (change) {
            case Change.Write write -> put(disk, Extent.ofData(open.number(), write.offset(), write.data()));
            case Change.Zero zero ->
                put(disk, Extent.ofZeros(open.number(), zero.offset(), zero.length(), zero.mayPunch()));
            case Change.Trim trim -> put(disk, Extent.ofZeros(open.number(), trim.offset(), trim.length(), true));
            case Change.Flush _ -> {}
        }
        if (change.endsInFlush()) {
            flush();
        }
    }

    private void put(int disk, Extent extent) {
        bytes -= open.isEmpty() ? 0 : open.extents(disk).costBytes();
        bytes += open.isEmpty() ? Extent.COST_BYTES : 0;
        open.extents(disk).put(extent);
        bytes += open.extents(disk).costBytes();
        seen.get(disk).put(extent);
        isUnflushed = true;
    }

    private void flush() {
        if (isUnflushed) {
            bytes += open.isEmpty() ? open.costBytes() : 0;
            open.endInFlush();
            flushes++;
            isUnflushed = false;
            endSegment();
        }
    }

    private void endSegment() {
        closed.add(open);
        unsealed.add(open);
        open = new Segment(open.number() + 1, open.disks());
    }

    /// Ends the open segment, if there is anything in it.
    ///
    /// @return the segments that ended since the last call, in order
    List<Segment> seal() {
        if (!open.isEmpty()) {
            endSegment();
        }
        List<Segment> sealed = unsealed;
        unsealed = new ArrayList<>();
        return sealed;
    }

    /// The number of the last segment that ended; 0 if none did.
    long last() {
        return open.number() - 1;
    }

    /// The oldest segment that has ended.
    Optional<Segment> first() {
        return Optional.ofNullable(closed.peekFirst());
    }

    /// Drops the first segment, whose content the volumes have, as far as so many extents go.
    ///
    /// @return whether it is gone
    boolean drop(int extents) {
        Segment first = closed.getFirst();
        int left = extents;
        while (dropDisk < first.disks()) {
            List<Extent> next = first.extents(dropDisk).next(dropOffset);
            if (next.isEmpty()) {
                dropDisk++;
                dropOffset = 0;
            } else if (left-- == 0) {
                return false;
            } else {
                Extent extent = next.getFirst();
                seen.get(dropDisk).forget(first.number(), extent.offset(), extent.end());
                dropOffset = extent.end();
            }
        }
        dropDisk = 0;
        dropOffset = 0;
        closed.removeFirst();
        bytes -= first.costBytes();
        flushes -= first.endsInFlush() ? 1 : 0;
        return true;
    }

    /// What a read sees of a range here.
    Overlay overlay(int disk, long offset, long length) {
        return new Overlay(offset, length, seen.get(disk).overlapping(offset, offset + length));
    }
}
