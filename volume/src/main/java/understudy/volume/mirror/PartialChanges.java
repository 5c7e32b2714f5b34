package understudy.volume.mirror;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import understudy.volume.Geometry;
import understudy.volume.store.CorruptBlocksException;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.ReplicaStore;

/// Changes that keep a part of a block need the rest of it. Where no replica that counts has that block, such a change
/// is refused before anything is sent or written, and no replica is given up for it. All of it under the order lock.
final class PartialChanges {
    private PartialChanges() {}

    /// Whether all changes are admitted without a look at them.
    static boolean areWelcome(Route now, Work work) {
        boolean isGoodHere = now.local().isEmpty() || now.local().get().bad().isEmpty();
        boolean isGoodThere = now.link().isEmpty() || now.link().get().bad().isEmpty();
        return isGoodHere && isGoodThere && !isCopying(now) && !work.isSpoiled();
    }

    /// Whether a peer that is not in sync gets the changes, too: it must not be asked for good blocks.
    private static boolean isCopying(Route now) {
        return now.link().isPresent() && now.needsLocal() && !now.needsPeer();
    }

    /// @throws DiskFailedException if the local disk cannot be read
    static boolean isRefused(Route now, Work work, int i, long sizeBytes) throws DiskFailedException {
        if (work.isSpoiled(i)) {
            return true;
        }
        long offset = work.offset(i);
        long length = work.length(i);
        boolean isBadThere = now.link().isPresent() && now.link().get().bad().hasPartOf(offset, length, sizeBytes);
        if (!now.needsLocal()) {
            return isBadThere;
        }
        ReplicaStore store = now.local().orElseThrow();
        if (store.bad().hasPartOf(offset, length, sizeBytes)) {
            // In sync it has it, unless it is bad there, too.
            return !now.needsPeer() || isBadThere;
        }
        if (!isBadThere && !isCopying(now)) {
            return false;
        }
        try {
            store.verifyParts(offset, length);
        } catch (CorruptBlocksException _) {
            return !now.needsPeer() || isBadThere;
        }
        if (isBadThere) {
            replace(now, store, offset, sizeBytes);
            replace(now, store, offset + length, sizeBytes);
        }
        return false;
    }

    /// The peer gets the block around this place, if it has that as a bad one, before the change of a part of it.
    private static void replace(Route now, ReplicaStore store, long place, long sizeBytes) throws DiskFailedException {
        PeerLink link = now.link().orElseThrow();
        long block = place / Geometry.BLOCK_BYTES;
        if (place % Geometry.BLOCK_BYTES == 0
                || place == sizeBytes
                || !link.bad().has(block)) {
            return;
        }
        long offset = block * Geometry.BLOCK_BYTES;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment good = arena.allocate(Math.min(Geometry.BLOCK_BYTES, sizeBytes - offset), 64);
            store.read(offset, good);
            link.copy(List.of(new Span(offset, good)));
        } catch (DiskFailedException e) {
            throw e;
        } catch (IOException _) {
            // The link broke, or the block did at this moment: the peer finds it bad, and is given up.
        }
    }
}
