package understudy.volume.mirror;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import understudy.volume.Geometry;
import understudy.volume.store.ByteRange;
import understudy.volume.store.ReplicaStore;

/// Blocks of which nobody has a good copy. They are marked as bad, durably, in every replica that takes part: so a
/// replica can be in sync without them, a crash does not have their checksums computed anew from what is there, and
/// whichever replica serves later says that it does not have them. What a client writes to one in full is good again.
final class Rot {
    private final MirroredVolume volume;
    private final Route route;

    /// Where a block must be corrupt.
    private final List<ReplicaEndpoint> witnesses;

    /// Where it is marked then.
    private final List<ReplicaEndpoint> marked;

    private boolean hasRoom = true;

    private Rot(MirroredVolume volume, Route route, List<ReplicaEndpoint> witnesses, List<ReplicaEndpoint> marked) {
        this.volume = volume;
        this.route = route;
        this.witnesses = witnesses;
        this.marked = marked;
    }

    /// What is corrupt in the source of a copy. Whatever the target has there may be older.
    static Rot ofCopy(MirroredVolume volume, Route route, ReplicaEndpoint source, ReplicaEndpoint target) {
        return new Rot(volume, route, List.of(source), List.of(source, target));
    }

    /// What is corrupt in every replica that is in sync.
    static Rot ofServed(MirroredVolume volume, Route route) {
        List<ReplicaEndpoint> all = new ArrayList<>();
        if (route.needsLocal()) {
            all.add(new LocalEndpoint(route.local().orElseThrow()));
        }
        if (route.needsPeer()) {
            all.add(new PeerEndpoint(route.link().orElseThrow()));
        }
        return new Rot(volume, route, all, all);
    }

    /// Looks at these blocks of whole extents once more, and marks those that are corrupt and that no client writes
    /// meanwhile.
    void keep(List<ByteRange> ranges) throws IOException {
        for (ByteRange range : ranges) {
            for (int extent = Geometry.extentOf(range.offset());
                    extent <= Geometry.extentOf(range.end() - 1);
                    extent++) {
                keep(extent, Marks.of(range, extent));
            }
        }
    }

    /// Whether all that was found could be marked.
    boolean hasRoom() {
        return hasRoom;
    }

    /// As [#keep(List)], for blocks of one extent.
    ///
    /// @return those that are marked in all replicas now; none if there is no room for them
    long[] keep(int extent, long[] candidates) throws IOException {
        long[] bad = new long[Marks.WORDS];
        if (Marks.count(candidates) == 0) {
            return bad;
        }
        long begin = (long) extent * Geometry.EXTENT_BYTES;
        CopyRange copy = new CopyRange(begin, Math.min(Geometry.EXTENT_BYTES, volume.sizeBytes() - begin));
        volume.locked(route, () -> {
            volume.watchCopy(copy);
            return copy;
        });
        try {
            long[] corrupt = candidates.clone();
            for (ReplicaEndpoint witness : witnesses) {
                keepCorrupt(witness, extent, corrupt);
            }
            boolean isNews = volume.locked(route, () -> {
                volume.unwatchCopy(copy);
                for (int block = 0; block < Geometry.EXTENT_BLOCKS; block++) {
                    if (Marks.has(corrupt, block) && !copy.isTouched(block)) {
                        Marks.add(bad, block);
                    }
                }
                boolean isNew = isNews(extent, bad);
                if (!mark(extent, bad)) {
                    hasRoom = false;
                    Arrays.fill(bad, 0);
                }
                return isNew && hasRoom;
            });
            if (isNews) {
                volume.reports()
                        .corrupt("no good copy of " + Marks.ranges(bad, extent, volume.sizeBytes())
                                + ": an error to whoever reads it, until it is written anew");
            }
        } finally {
            volume.unwatchCopy(copy);
        }
        return bad;
    }

    private static void keepCorrupt(ReplicaEndpoint witness, int extent, long[] blocks) throws IOException {
        if (Marks.count(blocks) == 0) {
            return;
        }
        long[] digests = new long[Geometry.EXTENT_BLOCKS];
        witness.digests(extent, blocks.clone(), digests);
        for (int block = 0; block < Geometry.EXTENT_BLOCKS; block++) {
            if (Marks.has(blocks, block) && digests[block] != ReplicaStore.DIGEST_OF_CORRUPT) {
                Marks.remove(blocks, block);
            }
        }
    }

    /// Whether some are not known to be bad by the first of the replicas.
    private boolean isNews(int extent, long[] bad) {
        return Marks.count(unknownTo(marked.getFirst(), extent, bad)) > 0;
    }

    private static long[] unknownTo(ReplicaEndpoint replica, int extent, long[] bad) {
        return Marks.without(bad, Marks.of(replica.bad(), extent));
    }

    /// Under the order lock.
    private boolean mark(int extent, long[] bad) throws IOException {
        for (ReplicaEndpoint replica : marked) {
            boolean isKnown = Marks.count(unknownTo(replica, extent, bad)) == 0;
            if (!isKnown && !replica.markBad(extent, bad)) {
                return false;
            }
        }
        return true;
    }
}
