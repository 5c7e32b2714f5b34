package understudy.volume.mirror;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import understudy.volume.Geometry;
import understudy.volume.store.ByteRange;
import understudy.volume.store.CorruptBlocksException;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.ReplicaStore;

/// Mends blocks of the local replica that do not hold what was last written to them, from the peer's. Only
/// while the peer is in sync (design, section 3.1, rule 4): callers have a route that needs both.
final class Mending {
    private static final long QUESTION_NANOS = 60_000_000_000L;
    private static final int TRIES_MAX = 100;

    private Mending() {}

    /// During a write that covers corrupt blocks in part, under the order lock: the peer was sent that write
    /// before, so what it has of these blocks is what they are to become. The whole write is made good by it.
    static void fromPeer(
            ReplicaStore store, PeerLink link, List<ByteRange> corrupt, long offset, long length, long sizeBytes)
            throws DiskFailedException {
        long first = offset / Geometry.BLOCK_BYTES * Geometry.BLOCK_BYTES;
        long end = Math.min(sizeBytes, -Math.floorDiv(-(offset + length), Geometry.BLOCK_BYTES) * Geometry.BLOCK_BYTES);
        try {
            for (long at = first; at < end; at += Frame.PAYLOAD_BYTES_MAX) {
                byte[] good = fetch(link, at, (int) Math.min(Frame.PAYLOAD_BYTES_MAX, end - at));
                put(store, at, good);
            }
        } catch (IOException e) {
            throw new DiskFailedException(0, "corrupt blocks, and no good copy: " + corrupt, e);
        }
    }

    /// Mends ranges of whole blocks. Client writes go on meanwhile; a block that they touch is looked at
    /// again.
    ///
    /// @return what is corrupt in the peer's replica, too
    static List<ByteRange> local(MirroredVolume volume, Route route, List<ByteRange> ranges) throws IOException {
        List<ByteRange> lost = new ArrayList<>();
        for (ByteRange range : ranges) {
            for (long at = range.offset(); at < range.end(); at += Frame.PAYLOAD_BYTES_MAX) {
                long length = Math.min(Frame.PAYLOAD_BYTES_MAX, range.end() - at);
                local(volume, route, at, (int) length, lost);
            }
        }
        return lost;
    }

    private static void local(MirroredVolume volume, Route route, long at, int length, List<ByteRange> lost)
            throws IOException {
        PeerLink link = route.link().orElseThrow();
        ReplicaStore store = route.local().orElseThrow();
        byte[][] good = new byte[1][];
        try {
            copy(
                    volume,
                    route,
                    at,
                    length,
                    offset -> good[0] = fetch(link, offset, length),
                    offset -> put(store, offset, good[0]));
        } catch (CorruptBlocksException e) {
            if (length <= Geometry.BLOCK_BYTES) {
                lost.addAll(e.ranges());
                return;
            }
            // One by one: there are few, and most may be good.
            for (int done = 0; done < length; done += Geometry.BLOCK_BYTES) {
                local(volume, route, at + done, Math.min(Geometry.BLOCK_BYTES, length - done), lost);
            }
        }
    }

    /// Copies a range of whole blocks to the peer, which has them corrupt, or different. As [#local] otherwise.
    static void peer(MirroredVolume volume, Route route, ByteRange range) throws IOException {
        PeerLink link = route.link().orElseThrow();
        ReplicaStore store = route.local().orElseThrow();
        try (Arena arena = Arena.ofShared()) {
            MemorySegment data = arena.allocate(Math.min(range.length(), Frame.PAYLOAD_BYTES_MAX), 64);
            for (long at = range.offset(); at < range.end(); at += Frame.PAYLOAD_BYTES_MAX) {
                MemorySegment part = data.asSlice(0, Math.min(Frame.PAYLOAD_BYTES_MAX, range.end() - at));
                copy(
                        volume,
                        route,
                        at,
                        part.byteSize(),
                        offset -> store.read(offset, part),
                        offset -> link.copy(List.of(new Span(offset, part))));
            }
        }
    }

    /// A step of a copy, at an offset.
    private interface At {
        void run(long offset) throws IOException;
    }

    /// Reads without the order lock and writes under it, until no client wrote in between.
    private static void copy(MirroredVolume volume, Route route, long at, long length, At read, At write)
            throws IOException {
        boolean isDone = false;
        for (int tries = 0; !isDone; tries++) {
            if (tries == TRIES_MAX) {
                throw new BrokenLinkException("clients write what is to be mended all the time");
            }
            CopyRange copy = new CopyRange(at, length);
            volume.locked(route, () -> {
                volume.watchCopy(copy);
                return copy;
            });
            try {
                read.run(at);
                isDone = volume.locked(route, () -> {
                    volume.unwatchCopy(copy);
                    if (!copy.isTouched()) {
                        write.run(at);
                    }
                    return !copy.isTouched();
                });
            } finally {
                volume.unwatchCopy(copy);
            }
        }
    }

    private static byte[] fetch(PeerLink link, long offset, int length) throws IOException {
        PeerLink.Answer answer = link.question(Frame.READ, offset, length, QUESTION_NANOS);
        if (answer.status() == Frame.CORRUPT) {
            throw new CorruptBlocksException(List.of(new ByteRange(offset, length)));
        }
        if (answer.status() != Frame.OK || answer.payload().length != length) {
            throw new BrokenLinkException("the peer did not send what it was asked for");
        }
        return answer.payload();
    }

    private static void put(ReplicaStore store, long offset, byte[] data) throws DiskFailedException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment good = arena.allocate(data.length, 64);
            MemorySegment.copy(MemorySegment.ofArray(data), 0, good, 0, data.length);
            if (!store.touch(offset, data.length) && !store.heat()) {
                throw new DiskFailedException(0, "no room in the activity log for a repair");
            }
            store.write(offset, good);
        } catch (CorruptBlocksException e) {
            throw new IllegalStateException("whole blocks need no good ones", e);
        }
    }
}
