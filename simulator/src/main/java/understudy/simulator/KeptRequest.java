package understudy.simulator;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import understudy.model.VolumeId;

/// A write or a flush that a guest of a pair was told is done, and that no disk has yet.
///
/// @param epoch in which it was asked for
record KeptRequest(VolumeId volume, DiskRequest request, long epoch) {

    boolean isFlush() {
        return request.kind() == DiskRequest.Kind.FLUSH;
    }

    /// The same with the last write of each block only, between two flushes: a block that has the last one never goes
    /// back to an earlier one when they are applied again.
    static List<KeptRequest> lastOnly(List<KeptRequest> all) {
        List<KeptRequest> rest = new ArrayList<>();
        Map<String, KeptRequest> last = new LinkedHashMap<>();
        for (KeptRequest it : all) {
            if (it.isFlush()) {
                rest.addAll(last.values());
                last.clear();
                rest.add(it);
            } else {
                last.put(it.volume + "/" + it.request.block(), it);
            }
        }
        rest.addAll(last.values());
        return rest;
    }
}
