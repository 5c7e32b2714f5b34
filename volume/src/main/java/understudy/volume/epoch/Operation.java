package understudy.volume.epoch;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import understudy.volume.Geometry;

/// One request to a volume by which a segment is applied: zeros, or a run of extents with data that lie side by
/// side.
///
/// @param parts of which it is made; those of a run may reach beyond it
record Operation(int disk, long offset, long length, List<Extent> parts) {

    /// The longest run. Runs end where blocks end, if they are cut, so that no block is touched twice.
    static final int RUN_BYTES = 1 << 20;

    Operation {
        parts = List.copyOf(parts);
    }

    /// All that a segment needs. No two of them overlap.
    static List<Operation> of(Segment segment) {
        List<Operation> operations = new ArrayList<>();
        for (int disk = 0; disk < segment.disks(); disk++) {
            List<Extent> run = new ArrayList<>();
            for (Extent extent : segment.extents(disk).all()) {
                boolean goesOn =
                        extent.isData() && !run.isEmpty() && run.getLast().end() == extent.offset();
                if (!goesOn) {
                    addRun(operations, disk, run);
                }
                if (extent.isData()) {
                    run.add(extent);
                } else {
                    operations.add(new Operation(disk, extent.offset(), extent.length(), List.of(extent)));
                }
            }
            addRun(operations, disk, run);
        }
        return operations;
    }

    private static void addRun(List<Operation> operations, int disk, List<Extent> run) {
        if (run.isEmpty()) {
            return;
        }
        long end = run.getLast().end();
        int first = 0;
        for (long at = run.getFirst().offset(); at < end; ) {
            long cut = (at + RUN_BYTES) / Geometry.BLOCK_BYTES * Geometry.BLOCK_BYTES;
            long to = Math.min(end, cut);
            int last = first;
            while (run.get(last).end() < to) {
                last++;
            }
            operations.add(new Operation(disk, at, to - at, run.subList(first, last + 1)));
            first = run.get(last).end() == to ? last + 1 : last;
            at = to;
        }
        run.clear();
    }

    boolean isData() {
        return parts.getFirst().isData();
    }

    boolean mayPunch() {
        return parts.getFirst().kind() == Extent.Kind.HOLE;
    }

    /// Copies the data of a run.
    void copyTo(MemorySegment target) {
        for (Extent part : parts) {
            long begin = Math.max(offset, part.offset());
            part.copyTo(begin, Math.min(offset + length, part.end()), target, begin - offset);
        }
    }
}
