package understudy.volume.mirror;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import understudy.volume.Geometry;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.Expected;
import understudy.volume.store.ReplicaStore;
import understudy.volume.store.Standing;
import understudy.volume.store.StoreRefusedException;

/// What a crash of a host would leave at this moment, to look at without disturbing anybody.
final class CrashImage implements AutoCloseable {
    private final byte[] data;
    private final ReplicaStore store;

    private CrashImage(byte[] data, ReplicaStore store) {
        this.data = data;
        this.store = store;
    }

    /// @return empty if there is no replica that could be opened
    static Optional<CrashImage> of(SimulatedPair.Side side, boolean isPowerLost, RandomGenerator random) {
        try {
            if (!side.isMade()) {
                return Optional.empty();
            }
            Medium dataImage = side.data.crashImage();
            Medium metaImage = side.meta.crashImage();
            if (isPowerLost) {
                dataImage.losePower(random);
                metaImage.losePower(random);
            }
            ReplicaStore store = ReplicaStore.open(dataImage.open(), metaImage.open(), Expected.ANYTHING);
            return Optional.of(new CrashImage(dataImage.content(), store));
        } catch (StoreRefusedException | DiskFailedException _) {
            return Optional.empty();
        }
    }

    /// Blocks in which `target` differs from this source, and of which neither the source's marks nor either
    /// one's log would tell: what a resync would miss (invariant 5: a mark is cleared only by a confirmed
    /// copy). None if the source's marks would not be used for this target: then everything is copied.
    List<Integer> missedBy(CrashImage target) {
        Standing.Tracking fitting = new Standing.Tracking(
                target.store.identity().replica(), target.store.standing().view());
        if (!store.standing().tracking().equals(Optional.of(fitting))) {
            return List.of();
        }
        int[] logged = IntStream.concat(
                        Arrays.stream(store.loggedExtents()), Arrays.stream(target.store.doubtfulExtents()))
                .sorted()
                .toArray();
        List<Integer> missed = new ArrayList<>();
        long[] bits = new long[Marks.WORDS];
        for (int extent = 0; extent < Geometry.extents(data.length); extent++) {
            if (Arrays.binarySearch(logged, extent) < 0) {
                store.dirty(extent, bits);
                addMissed(target, extent, bits, missed);
            }
        }
        return missed;
    }

    private void addMissed(CrashImage target, int extent, long[] bits, List<Integer> missed) {
        for (int block = 0; block < Geometry.EXTENT_BLOCKS; block++) {
            int at = extent * Geometry.EXTENT_BYTES + block * Geometry.BLOCK_BYTES;
            int end = Math.min(data.length, at + Geometry.BLOCK_BYTES);
            if (at < end && !Marks.has(bits, block) && !Arrays.equals(data, at, end, target.data, at, end)) {
                missed.add(extent * Geometry.EXTENT_BLOCKS + block);
            }
        }
    }

    @Override
    public void close() {
        store.close();
    }
}
