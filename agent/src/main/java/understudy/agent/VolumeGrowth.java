package understudy.agent;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import understudy.linux.BlockFile;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.Problem;
import understudy.model.VolumeSpec;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.ReplicaStore;
import understudy.volume.store.ReplicaStore.Presence;
import understudy.volume.store.StoreRefusedException;

/// How a replica becomes larger.
///
/// The ledger decides, while nobody runs the VM; from then on it says the new size, and each replica grows when
/// it is opened next, be that after a crash or after its host was away. So no two replicas can end up with
/// different sizes, and there is nothing to undo. What could keep a replica from following is found out before
/// the ledger is asked ([#check]).
///
/// Rejected: growing the replicas first and asking the ledger then. A host that is away would have to be waited
/// for, and one that did not learn of a refusal would be larger than its volume for good.
final class VolumeGrowth {
    private static final String TRIAL = ".try";

    private VolumeGrowth() {}

    /// Finishes what the ledger has decided while the replica was closed.
    ///
    /// @return the store; closed if this throws
    static ReplicaStore followed(ReplicaStore store, VolumeSpec disk)
            throws StoreRefusedException, DiskFailedException {
        long wanted = disk.size().bytes();
        try {
            if (store.sizeBytes() > wanted) {
                long has = store.sizeBytes();
                store.close(false);
                throw new StoreRefusedException(
                        "the replica has " + has + " bytes, and the ledger, as it is known here, says " + wanted,
                        "Wait until this host has caught up with the ledger.");
            }
            if (store.sizeBytes() < wanted) {
                store.grow(wanted);
            }
            return store;
        } catch (StoreRefusedException | DiskFailedException | RuntimeException e) {
            store.close();
            throw e;
        }
    }

    /// Finds out whether a replica could become so large: a device must be; of a file its file system must be
    /// able to hold one of that size, which is tried beside it, with nothing in it.
    ///
    /// @throws Problem.Refused with `replica-missing`, `device-too-small` or `file-too-large`
    static void check(Path replica, ByteSize size, HostName host) {
        if (ReplicaStore.presence(replica) != Presence.BOTH) {
            throw Problem.of(
                            "replica-missing",
                            "There is no replica on " + host + ".",
                            "Is its disk mounted? Start the VM, so that a lost replica is copied anew.")
                    .because(replica + " is not whole")
                    .with("host", host)
                    .refused();
        }
        try {
            if (Files.isRegularFile(replica)) {
                tryFile(replica, Math.max(size.bytes(), ReplicaStore.metadataBytes(size.bytes())), host);
            } else {
                checkDevice(replica, size, host);
            }
        } catch (IOException e) {
            throw Problem.of("disk-failed", "The disk of " + host + " failed.", "Mend or replace it.")
                    .because(DriverDesk.reason(e))
                    .with("host", host)
                    .refused();
        }
    }

    private static void tryFile(Path replica, long bytes, HostName host) throws IOException {
        Path trial = replica.resolveSibling(replica.getFileName() + TRIAL);
        Files.deleteIfExists(trial);
        try (RandomAccessFile file = new RandomAccessFile(trial.toFile(), "rw")) {
            file.setLength(bytes);
        } catch (IOException e) {
            throw Problem.of(
                            "file-too-large",
                            "The file system of %s cannot hold a file of %s.".formatted(host, new ByteSize(bytes)),
                            "Name a smaller size.")
                    .because(DriverDesk.reason(e))
                    .with("host", host)
                    .refused();
        } finally {
            Files.deleteIfExists(trial);
        }
    }

    private static void checkDevice(Path replica, ByteSize size, HostName host) throws IOException {
        try (BlockFile device = BlockFile.open(replica)) {
            if (device.size() < size.bytes()) {
                throw Problem.of(
                                "device-too-small",
                                "%s of %s has %d bytes.".formatted(replica, host, device.size()),
                                "Make the device larger first.")
                        .with("host", host)
                        .refused();
            }
        }
    }
}
