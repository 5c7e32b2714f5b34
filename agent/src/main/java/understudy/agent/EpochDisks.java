package understudy.agent;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.checkpoint.GuestDisks;
import understudy.checkpoint.KeptDisks;
import understudy.model.VolumeSpec;
import understudy.qemu.InstanceDirectory;
import understudy.volume.Volume;
import understudy.volume.epoch.DiskEpochs;
import understudy.volume.epoch.KeptWrites;

/// The disks of a guest, on its active host and on its standby: what [DiskEpochs] keeps aside while it is copied,
/// as a checkpoint stream takes and brings it. Else everything goes to the volumes.
///
/// What is kept dies with the agent, and QEMU believes that it is written. So a file in QEMU's directory says that
/// something is: a later life of the agent does not take such a QEMU up, and boots the guest from its disks.
///
/// Threads: any, but for [#serve] and [#takeOver], which are the driver's.
final class EpochDisks implements GuestDisks, KeptDisks, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EpochDisks.class);
    private static final String WORD = "keeps-writes";

    private final DiskEpochs epochs;
    private final KeptWrites kept;
    private final List<Volume> disks;
    private final Path word;
    private final String vm;

    EpochDisks(String vm, List<VolumeSpec> disks, InstanceDirectory directory) {
        List<Long> sizes = disks.stream().map(disk -> disk.size().bytes()).toList();
        this.vm = vm;
        this.epochs = new DiskEpochs(vm, sizes);
        this.kept = new KeptWrites(sizes);
        this.disks = IntStream.range(0, sizes.size()).mapToObj(epochs::disk).toList();
        this.word = word(directory);
    }

    private static Path word(InstanceDirectory directory) {
        return directory.path().resolve(WORD);
    }

    /// Whether a QEMU of an earlier life of the agent believes something written that is not.
    static boolean isLost(InstanceDirectory directory) {
        return Files.exists(word(directory));
    }

    /// As the guest sees them.
    List<Volume> disks() {
        return disks;
    }

    /// The guest is booted here, or was taken up: all goes to the volumes.
    void serve(List<Volume> volumes) {
        epochs.serve(volumes);
    }

    /// The guest goes on here, with what is kept of the one that went before it.
    void takeOver(List<Volume> volumes) throws IOException {
        Files.writeString(word, "");
        epochs.takeOver(volumes, kept.take(), this::forget);
    }

    /// Has all that is kept written, and lets the guest's requests through from then on: it counts as committed,
    /// because nobody else can go on with the guest.
    ///
    /// @param done told when it is so, from any thread; at once, if nothing is kept
    void drain(Runnable done) {
        long began = System.nanoTime();
        epochs.drain(() -> {
            long millis = (System.nanoTime() - began) / 1_000_000;
            LOG.info("{}: all that was kept of its writes is on its disks, {} ms later", vm, millis);
            forget();
            done.run();
        });
    }

    boolean isDirect() {
        return epochs.isDirect();
    }

    private void forget() {
        try {
            Files.deleteIfExists(word);
        } catch (IOException e) {
            LOG.warn("{} cannot be removed: the guest would be booted anew if the agent died", word, e);
        }
    }

    @Override
    public void close() {
        epochs.close();
    }

    /// Whether something of it hung in a volume when it was closed.
    boolean isLeftBehind() {
        return epochs.isLeftBehind();
    }

    // ---- on the active host ---------------------------------------------------------------------------------------

    @Override
    public void begin(Listener listener) throws IOException {
        Files.writeString(word, "");
        epochs.begin(new DiskEpochs.Listener() {
            @Override
            public void settled() {
                listener.settled();
            }

            @Override
            public void applied(long segment) {
                listener.applied(segment);
            }

            @Override
            public void durable(long epoch) {
                listener.durable();
            }

            @Override
            public void pressure() {
                listener.pressure();
            }

            @Override
            public void failed(String reason) {
                listener.failed(reason);
            }
        });
    }

    @Override
    public void letThrough() {
        epochs.letThrough();
    }

    @Override
    public void holdBack() {
        epochs.holdBack();
    }

    @Override
    public Sealed seal(long epoch) {
        understudy.volume.epoch.Sealed sealed = epochs.seal(epoch);
        if (sealed.isEmpty()) {
            return Sealed.NOTHING;
        }
        return new Sealed() {
            @Override
            public long bytes() {
                return sealed.bytes();
            }

            @Override
            public void writeTo(MemorySegment into) {
                sealed.writeTo(into);
            }
        };
    }

    @Override
    public void committed(long epoch) {
        epochs.committed(epoch);
    }

    @Override
    public void told(long segment) {
        epochs.told(segment);
    }

    @Override
    public long durable() {
        return epochs.durable();
    }

    // ---- on its standby -------------------------------------------------------------------------------------------

    @Override
    public Arrival arrived(MemorySegment writes) throws IOException {
        KeptWrites.Arrived whole = kept.decode(writes);
        return () -> kept.keep(whole);
    }

    @Override
    public void applied(long segment) throws IOException {
        kept.applied(segment);
    }
}
