package understudy.agent;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import understudy.api.VolumePieces;
import understudy.model.HostName;
import understudy.model.Placement;
import understudy.model.Problem;
import understudy.model.VmRecord;
import understudy.model.VolumeId;
import understudy.model.VolumeSpec;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.ReplicaStore;
import understudy.volume.store.StoreRefusedException;

/// The copies that are made of one VM's volumes from this host, while nobody runs the VM. Whoever wants it to run
/// comes first: the copies end then.
final class Exports {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofMillis(100);

    private final VolumeHost volumes;
    private final HostName self;
    private final Set<Thread> running = ConcurrentHashMap.newKeySet();
    private volatile Optional<VmRecord> latest = Optional.empty();

    Exports(VolumeHost volumes, HostName self) {
        this.volumes = volumes;
        this.self = self;
    }

    /// The newest that the ledger says; from any thread.
    void learnt(VmRecord record) {
        latest = Optional.of(record);
        if (!isStopped()) {
            running.forEach(Thread::interrupt);
        }
    }

    private boolean isStopped() {
        return latest.filter(it -> !it.wanted() && it.view().placement() instanceof Placement.Stopped)
                .isPresent();
    }

    /// Sends all that a volume holds. On a thread that may wait for disks, and that nobody else interrupts.
    ///
    /// @throws Problem.Refused with `vm-not-stopped`, `no-replica`, `replica-refused`, `disk-failed` or
    ///     `corrupt-blocks`
    /// @throws IOException     if the sink throws it
    void send(VolumeId volume, VolumePieces.Sink sink) throws IOException {
        running.add(Thread.currentThread());
        try {
            VmRecord record = latest.filter(_ -> isStopped()).orElseThrow(this::notStopped);
            VolumeSpec disk = record.spec()
                    .disk(volume)
                    .filter(_ -> record.view()
                            .volume(volume)
                            .filter(it -> it.isInSync(self))
                            .isPresent())
                    .orElseThrow(this::noReplica);
            send(record, disk, sink);
        } finally {
            running.remove(Thread.currentThread());
            // The interruption was meant for the copy.
            boolean _ = Thread.interrupted();
        }
    }

    private void send(VmRecord record, VolumeSpec disk, VolumePieces.Sink sink) throws IOException {
        try (ReplicaExport export = new ReplicaExport(opened(record, disk), disk, this::isStopped)) {
            export.sendTo(sink);
        } catch (StoreRefusedException e) {
            throw Problem.of("replica-refused", "The replica on " + self + " cannot be opened.", e.correction())
                    .because(DriverDesk.reason(e))
                    .with("host", self)
                    .refused();
        } catch (DiskFailedException e) {
            throw Problem.of("disk-failed", "The disk of " + self + " failed.", "Mend or replace it.")
                    .because(DriverDesk.reason(e))
                    .with("host", self)
                    .refused();
        } catch (IOException e) {
            if (!isStopped()) {
                throw notStopped();
            }
            throw e;
        }
    }

    /// The roles that the replica had while the VM ran may not have given it back yet.
    private ReplicaStore opened(VmRecord record, VolumeSpec disk) throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                return volumes.openStopped(record, disk);
            } catch (StoreRefusedException e) {
                if (System.nanoTime() - end > 0) {
                    throw e;
                }
            }
            if (!isStopped()) {
                throw notStopped();
            }
            try {
                Thread.sleep(PAUSE);
            } catch (InterruptedException e) {
                throw new IOException("interrupted", e);
            }
        }
    }

    private Problem.Refused notStopped() {
        return Problem.of(
                        "vm-not-stopped",
                        "The VM is not stopped, and only then does a disk hold one state of it.",
                        "Stop it, export the disk, and start it again.")
                .refused();
    }

    private Problem.Refused noReplica() {
        return Problem.of("no-replica", self + " has no replica of the disk in sync.", "Ask for it again.")
                .with("host", self)
                .refused();
    }
}
