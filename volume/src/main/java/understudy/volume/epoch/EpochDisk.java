package understudy.volume.epoch;

import java.util.Optional;
import understudy.volume.Lane;
import understudy.volume.LaneClient;
import understudy.volume.Volume;

/// One of the disks of [DiskEpochs].
final class EpochDisk implements Volume {
    private final DiskEpochs epochs;
    private final int index;
    private volatile long size;
    private volatile Optional<Volume> volume = Optional.empty();

    /// @param size as long as there is no volume
    EpochDisk(DiskEpochs epochs, int index, long size) {
        this.epochs = epochs;
        this.index = index;
        this.size = size;
    }

    void attach(Volume to) {
        volume = Optional.of(to);
        holdSize();
    }

    /// It does not grow while anything is kept.
    void holdSize() {
        size = volume().sizeBytes();
    }

    Volume volume() {
        return volume.orElseThrow();
    }

    @Override
    public long sizeBytes() {
        return epochs.isDirect() ? volume().sizeBytes() : size;
    }

    @Override
    public Lane open(LaneClient client) {
        return new EpochLane(epochs, index, client);
    }
}
