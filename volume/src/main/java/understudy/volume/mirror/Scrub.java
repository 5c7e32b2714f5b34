package understudy.volume.mirror;

import java.io.IOException;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleConsumer;
import understudy.volume.Geometry;
import understudy.volume.store.ByteRange;
import understudy.volume.store.CorruptBlocksException;
import understudy.volume.store.ReplicaStore;

/// Reads everything on both sides, verifies it, compares, and mends what is corrupt from the other replica, if
/// both are in sync. Makes way for clients as a resync does.
///
/// Contents are compared by digests: checksums may be equal where contents differ ([ReplicaStore#digests]). Once
/// without the order lock, since they nearly always agree; where they do not, again, and at last under it: the question
/// to the peer is answered after all that was sent before, so that only a true difference is left.
///
/// Of two sound blocks that differ nobody can tell which is right. The peer gets the local one: that is what clients
/// have been reading, and no read of theirs may go back behind another. It is told, and counted.
final class Scrub {
    /// What is asked for in one go: it takes the peer's replica from its clients so long.
    private static final int PORTION_BLOCKS = 64;

    private static final int LOOKS = 3;

    private final MirroredVolume volume;
    private final Pace pace;
    private final BooleanSupplier isStopped;
    private final MirrorObserver observer;
    private final DoubleConsumer progress;
    private final long[] mine = new long[Geometry.EXTENT_BLOCKS];
    private final long[] theirs = new long[Geometry.EXTENT_BLOCKS];
    private long local;
    private long peer;
    private long differing;
    private long unmended;

    Scrub(
            MirroredVolume volume,
            Pace pace,
            BooleanSupplier isStopped,
            MirrorObserver observer,
            DoubleConsumer progress) {
        this.volume = volume;
        this.pace = pace;
        this.isStopped = isStopped;
        this.observer = observer;
        this.progress = progress;
    }

    /// @throws IOException if the volume is served in another way before it has ended, or stopped
    ScrubReport run() throws IOException {
        Route route = volume.awaitServing();
        if (route.isHeld() || !route.needsLocal()) {
            throw new BrokenLinkException("the local replica is not in sync");
        }
        int extents = Geometry.extents(volume.sizeBytes());
        for (int extent = 0; extent < extents; extent++) {
            progress.accept((double) extent / extents);
            for (int block = 0; block < Geometry.EXTENT_BLOCKS; block += PORTION_BLOCKS) {
                long began = volume.threads().now();
                scrub(route, extent, portion(block));
                long bytes = (long) PORTION_BLOCKS * Geometry.BLOCK_BYTES;
                if (!pace.rest(bytes, volume.threads().now() - began, isStopped)) {
                    throw new BrokenLinkException("the scrub was stopped");
                }
            }
        }
        return new ScrubReport(route.needsBoth(), local, peer, differing, unmended);
    }

    private static long[] portion(int block) {
        long[] bits = new long[Marks.WORDS];
        for (int i = block; i < block + PORTION_BLOCKS; i++) {
            Marks.add(bits, i);
        }
        return bits;
    }

    private void scrub(Route route, int extent, long[] wanted) throws IOException {
        LocalEndpoint here = new LocalEndpoint(route.local().orElseThrow());
        here.digests(extent, wanted, mine);
        mendLocal(route, corrupt(extent, wanted, mine));
        if (route.needsBoth()) {
            PeerEndpoint there = new PeerEndpoint(route.link().orElseThrow());
            there.digests(extent, wanted, theirs);
            mendPeer(route, corrupt(extent, wanted, theirs));
            compare(route, extent, wanted, here, there);
        }
    }

    private List<ByteRange> corrupt(int extent, long[] wanted, long[] digests) {
        long[] bits = new long[Marks.WORDS];
        for (int block = 0; block < Geometry.EXTENT_BLOCKS; block++) {
            if (Marks.has(wanted, block) && digests[block] == ReplicaStore.DIGEST_OF_CORRUPT) {
                Marks.add(bits, block);
            }
        }
        return Marks.ranges(bits, extent, volume.sizeBytes());
    }

    private void mendLocal(Route route, List<ByteRange> ranges) throws IOException {
        if (ranges.isEmpty()) {
            return;
        }
        local += count(ranges);
        observer.error("corrupt in the local replica: " + ranges);
        List<ByteRange> lost = route.needsBoth() ? Mending.local(volume, route, ranges) : ranges;
        unmended += count(lost);
        if (!lost.isEmpty() && volume.isMirrored()) {
            Rot.ofServed(volume, route).keep(lost);
        }
    }

    private void mendPeer(Route route, List<ByteRange> ranges) throws IOException {
        if (ranges.isEmpty()) {
            return;
        }
        peer += count(ranges);
        observer.error("corrupt in the peer's replica: " + ranges);
        for (ByteRange range : ranges) {
            // One by one: that one has no good copy says nothing of the next.
            for (long at = range.offset(); at < range.end(); at += Geometry.BLOCK_BYTES) {
                ByteRange block = new ByteRange(at, Math.min(Geometry.BLOCK_BYTES, range.end() - at));
                try {
                    Mending.peer(volume, route, block);
                } catch (CorruptBlocksException _) {
                    unmended++;
                    Rot.ofServed(volume, route).keep(List.of(block));
                }
            }
        }
    }

    private void compare(Route route, int extent, long[] wanted, LocalEndpoint here, PeerEndpoint there)
            throws IOException {
        long[] left = differences(wanted);
        for (int look = 1; look < LOOKS && Marks.count(left) > 0; look++) {
            left = lookAgain(extent, left, here, there);
        }
        if (Marks.count(left) == 0) {
            return;
        }
        long[] asked = left;
        List<ByteRange> ranges = Marks.ranges(
                volume.locked(route, () -> lookAgain(extent, asked, here, there)), extent, volume.sizeBytes());
        for (ByteRange range : ranges) {
            differing += count(List.of(range));
            observer.error("the replicas differed at " + range + "; the peer's has what the local one has now");
            Mending.peer(volume, route, range);
        }
    }

    private long[] lookAgain(int extent, long[] wanted, LocalEndpoint here, PeerEndpoint there) throws IOException {
        here.digests(extent, wanted.clone(), mine);
        there.digests(extent, wanted.clone(), theirs);
        return differences(wanted);
    }

    /// What is sound on both sides and not the same.
    private long[] differences(long[] wanted) {
        long[] bits = new long[Marks.WORDS];
        for (int block = 0; block < Geometry.EXTENT_BLOCKS; block++) {
            boolean isSound =
                    mine[block] != ReplicaStore.DIGEST_OF_CORRUPT && theirs[block] != ReplicaStore.DIGEST_OF_CORRUPT;
            if (Marks.has(wanted, block) && isSound && mine[block] != theirs[block]) {
                Marks.add(bits, block);
            }
        }
        return bits;
    }

    private static long count(List<ByteRange> ranges) {
        return ranges.stream()
                .mapToLong(range -> (range.length() + Geometry.BLOCK_BYTES - 1) / Geometry.BLOCK_BYTES)
                .sum();
    }
}
