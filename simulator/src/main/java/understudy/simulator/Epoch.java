package understudy.simulator;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import understudy.model.VolumeId;
import understudy.simulator.Branch.Point;

/// What a standby gets of an epoch.
///
/// @param end    all that the guest has done
/// @param kept   what it asked of its disks since the last one
/// @param memory what it knows of them
record Epoch(Point end, List<KeptRequest> kept, SortedMap<VolumeId, DiskMemory> memory) {
    Epoch {
        kept = List.copyOf(kept);
        memory = Collections.unmodifiableSortedMap(new TreeMap<>(memory));
    }
}
