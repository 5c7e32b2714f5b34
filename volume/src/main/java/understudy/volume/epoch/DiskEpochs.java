package understudy.volume.epoch;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import understudy.volume.Lane;
import understudy.volume.LaneClient;
import understudy.volume.Volume;

/// A VM's disks, as its guest sees them: mirrored volumes, or, while the guest is copied by checkpoints, these with
/// what it changed and what is not applied to them yet.
///
/// Threads: any, unless it says otherwise.
@SuppressWarnings("DoNotCallSuggester") // those that are not there yet
public final class DiskEpochs implements AutoCloseable {

    /// Above so many kept bytes the guest's writes are slowed down, and a checkpoint is asked for.
    public static final long KEPT_SOFT_BYTES = 64L << 20;

    /// Above so many kept bytes the protection has failed.
    public static final long KEPT_MAX_BYTES = 256L << 20;

    private final List<Disk> disks;
    private volatile Phase phase = Phase.UNSERVED;

    /// What happens; from any thread, and not in order: of two numbers the greater counts. Nobody may wait in it.
    public interface Listener {

        /// A segment is on the disks: the standby is to be told, and then [#told] to be called.
        void applied(long segment);

        /// The output of epochs up to this may leave.
        void durable(long epoch);

        /// Much is kept: a checkpoint should be taken soon.
        void pressure();

        /// The protection cannot go on: a volume refused a write, which is tried again for ever, or more is kept
        /// than [#KEPT_MAX_BYTES]. Told once. The owner is to [#drain].
        void failed(String reason);
    }

    enum Phase {
        UNSERVED,
        DIRECT,
        KEEPING,
        DRAINING,
        CLOSED
    }

    /// @param name  of the VM, for threads and log lines
    /// @param sizes of its disks, in bytes, as long as there are no volumes
    public DiskEpochs(String name, List<Long> sizes) {
        disks = IntStream.range(0, sizes.size())
                .mapToObj(i -> new Disk(sizes.get(i)))
                .toList();
    }

    /// One of the disks, to be exported to the guest. Until [#serve] or [#takeOver] its requests fail.
    public Volume disk(int index) {
        return disks.get(index);
    }

    /// From now on requests go straight to the volumes.
    ///
    /// @throws IllegalStateException if there are volumes already
    public void serve(List<Volume> volumes) {
        if (phase != Phase.UNSERVED || volumes.size() != disks.size()) {
            throw new IllegalStateException("%d volumes, %s".formatted(volumes.size(), phase));
        }
        for (int i = 0; i < disks.size(); i++) {
            disks.get(i).volume = Optional.of(volumes.get(i));
        }
        phase = Phase.DIRECT;
    }

    /// The standby goes on with the guest: reads see what was kept, which is drained as in [#drain].
    ///
    /// @param kept what the standby held ([KeptWrites#segments])
    /// @throws IllegalStateException if there are volumes already
    public void takeOver(List<Volume> volumes, List<Segment> kept, Runnable drained) {
        throw new UnsupportedOperationException("not yet");
    }

    /// From now on writes are kept. To be called while the guest stands still with no request under way, just when its
    /// epoch 1 was taken.
    ///
    /// @throws IllegalStateException if it is not direct
    public void begin(Listener listener) {
        throw new UnsupportedOperationException("not yet");
    }

    /// The guest is about to be paused, for which QEMU waits for all answers: no write is slowed down until
    /// the next [#seal].
    public void letThrough() {}

    /// Ends an epoch: what was kept since the last one is its. To be called while the guest stands still with no
    /// request under way. Copies nothing.
    ///
    /// @throws IllegalStateException if writes are not being kept (any more)
    public Sealed seal(long epoch) {
        throw new UnsupportedOperationException("not yet");
    }

    /// The standby holds this epoch and all before it.
    public void committed(long epoch) {}

    /// The standby knows that this segment is on the disks.
    public void told(long segment) {}

    /// The highest epoch that is committed and whose flushes, and those of all before it, are carried out; 0 if there
    /// is none.
    public long durable() {
        return 0;
    }

    /// Everything kept counts as committed: applies and flushes it, and then lets requests go straight to the
    /// volumes. Writes wait meanwhile.
    ///
    /// @param drained called once that is done, by any thread, perhaps before this returns; never if it is closed
    ///     before
    public void drain(Runnable drained) {
        drained.run();
    }

    /// Whether requests go straight to the volumes.
    public boolean isDirect() {
        return phase == Phase.DIRECT;
    }

    /// Drops what is kept. Requests, and those that wait, fail as shutting down.
    @Override
    public void close() {
        phase = Phase.CLOSED;
    }

    private static final class Disk implements Volume {
        private final long size;
        private volatile Optional<Volume> volume = Optional.empty();

        Disk(long size) {
            this.size = size;
        }

        @Override
        public long sizeBytes() {
            return volume.map(Volume::sizeBytes).orElse(size);
        }

        @Override
        public Lane open(LaneClient client) {
            return volume.orElseThrow().open(client);
        }
    }
}
