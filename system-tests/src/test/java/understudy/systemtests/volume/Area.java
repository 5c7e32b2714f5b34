package understudy.systemtests.volume;

import java.util.Random;

/// Where on a disk clients work: clusters of neighbouring blocks, spread evenly, so that requests meet each other and
/// many extents of the disk are touched.
///
/// @param diskBlocks blocks of the whole disk
/// @param clusters   how many clusters there are
record Area(long diskBlocks, int clusters) {
    static final int CLUSTER_BLOCKS = 16;

    Area {
        if (diskBlocks < (long) clusters * CLUSTER_BLOCKS) {
            throw new IllegalArgumentException("clusters would overlap");
        }
    }

    /// A run of blocks.
    record Run(long block, int blocks) {}

    /// At most `most` blocks of one cluster.
    Run random(Random random, int most) {
        int length = 1 + random.nextInt(most);
        int offset = random.nextInt(CLUSTER_BLOCKS - length + 1);
        return new Run(cluster(random.nextInt(clusters)).block() + offset, length);
    }

    Run cluster(int number) {
        return new Run(number * (diskBlocks / clusters), CLUSTER_BLOCKS);
    }
}
