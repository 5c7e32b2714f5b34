package understudy.volume.store;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import understudy.volume.Lane;

/// One replica of a volume: the bytes in one file or device, and beside it what is known of them.
///
/// Threads: [#read], [#checksums], [#compute], [#computeNext], [#allocation], [#dirty] and everything without
/// arguments that only answers may be called by any thread at any time. [#sync] is for flush threads, several at a
/// time. What changes the content or the log ([#touch], [#heat], [#write], [#zero], [#writeCopy],
/// [#startRetirement], [Retirement#finish], [#mark], [#clear], [#record] with another tracking, [#grow]) is done
/// under the caller's *order lock*: one at a time, in the order in which the volume's mutations happen. Metadata
/// has a short lock of its own, which a write into hot extents never takes.
///
/// An extent must be hot before a write into it is issued to *any* replica (design, section 3.1, rule 4): see
/// [#touch].
///
/// After a [DiskFailedException] from anything but a read the store changes nothing any more and refuses what
/// would; opened anew, it takes the extents in its log for what they are: unknown.
public final class ReplicaStore implements AutoCloseable {
    /// Extents that may be hot at a time.
    public static final int HOT_EXTENTS_MAX = 992;

    /// Extents that may be made hot in one go.
    public static final int HEAT_EXTENTS_MAX = HOT_EXTENTS_MAX / 2;

    private ReplicaStore() {}

    /// What lies at the place of a replica.
    public enum Presence {
        NOTHING,
        /// To be adopted.
        DATA_ONLY,
        /// To be refused: an unmounted file system, or somebody deleted the data.
        METADATA_ONLY,
        BOTH
    }

    public static Presence presence(Path file) {
        throw new UnsupportedOperationException();
    }

    /// Where the metadata of a replica lie: beside it.
    public static Path metadata(Path file) {
        throw new UnsupportedOperationException();
    }

    /// Makes a replica of zeros. A file must not exist; a device must be large enough and is taken to hold zeros.
    public static ReplicaStore create(Path file, Identity identity) throws StoreRefusedException, DiskFailedException {
        throw new UnsupportedOperationException();
    }

    /// Opens a replica after a clean close or a crash.
    public static ReplicaStore open(Path file, Expected expected) throws StoreRefusedException, DiskFailedException {
        throw new UnsupportedOperationException();
    }

    /// Makes a file or device without metadata a replica of its size, with the content that it has. Checksums are
    /// unknown until [#computeNext] has been through.
    public static ReplicaStore adopt(Path file, UUID volume, UUID replica, Instant created)
            throws StoreRefusedException, DiskFailedException {
        throw new UnsupportedOperationException();
    }

    /// Makes a replica on a data disk that holds zeros and an empty metadata disk; both become the store's.
    public static ReplicaStore create(Disk data, Disk meta, Identity identity)
            throws StoreRefusedException, DiskFailedException {
        throw new UnsupportedOperationException();
    }

    /// Opens a replica; both disks become the store's, unless it is refused.
    public static ReplicaStore open(Disk data, Disk meta, Expected expected)
            throws StoreRefusedException, DiskFailedException {
        throw new UnsupportedOperationException();
    }

    public Identity identity() {
        throw new UnsupportedOperationException();
    }

    /// In bytes; grows only.
    public long sizeBytes() {
        throw new UnsupportedOperationException();
    }

    public Standing standing() {
        throw new UnsupportedOperationException();
    }

    /// Remembers a standing; it is durable on return.
    ///
    /// With a tracking that names another peer than before, or one where there was none, the dirty map begins
    /// anew: with all blocks of all logged extents, since nobody knows which of these the peer has. Without a
    /// tracking it ends. In both cases under the order lock.
    public void record(Standing standing) throws DiskFailedException {
        throw new UnsupportedOperationException();
    }

    /// Counts what is written from here on, and what may have been under way, as lacking at this peer; if it
    /// already does, goes on. Durable on return. Under the order lock.
    public void startTracking(UUID peer, long view) throws DiskFailedException {
        throw new UnsupportedOperationException();
    }

    /// Forgets all marks. Durable on return. Under the order lock.
    public void stopTracking() throws DiskFailedException {
        throw new UnsupportedOperationException();
    }

    /// Why it changes nothing any more, if so.
    public Optional<DiskFailedException> failure() {
        throw new UnsupportedOperationException();
    }

    /// Reads and verifies; needs no alignment.
    ///
    /// @param target native memory; its size is the length, and the range lies in the volume
    /// @throws CorruptBlocksException names blocks of the range whose checksum does not fit, also at a second look
    ///     with nobody writing; the rest of `target` holds its data
    /// @throws DiskFailedException if the disk says that it cannot; the content of `target` is undefined
    public void read(long offset, MemorySegment target) throws CorruptBlocksException, DiskFailedException {
        throw new UnsupportedOperationException();
    }

    /// Reads without verifying, for a choice between bad copies.
    public void readUnverified(long offset, MemorySegment target) throws DiskFailedException {
        throw new UnsupportedOperationException();
    }

    /// Whether every extent of the range is hot; keeps those that are from being retired by a [Retirement] under
    /// way, and remembers those that are not for [#heat]. For each range of a batch, under the order lock.
    ///
    /// @param length positive
    /// @throws IllegalArgumentException if there are more than [#HEAT_EXTENTS_MAX] to remember: such a batch must
    ///     be cut
    public boolean touch(long offset, long length) {
        throw new UnsupportedOperationException();
    }

