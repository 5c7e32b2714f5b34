package understudy.volume.mirror;

import java.util.UUID;
import understudy.volume.Geometry;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.ReplicaStore;

/// What a source does with its dirty map, on either side. Under the order lock.
final class Tracking {
    private Tracking() {}

    /// The peer, if there ever was one, may lack whatever is in the activity log, and gets no writes from here
    /// on.
    static void markLogged(ReplicaStore store) {
        store.markWrites(true);
        if (store.standing().tracking().isEmpty()) {
            return;
        }
        for (int extent : store.loggedExtents()) {
            long begin = (long) extent * Geometry.EXTENT_BYTES;
            store.mark(begin, Math.min(Geometry.EXTENT_BYTES, store.sizeBytes() - begin));
        }
    }

    /// The peer lacks everything.
    static void all(ReplicaStore store, UUID peer, long view) throws DiskFailedException {
        store.stopTracking();
        store.startTracking(peer, view);
        store.mark(0, store.sizeBytes());
        store.persistMarks();
        store.markWrites(true);
    }
}
