package understudy.volume.store;

import java.util.ArrayList;
import java.util.List;
import understudy.volume.Lane.Allocation;

/// What of a disk is allocated.
final class Allocations {

    private Allocations() {}

    static List<Allocation> of(Disk disk, long offset, long length, int max) throws DiskFailedException {
        List<Allocation> pieces = new ArrayList<>();
        long end = offset + length;
        long at = offset;
        while (at < end && pieces.size() < max) {
            long data = Math.min(end, disk.nextData(at));
            boolean isHole = data > at;
            long next = isHole ? data : Math.min(end, disk.nextHole(at));
            // A file that changes beside this may say that what was data is a hole: then it was neither for long.
            next = next > at ? next : end;
            pieces.add(new Allocation(next - at, isHole, isHole));
            at = next;
        }
        return pieces;
    }
}