    /// Makes hot, and durably so, what [#touch] found cold since the last call. Under the same hold of the order
    /// lock as these; takes one sync of the metadata, if there is anything to do.
    ///
    /// @return false if the log has no room: nothing was done and all is forgotten; after a retirement, which
    ///     needs the order lock, the batch is touched again, all of it
    public boolean heat() throws DiskFailedException {
        throw new UnsupportedOperationException();
    }

    /// Whether it is time for a retirement: the log is three quarters full.
    public boolean wantsRetirement() {
        throw new UnsupportedOperationException();
    }

    /// Writes; needs no alignment. All its extents are hot, touched under the same hold of the order lock. Marks
    /// the blocks dirty if the dirty map counts.
    ///
    /// @param source native memory
    /// @throws CorruptBlocksException if a block that it covers in part is corrupt; nothing was written. (Mended by
    ///     writing the whole block.)
    public void write(long offset, MemorySegment source) throws CorruptBlocksException, DiskFailedException {
        throw new UnsupportedOperationException();
    }

    /// Makes a range zeros, on the same terms as [#write].
    ///
    /// @param length at most what [#HEAT_EXTENTS_MAX] extents hold, and positive
    /// @param punch  whether its space may be given back
    public void zero(long offset, long length, boolean punch) throws CorruptBlocksException, DiskFailedException {
        throw new UnsupportedOperationException();
    }

    /// Writes whole blocks as [#write] does, leaving holes where they are zeros: for copies of another replica.
    ///
    /// @param offset at the start of a block; the end is the end of a block or of the volume
    public void writeCopy(long offset, MemorySegment source) throws DiskFailedException {
        throw new UnsupportedOperationException();
    }

    /// Makes all content written before durable: one `fdatasync` of the data.
    public void sync() throws DiskFailedException {
        throw new UnsupportedOperationException();
    }

    /// The checksums of an extent as they are now: for each block CRC-32C, exclusive-or that of a block of zeros.
    /// Those of blocks past the volume's end are 0.
    ///
    /// @param sums 1024 of them
    /// @return whether all are known; if not, those that are not are arbitrary: see [#compute]
    public boolean checksums(int extent, int[] sums) throws DiskFailedException {
        throw new UnsupportedOperationException();
    }

    /// Computes the checksums of an extent that are not known. Nothing is verified: what is there is right.
    public void compute(int extent) throws DiskFailedException {
        throw new UnsupportedOperationException();
    }

    /// Computes checksums of one more extent of those that are to be computed after a crash or an adoption.
    ///
    /// @return whether there may be more
    public boolean computeNext() throws DiskFailedException {
        throw new UnsupportedOperationException();
    }

    /// How far [#computeNext] has come since the store was opened.
    public Progress computation() {
        throw new UnsupportedOperationException();
    }

    /// Starts to retire the extents that were not touched for longest.
    ///
    /// The caller must not retire extents of a replica that was deposed; of one that is in sync, only when what was
    /// written to them is durable on every replica in sync.
    ///
    /// @param max the most; positive
    public Retirement startRetirement(int max) {
        throw new UnsupportedOperationException();
    }

    /// The extents in the activity log, in order: where this replica may differ from the one that it was in sync
    /// with, if it crashed or was deposed.
    public int[] loggedExtents() {
        throw new UnsupportedOperationException();
    }

    /// The dirty marks of an extent.
    ///
    /// @param bits 16 words, which are overwritten; block i is bit i % 64 of word i / 64
    /// @return how many are set; 0 if the map does not count
    public int dirty(int extent, long[] bits) {
        throw new UnsupportedOperationException();
    }

    /// The first extent at or after this one with a dirty mark; −1 if there is none.
    public int nextDirty(int extent) {
        throw new UnsupportedOperationException();
    }

    /// How many blocks are marked dirty.
    public long dirtyBlocks() {
        throw new UnsupportedOperationException();
    }

    /// Marks all blocks that overlap the range as dirty, while tracking. It survives a crash if the extent is hot,
    /// or after [#persistMarks]. Under the order lock.
    public void mark(long offset, long length) {
        throw new UnsupportedOperationException();
    }

    /// Clears marks of an extent. What they stand for is durable on the peer (invariant 5). Under the order lock.
    ///
    /// @param bits 16 words: those to clear
    public void clear(int extent, long[] bits) {
        throw new UnsupportedOperationException();
    }

    /// Makes changed marks durable: those that were set with [#mark] must be, those that were cleared may be.
    public void persistMarks() throws DiskFailedException {
        throw new UnsupportedOperationException();
    }

    /// What is allocated, in order, covering the range up to `max` pieces.
    public List<Lane.Allocation> allocation(long offset, long length, int max) throws DiskFailedException {
        throw new UnsupportedOperationException();
    }

    /// Makes it larger; the new part holds zeros. Durable on return. Under the order lock, nobody reading past the
    /// old end.
    public void grow(long newSize) throws StoreRefusedException, DiskFailedException {
        throw new UnsupportedOperationException();
    }

    public StoreStatistics statistics() {
        throw new UnsupportedOperationException();
    }

    /// Closes cleanly: all is durable, and where `emptyLog` allows, the log is empty, so that opening it again takes
    /// nothing for unknown. Nobody else is in a call. A store that failed is abandoned.
    ///
    /// @param emptyLog whether every replica in sync has durably what this one has (or this is the only one)
    public void close(boolean emptyLog) throws DiskFailedException {
        throw new UnsupportedOperationException();
    }

    /// As if power were lost, for this store: nothing more is written. Calls of other threads end as they end, and
    /// the disks are released when the last has; until then this replica cannot be opened again. Does not wait.
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
