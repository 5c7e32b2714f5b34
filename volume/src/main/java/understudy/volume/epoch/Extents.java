package understudy.volume.epoch;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Extents of one disk that do not overlap; a later one takes the place of what it covers. Not for two threads at a
/// time while it changes.
final class Extents {
    private final TreeMap<Long, Extent> byOffset = new TreeMap<>();
    private long dataBytes;

    /// In ascending order.
    Collection<Extent> all() {
        return byOffset.values();
    }

    boolean isEmpty() {
        return byOffset.isEmpty();
    }

    int count() {
        return byOffset.size();
    }

    long dataBytes() {
        return dataBytes;
    }

    /// What all of it counts.
    long costBytes() {
        return dataBytes + (long) Extent.COST_BYTES * byOffset.size();
    }

    void put(Extent extent) {
        clear(extent.offset(), extent.end());
        add(extent);
    }

    private void clear(long from, long to) {
        Map.Entry<Long, Extent> before = byOffset.lowerEntry(from);
        if (before != null && before.getValue().end() > from) {
            Extent cut = before.getValue();
            remove(cut);
            add(cut.part(cut.offset(), from));
            keepRest(cut, to);
        }
        Map.Entry<Long, Extent> next = byOffset.ceilingEntry(from);
        while (next != null && next.getKey() < to) {
            remove(next.getValue());
            keepRest(next.getValue(), to);
            next = byOffset.higherEntry(next.getKey());
        }
    }

    private void keepRest(Extent cut, long from) {
        if (cut.end() > from) {
            add(cut.part(from, cut.end()));
        }
    }

    private void add(Extent extent) {
        byOffset.put(extent.offset(), extent);
        dataBytes += extent.dataBytes();
    }

    private void remove(Extent extent) {
        byOffset.remove(extent.offset());
        dataBytes -= extent.dataBytes();
    }

    /// Those that have bytes in [from, to), whole, in ascending order.
    List<Extent> overlapping(long from, long to) {
        List<Extent> found = new ArrayList<>();
        Map.Entry<Long, Extent> before = byOffset.lowerEntry(from);
        if (before != null && before.getValue().end() > from) {
            found.add(before.getValue());
        }
        found.addAll(byOffset.subMap(from, to).values());
        return found;
    }

    /// Removes what belongs to a segment and has bytes in [from, to).
    void forget(long segment, long from, long to) {
        for (Extent extent : overlapping(from, to)) {
            if (extent.segment() == segment) {
                remove(extent);
            }
        }
    }

    /// The first that begins at `from` or later, or an empty list.
    List<Extent> next(long from) {
        Map.Entry<Long, Extent> next = byOffset.ceilingEntry(from);
        return next == null ? List.of() : List.of(next.getValue());
    }
}
