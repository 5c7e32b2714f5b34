package understudy.simulator;

import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a guest knows of one of its disks; it lies in the guest's memory, and goes where that goes.
///
/// @param acknowledged by block: what it wrote last, and was told is written
/// @param known        by block: what it wrote or read last, and since when it knows that
record DiskMemory(SortedMap<Integer, Long> acknowledged, SortedMap<Integer, Known> known) {

    record Known(long content, long since) {}

    DiskMemory {
        acknowledged = Collections.unmodifiableSortedMap(new TreeMap<>(acknowledged));
        known = Collections.unmodifiableSortedMap(new TreeMap<>(known));
    }

    /// Of a guest that was booted.
    static DiskMemory none() {
        return new DiskMemory(new TreeMap<>(), new TreeMap<>());
    }

    Optional<Known> of(int block) {
        return Optional.ofNullable(known.get(block));
    }

    DiskMemory written(int block, long content, long since) {
        SortedMap<Integer, Long> more = new TreeMap<>(acknowledged);
        more.put(block, content);
        return new DiskMemory(more, known).read(block, content, since);
    }

    DiskMemory read(int block, long content, long since) {
        SortedMap<Integer, Known> more = new TreeMap<>(known);
        more.put(block, new Known(content, since));
        return new DiskMemory(acknowledged, more);
    }
}
