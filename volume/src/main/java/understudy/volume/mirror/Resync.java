package understudy.volume.mirror;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import understudy.volume.Geometry;
import understudy.volume.store.CorruptBlocksException;
import understudy.volume.store.ReplicaStore;

/// Copies to a replica what it misses, from the one that is in sync, in either direction; driven by the serving
/// side, which sees all writes. Client writes go to both meanwhile.
///
/// What to look at is what the source has marks for. Of each extent the checksums are compared first, and where
/// they are equal the contents by their digests, since a checksum is no proof that blocks are equal. Only blocks
/// that differ are copied: a range is read from the source, and those of its blocks that no client wrote
/// meanwhile go to the target under the order lock. Comparing at different moments does no harm: a write that
/// only one of the two checksums knows of reaches both replicas, so what is equal but for it is equal after it.
///
/// What is corrupt in the source is copied by nobody, and must not keep the replica out: it is bad on both sides from
/// then on ([Rot]).
///
/// A mark is cleared when its block is equal and the target has synced since (invariant 5). Until then a crash
/// of anybody finds it there: a resync goes on where it was.
final class Resync implements Runnable {
    private static final int RANGE_BLOCKS = ReplicaEndpoint.SPANS_MAX;
    private static final int RANGE_BYTES = RANGE_BLOCKS * Geometry.BLOCK_BYTES;
    private static final int BUSY_BLOCKS = 16;

    /// Bounds on what is equal but not yet synced on the target, and so not cleared.
    private static final int UNCLEARED_EXTENTS_MAX = 64;

    private static final long UNCLEARED_BYTES_MAX = 64L << 20;

    private final MirroredVolume volume;
    private final Route route;
    private final ReplicaEndpoint source;
    private final ReplicaEndpoint target;
    private final Preparation preparation;
    private final Pace pace;
    private final Outcome outcome;
    private final int[] sourceSums = new int[Geometry.EXTENT_BLOCKS];
    private final int[] targetSums = new int[Geometry.EXTENT_BLOCKS];
    private final long[] sourceDigests = new long[Geometry.EXTENT_BLOCKS];
    private final long[] targetDigests = new long[Geometry.EXTENT_BLOCKS];
    private final List<Equal> uncleared = new ArrayList<>();
    private final long began;
    private long unclearedBytes;
    private volatile long firstLeft = -1;
    private volatile long left;
    private volatile long copied;
    private volatile boolean isStopped;
    private volatile boolean isFull;

    /// What came of it; from its thread.
    interface Outcome {
        void caughtUp(Resync resync);

        /// It stopped before that; if it was not told to, whoever failed has been reported.
        void stopped(Resync resync, String why);
    }

    /// What is done before anything is compared.
    interface Preparation {
        /// @return whether everything is to be copied
        boolean prepare() throws IOException;
    }

    @SuppressWarnings("ArrayRecordComponent") // nobody compares these
    private record Equal(int extent, long[] bits) {}

    /// @param route one by which the target follows
    Resync(
            MirroredVolume volume,
            Route route,
            ReplicaEndpoint source,
            ReplicaEndpoint target,
            Preparation preparation,
            Pace pace,
            Outcome outcome) {
        this.volume = volume;
        this.route = route;
        this.source = source;
        this.target = target;
        this.preparation = preparation;
        this.pace = pace;
        this.outcome = outcome;
        began = volume.threads().now();
    }

    /// Soon. From any thread.
    void stop() {
        isStopped = true;
    }

    private boolean isStopped() {
        return isStopped;
    }

    ResyncProgress progress() {
        long total = Math.max(0, firstLeft);
        // What was copied is taken off the marks only when the target has it durably.
        long done = Math.max(1, Math.max(total - left, copied / Geometry.BLOCK_BYTES));
        long still = Math.max(0, Math.min(left, total - done));
        long nanos = volume.threads().now() - began;
        return new ResyncProgress(
                target instanceof PeerEndpoint,
                isFull,
                pace.isPaused(),
                still * Geometry.BLOCK_BYTES,
                copied,
                Duration.ofNanos((long) ((double) nanos / done * still)));
    }

    @Override
    public void run() {
        try (Arena arena = Arena.ofShared()) {
            isFull = preparation.prepare();
            if (copyAll(arena.allocate(RANGE_BYTES, 64))) {
                outcome.caughtUp(this);
            } else {
                outcome.stopped(this, "told to stop");
            }
        } catch (IOException e) {
            outcome.stopped(this, String.valueOf(e.getMessage()));
        }
    }

