package understudy.agent;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.BooleanSupplier;
import understudy.api.VolumePieces;
import understudy.model.Problem;
import understudy.model.VolumeSpec;
import understudy.volume.Lane;
import understudy.volume.store.CorruptBlocksException;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.ReplicaStore;

/// A replica of a VM that nobody runs, read from its beginning to its end, every block verified, holes left out.
///
/// The replica is open and locked meanwhile; it is closed as soon as somebody wants the VM to run.
final class ReplicaExport implements AutoCloseable {
    private static final int ALLOCATIONS_MAX = 1024;

    private final ReplicaStore store;
    private final VolumeSpec disk;
    private final BooleanSupplier mayGoOn;

    /// @param store   in sync; becomes this object's
    /// @param mayGoOn whether the VM is still stopped; asked after each piece
    ReplicaExport(ReplicaStore store, VolumeSpec disk, BooleanSupplier mayGoOn) {
        this.store = store;
        this.disk = disk;
        this.mayGoOn = mayGoOn;
    }

    /// Blocks as disks and the sink do.
    ///
    /// @throws Problem.Refused if the VM is started or the replica is damaged
    /// @throws IOException     if the sink throws it, or the disk fails
    void sendTo(VolumePieces.Sink sink) throws IOException {
        long size = store.sizeBytes();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment piece = arena.allocate(VolumePieces.LENGTH_MAX, Long.BYTES);
            byte[] bytes = new byte[VolumePieces.LENGTH_MAX];
            long at = 0;
            while (at < size) {
                List<Lane.Allocation> allocations = store.allocation(at, size - at, ALLOCATIONS_MAX);
                for (Lane.Allocation allocation : allocations) {
                    if (!allocation.zero()) {
                        send(sink, at, at + allocation.length(), piece, bytes);
                    }
                    at += allocation.length();
                }
            }
        }
        sink.end(size);
    }

    private void send(VolumePieces.Sink sink, long from, long to, MemorySegment piece, byte[] bytes)
            throws IOException {
        for (long at = from; at < to; at += piece.byteSize()) {
            int length = (int) Math.min(piece.byteSize(), to - at);
            read(at, piece.asSlice(0, length));
            MemorySegment.copy(piece, ValueLayout.JAVA_BYTE, 0, bytes, 0, length);
            if (!mayGoOn.getAsBoolean()) {
                throw Problem.of(
                                "vm-not-stopped",
                                "The VM was started while " + disk.name() + " was exported.",
                                "Stop it, and export it again.")
                        .refused();
            }
            sink.piece(at, bytes, length);
        }
    }

    private void read(long at, MemorySegment piece) throws DiskFailedException {
        try {
            store.read(at, piece);
        } catch (CorruptBlocksException e) {
            throw Problem.of(
                            "corrupt-blocks",
                            "Blocks of " + disk.name() + " are corrupt in this replica.",
                            "Start the VM and scrub the disk, so that they are mended from the other replica.")
                    .because(String.valueOf(e.getMessage()))
                    .refused();
        }
    }

    /// What is logged stays so: this side does not know whether others have all that it has.
    @Override
    public void close() throws DiskFailedException {
        store.close(false);
    }
}
