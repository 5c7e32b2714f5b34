package understudy.volume.mirror;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleConsumer;
import understudy.volume.Geometry;
import understudy.volume.store.ByteRange;
import understudy.volume.store.CorruptBlocksException;

/// Reads everything on both sides, verifies it, compares, and mends what is corrupt from the other replica, if
/// both are in sync. Makes way for clients as a resync does.
///
/// Checksums are compared once without the order lock, since they nearly always agree; where they do not, once
/// more under it: the question to the peer is answered after all that was sent before, so that only a true
/// difference is left.
final class Scrub {
    private static final int PIECE_BYTES = 1 << 20;

    private final MirroredVolume volume;
    private final Pace pace;
    private final BooleanSupplier isStopped;
    private final MirrorObserver observer;
    private final DoubleConsumer progress;
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
        try (Arena arena = Arena.ofShared()) {
            MemorySegment piece = arena.allocate(PIECE_BYTES, 64);
            int extents = Geometry.extents(volume.sizeBytes());
            for (int extent = 0; extent < extents; extent++) {
                progress.accept((double) extent / extents);
                long began = volume.threads().now();
                scrub(route, extent, piece);
                if (!pace.rest(Geometry.EXTENT_BYTES, volume.threads().now() - began, isStopped)) {
                    throw new BrokenLinkException("the scrub was stopped");
                }
            }
        }
        return new ScrubReport(route.needsBoth(), local, peer, differing, unmended);
    }

    private void scrub(Route route, int extent, MemorySegment piece) throws IOException {
        LocalEndpoint here = new LocalEndpoint(route.local().orElseThrow());
        long begin = (long) extent * Geometry.EXTENT_BYTES;
        long end = Math.min(volume.sizeBytes(), begin + Geometry.EXTENT_BYTES);
        for (long at = begin; at < end; at += PIECE_BYTES) {
            try {
                here.read(at, piece.asSlice(0, Math.min(PIECE_BYTES, end - at)));
            } catch (CorruptBlocksException e) {
                mendLocal(route, e.ranges());
            }
        }
        if (route.needsBoth()) {
            PeerEndpoint there = new PeerEndpoint(route.link().orElseThrow());
            mendPeer(route, there.verify(extent));
            compare(route, extent, here, there);
        }
    }

    private void mendLocal(Route route, List<ByteRange> ranges) throws IOException {
        long blocks = count(ranges);
        local += blocks;
        observer.error("corrupt in the local replica: " + ranges);
        if (!route.needsBoth()) {
            unmended += blocks;
            return;
        }
        for (ByteRange range : ranges) {
            try {
                Mending.local(volume, route, range);
            } catch (IOException e) {
                unmended += count(List.of(range));
                observer.error("not mended: " + range + ": " + e.getMessage());
            }
        }
    }

    private void mendPeer(Route route, List<ByteRange> ranges) throws IOException {
        if (ranges.isEmpty()) {
            return;
        }
        peer += count(ranges);
        observer.error("corrupt in the peer's replica: " + ranges);
        for (ByteRange range : ranges) {
            try {
                Mending.peer(volume, route, range);
            } catch (CorruptBlocksException e) {
                unmended += count(List.of(range));
                observer.error("no good copy of " + range);
            }
        }
    }

    private void compare(Route route, int extent, LocalEndpoint here, PeerEndpoint there) throws IOException {
        if (differences(extent, here, there).isEmpty()) {
            return;
        }
        List<ByteRange> ranges = volume.locked(route, () -> differences(extent, here, there));
        for (ByteRange range : ranges) {
            differing += count(List.of(range));
            observer.error("the replicas differed at " + range);
            Mending.peer(volume, route, range);
        }
    }

    /// Blocks, one by one: there are few, if any.
    private List<ByteRange> differences(int extent, LocalEndpoint here, PeerEndpoint there) throws IOException {
        int[] mine = new int[Geometry.EXTENT_BLOCKS];
        int[] theirs = new int[Geometry.EXTENT_BLOCKS];
        here.sums(extent, mine);
        there.sums(extent, theirs);
        List<ByteRange> ranges = new ArrayList<>();
        for (int block = 0; block < Geometry.EXTENT_BLOCKS; block++) {
            if (mine[block] != theirs[block]) {
                long at = (long) extent * Geometry.EXTENT_BYTES + (long) block * Geometry.BLOCK_BYTES;
                ranges.add(new ByteRange(at, Math.min(Geometry.BLOCK_BYTES, volume.sizeBytes() - at)));
            }
        }
        return ranges;
    }

    private static long count(List<ByteRange> ranges) {
        return ranges.stream()
                .mapToLong(range -> (range.length() + Geometry.BLOCK_BYTES - 1) / Geometry.BLOCK_BYTES)
                .sum();
    }
}