    private boolean copyAll(MemorySegment range) throws IOException {
        long[] bits = new long[Marks.WORDS];
        int from = 0;
        while (true) {
            int extent = source.dirty(from, bits);
            left = source.dirtyBlocks();
            firstLeft = Math.max(firstLeft, left);
            if (extent >= 0) {
                if (!copyExtent(extent, bits, range)) {
                    return false;
                }
                from = extent + 1;
            }
            boolean isEndOfPass = extent < 0 || from >= Geometry.extents(volume.sizeBytes());
            if (isEndOfPass || uncleared.size() >= UNCLEARED_EXTENTS_MAX || unclearedBytes >= UNCLEARED_BYTES_MAX) {
                clear();
            }
            if (isEndOfPass) {
                if (extent < 0 && from == 0) {
                    return true;
                }
                from = 0;
            }
        }
    }

    /// @return false if it is to stop
    private boolean copyExtent(int extent, long[] bits, MemorySegment range) throws IOException {
        long began = volume.threads().now();
        source.sums(extent, sourceSums);
        target.sums(extent, targetSums);
        long[] rotten = Marks.of(source.bad(), extent);
        long[] unreadable = Marks.of(target.bad(), extent);
        long[] equal = Marks.without(bits, rotten);
        long[] differing = new long[Marks.WORDS];
        for (int block = 0; block < Geometry.EXTENT_BLOCKS; block++) {
            boolean isEqual = sourceSums[block] == targetSums[block] && !Marks.has(unreadable, block);
            if (Marks.has(equal, block) && !isEqual) {
                Marks.add(differing, block);
                Marks.remove(equal, block);
            }
            if (!Marks.has(bits, block)) {
                Marks.remove(rotten, block);
            }
        }
        lookCloser(extent, equal, differing, rotten);
        keepRotten(extent, rotten, equal);
        if (!pace.rest(0, volume.threads().now() - began, this::isStopped)) {
            return false;
        }
        boolean isGoing = true;
        while (isGoing && Marks.count(differing) > 0) {
            Portion portion = new Portion(extent, differing, range, pace.isQuiet());
            try {
                isGoing = copyPortion(portion, equal);
            } catch (CorruptBlocksException e) {
                // The others of this portion stay marked, and come with the next pass.
                keepRotten(extent, portion.blocks(), equal);
            }
        }
        if (Marks.count(equal) > 0) {
            uncleared.add(new Equal(extent, equal));
        }
        return isGoing;
    }

    /// Blocks with equal checksums may differ.
    private void lookCloser(int extent, long[] equal, long[] differing, long[] rotten) throws IOException {
        if (Marks.count(equal) == 0) {
            return;
        }
        long[] wanted = equal.clone();
        // Both hosts work on it at the same time: who is asked first is waited for last.
        if (source instanceof PeerEndpoint) {
            ReplicaEndpoint.DigestsQuestion ofPeer = source.askDigests(extent, wanted);
            target.digests(extent, wanted, targetDigests);
            ofPeer.await(sourceDigests);
        } else {
            ReplicaEndpoint.DigestsQuestion ofPeer = target.askDigests(extent, wanted);
            source.digests(extent, wanted, sourceDigests);
            ofPeer.await(targetDigests);
        }
        for (int block = 0; block < Geometry.EXTENT_BLOCKS; block++) {
            boolean isRotten = sourceDigests[block] == ReplicaStore.DIGEST_OF_CORRUPT;
            if (Marks.has(wanted, block) && (isRotten || sourceDigests[block] != targetDigests[block])) {
                Marks.add(isRotten ? rotten : differing, block);
                Marks.remove(equal, block);
            }
        }
    }

    /// Blocks that are corrupt in the source: nobody has them, for what the target has may be older. Where both
    /// replicas say so they are equal. That checksums are, is no proof that the target's is not old.
    private void keepRotten(int extent, long[] rotten, long[] equal) throws IOException {
        Rot rot = Rot.ofCopy(volume, route, source, target);
        long[] bad = rot.keep(extent, rotten);
        if (!rot.hasRoom()) {
            throw new IOException("the source has more bad blocks than can be told: its disk is to be replaced");
        }
        for (int i = 0; i < Marks.WORDS; i++) {
            equal[i] |= bad[i];
        }
    }

    /// What is copied in one go: runs of blocks of one extent that differ, however far they lie apart.
    private final class Portion {
        private final long begin;
        private final List<Span> spans = new ArrayList<>();
        private long bytes;

        /// Takes blocks out of `differing`: fewer while clients are busy, for they wait for it.
        Portion(int extent, long[] differing, MemorySegment buffer, boolean isQuiet) {
            begin = (long) extent * Geometry.EXTENT_BYTES;
            int left = isQuiet ? RANGE_BLOCKS : BUSY_BLOCKS;
            int block = 0;
            while (block < Geometry.EXTENT_BLOCKS && left > 0) {
                int first = block;
                while (block < Geometry.EXTENT_BLOCKS && left > 0 && Marks.has(differing, block)) {
                    Marks.remove(differing, block);
                    block++;
                    left--;
                }
                if (block > first) {
                    add(first, block, buffer);
                }
                block++;
            }
        }

        private void add(int first, int end, MemorySegment buffer) {
            long offset = begin + (long) first * Geometry.BLOCK_BYTES;
            long length = Math.min((long) (end - first) * Geometry.BLOCK_BYTES, volume.sizeBytes() - offset);
            spans.add(new Span(offset, buffer.asSlice(bytes, length)));
            bytes += length;
        }

        List<Span> spans() {
            return spans;
        }

        long bytes() {
            return bytes;
        }

        long[] blocks() {
            long[] marks = new long[Marks.WORDS];
            addTo(marks, spans);
            return marks;
        }

        /// From the first to the last: that clients write in between does no harm.
        CopyRange watched() {
            Span last = spans.getLast();
            long offset = spans.getFirst().offset();
            return new CopyRange(offset, last.offset() + last.data().byteSize() - offset);
        }

        /// Runs of blocks that nobody touched.
        List<Span> untouched(CopyRange copy) {
            List<Span> runs = new ArrayList<>();
            long base = spans.getFirst().offset();
            for (Span span : spans) {
                long size = span.data().byteSize();
                long at = 0;
                while (at < size) {
                    long from = at;
                    while (at < size && !copy.isTouched(blocks(span.offset() + at - base))) {
                        at += Geometry.BLOCK_BYTES;
                    }
                    if (at > from) {
                        MemorySegment run = span.data().asSlice(from, Math.min(at, size) - from);
                        runs.add(new Span(span.offset() + from, run));
                    }
                    at += Geometry.BLOCK_BYTES;
                }
            }
            return runs;
        }

        private static int blocks(long bytes) {
            return Math.toIntExact(bytes / Geometry.BLOCK_BYTES);
        }

        void addTo(long[] marks, List<Span> runs) {
            for (Span run : runs) {
                long size = run.data().byteSize();
                for (long at = 0; at < size; at += Geometry.BLOCK_BYTES) {
                    Marks.add(marks, blocks(run.offset() + at - begin));
                }
            }
        }
    }

    /// What somebody touched meanwhile stays marked.
    private boolean copyPortion(Portion portion, long[] equal) throws IOException {
        long began = volume.threads().now();
        CopyRange copy = portion.watched();
        volume.locked(route, () -> {
            volume.watchCopy(copy);
            return copy;
        });
        boolean hasRoom;
        try {
            source.read(portion.spans());
            hasRoom = volume.locked(route, () -> {
                volume.unwatchCopy(copy);
                List<Span> runs = portion.untouched(copy);
                boolean isCopied = runs.isEmpty() || target.copy(runs);
                if (isCopied) {
                    portion.addTo(equal, runs);
                }
                return isCopied;
            });
        } finally {
            volume.unwatchCopy(copy);
        }
        if (!hasRoom) {
            // What is left out now is looked at again.
            route.local().ifPresent(volume.reports()::logFull);
            volume.awaitChange(route);
            return !isStopped;
        }
        long before = copied;
        copied = before + portion.bytes();
        unclearedBytes += portion.bytes();
        return pace.rest(portion.bytes(), volume.threads().now() - began, this::isStopped);
    }

    private void clear() throws IOException {
        if (uncleared.isEmpty()) {
            return;
        }
        target.flush();
        for (Equal one : uncleared) {
            volume.locked(route, () -> {
                source.clear(one.extent(), one.bits());
                return one;
            });
        }
        source.persistMarks();
        uncleared.clear();
        unclearedBytes = 0;
    }
}
