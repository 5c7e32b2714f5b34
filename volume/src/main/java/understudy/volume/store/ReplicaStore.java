package understudy.volume.store;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import understudy.volume.Geometry;
import understudy.volume.Lane;

/// One replica of a volume: the bytes in one file or device, and beside it what is known of them.
///
/// Threads: [#read], [#checksums], [#compute], [#computeNext], [#allocation], [#dirty] and everything without
/// arguments that only answers may be called by any thread at any time. [#sync] is for flush threads, several at
/// a time. What changes the content or the log ([#touch], [#heat], [#write], [#zero], [#writeCopy],
/// [#startRetirement], [Retirement#finish], [#mark], [#clear], [#record] with another tracking, [#grow]) is done
/// under the caller's *order lock*: one at a time, in the order in which the volume's mutations happen. Metadata
/// has a short lock of its own, which a write into hot extents never takes.
///
/// An extent must be hot before a write into it is issued to *any* replica (design, section 3.1, rule 4): see
/// [#touch].
///
/// A [DiskFailedException] from [#sync], [#heat], [#record] or whatever else writes log or standing is for good:
/// the store changes nothing any more and refuses what would ([#failure]); opened anew, it takes the extents in
/// its log for what they are: unknown. After one from [#write], [#zero] or [#writeCopy] (no room, for example)
/// the blocks hold what they held or what they should, and the store goes on; whether the volume does with it is
/// its owner's decision.
public final class ReplicaStore implements AutoCloseable {
    /// Extents that may be hot at a time.
    public static final int HOT_EXTENTS_MAX = ReplicaFormat.LOG_EXTENTS;

    /// Extents that may be made hot in one go.
    public static final int HEAT_EXTENTS_MAX = HOT_EXTENTS_MAX / 2;

    /// What [#digests] has for a block of zeros.
    public static final long DIGEST_OF_ZEROS = 0;

    /// What [#digests] has for a block that is corrupt.
    public static final long DIGEST_OF_CORRUPT = 1;

    private static final int COLD_PAGES = 4096;
    private static final int ESHUTDOWN = 108;

    private final Disk data;
    private final Metadata metadata;
    private final ChecksumPages pages;
    private final ActivityLog log;
    private final Content content;
    private final Computation computation;
    private final Failure failure;

    ReplicaStore(Disk data, Metadata metadata, ChecksumPages pages, ActivityLog log, Content content, Failure failure) {
        this.data = data;
        this.metadata = metadata;
        this.pages = pages;
        this.log = log;
        this.content = content;
        this.failure = failure;
        this.computation = new Computation(data, content, metadata, pages, log, failure);
    }

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
        return new ReplicaFiles(file).presence();
    }

    /// How long the metadata of a volume of this size are.
    public static long metadataBytes(long sizeBytes) {
        return ReplicaFormat.bytes(sizeBytes);
    }

    /// Where the metadata of a replica lie: beside it.
    public static Path metadata(Path file) {
        return ReplicaFiles.metadata(file);
    }

    /// Makes a replica, of zeros if it is a file. A file must not exist; a device must be large enough, and keeps
    /// the content that it
    /// has: its checksums are unknown until [#computeNext] has been through.
    public static ReplicaStore create(Path file, Identity identity) throws StoreRefusedException, DiskFailedException {
        return new ReplicaFiles(file).create(identity);
    }

    /// Opens a replica after a clean close or a crash.
    public static ReplicaStore open(Path file, Expected expected) throws StoreRefusedException, DiskFailedException {
        return new ReplicaFiles(file).open(expected);
    }

    /// Reads what a replica says of itself, and refuses it as [#open] would. It may be in use; nothing is changed,
    /// and neither its log nor its content is looked at.
    public static Inspection inspect(Path file, Expected expected) throws StoreRefusedException, DiskFailedException {
        return new ReplicaFiles(file).inspect(expected);
    }

    /// Makes a file or device without metadata a replica of its size, with the content that it has. Checksums are
    /// unknown until [#computeNext] has been through.
    public static ReplicaStore adopt(Path file, UUID volume, UUID replica, Instant created)
            throws StoreRefusedException, DiskFailedException {
        return new ReplicaFiles(file).adopt(volume, replica, created);
    }

    /// Makes a replica on a data disk that holds zeros and an empty metadata disk; both become the store's.
    public static ReplicaStore create(Disk data, Disk meta, Identity identity)
            throws StoreRefusedException, DiskFailedException {
        return format(data, meta, identity, Geometry.extents(identity.sizeBytes()));
    }

    /// Opens a replica; both disks become the store's, unless it is refused.
    public static ReplicaStore open(Disk data, Disk meta, Expected expected)
            throws StoreRefusedException, DiskFailedException {
        return StoreOpening.open(data, meta, expected, COLD_PAGES);
    }

    /// @param computed the first extent of whose content nothing is known
    static ReplicaStore format(Disk data, Disk meta, Identity identity, int computed)
            throws StoreRefusedException, DiskFailedException {
        StoreOpening.format(data, meta, identity, computed);
        return open(data, meta, Expected.replica(identity.volume(), identity.replica()));
    }

    public Identity identity() {
        return metadata.superblock().identity();
    }

    /// In bytes; grows only.
    public long sizeBytes() {
        return content.size();
    }

    public Standing standing() {
        return metadata.superblock().standing();
    }

    /// Remembers a standing; it is durable on return.
    ///
    /// With a tracking that names another peer than before, or one where there was none, the dirty map begins
    /// anew: with all blocks of all logged extents, since nobody knows which of these the peer has. Without a
    /// tracking it ends. In both cases under the order lock.
    public void record(Standing standing) throws DiskFailedException {
        Standing now = standing();
        boolean goesOn = standing.tracking()
                .map(next -> now.tracking()
                        .filter(old -> old.peer().equals(next.peer()))
                        .isPresent())
                .orElse(false);
        if (standing.tracking().isPresent() && !goesOn) {
            begin(standing);
        } else {
            Standing next = new Standing(
                    standing.view(), standing.inSync(), standing.full(), goesOn ? now.tracking() : Optional.empty());
            metadata.change(superblock -> superblock.with(next));
            if (!goesOn) {
                content.dirty(null);
            }
        }
        if (metadata.superblock().logLost() && standing.inSync() && standing.view() > now.view()) {
            // What a lost log might have named is marked now, or nobody misses it.
            persistMarks();
            metadata.change(superblock -> superblock.withLogLost(false));
        }
    }

    /// Counts what is written from here on, and what may have been under way, as lacking at this peer; if it
    /// already does, goes on. Durable on return. Under the order lock.
    public void startTracking(UUID peer, long view) throws DiskFailedException {
        record(standing().tracking(peer, view));
    }

    /// Counts what is written for a peer that does not exist: whoever comes is to be copied to in full. Without that
    /// a map that begins later would pass for one that began when they were last alike. Durable on return. Under
    /// the order lock.
    public void trackForNobody() throws DiskFailedException {
        startTracking(UUID.randomUUID(), 0);
    }

    /// Forgets all marks. Durable on return. Under the order lock.
    public void stopTracking() throws DiskFailedException {
        record(standing().untracked());
    }

    /// Why it changes nothing any more, if so.
    public Optional<DiskFailedException> failure() {
        return failure.reason();
    }

    /// Reads and verifies; needs no alignment.
    ///
    /// @param target native memory; its size is the length, and the range lies in the volume
    /// @throws CorruptBlocksException names blocks of the range that are marked as bad, or whose checksum does not
    ///     fit, also at a second look with nobody writing; the rest of `target` holds its data
    /// @throws DiskFailedException if the disk says that it cannot; the content of `target` is undefined
    public void read(long offset, MemorySegment target) throws CorruptBlocksException, DiskFailedException {
        refuseOutside(offset, target.byteSize());
        content.read(offset, target);
    }

    /// Reads without verifying, for a choice between bad copies.
    public void readUnverified(long offset, MemorySegment target) throws DiskFailedException {
        refuseOutside(offset, target.byteSize());
        content.readUnverified(offset, target);
    }

    /// Whether every extent of the range is hot; keeps those that are from being retired by a [Retirement] under
    /// way, and remembers those that are not for [#heat]. For each range of a batch, under the order lock.
    ///
    /// @param length positive
    /// @throws IllegalArgumentException if there are more than [#HEAT_EXTENTS_MAX] to remember: such a batch must
    ///     be cut
    public boolean touch(long offset, long length) {
        refuseOutside(offset, length);
        return log.touch(Geometry.extentOf(offset), Geometry.extentOf(offset + length - 1));
    }

    /// Makes hot, and durably so, what [#touch] found cold since the last call. Under the same hold of the order
    /// lock as these; takes one sync of the metadata, if there is anything to do.
    ///
    /// @return false if the log has no room: nothing was done and all is forgotten; after a retirement, which
    ///     needs the order lock, the batch is touched again, all of it
    public boolean heat() throws DiskFailedException {
        return log.heat(Geometry.extents(content.size()));
    }

    /// Whether it is time for a retirement: the log is three quarters full.
    public boolean wantsRetirement() {
        return log.wantsRetirement();
    }

    /// Writes; needs no alignment. All its extents are hot, touched under the same hold of the order lock. Marks
    /// the blocks dirty if the dirty map counts.
    ///
    /// @param source native memory
    /// @throws CorruptBlocksException if a block that it covers in part is corrupt; nothing was written. (Mended
    ///     by writing the whole block.)
    public void write(long offset, MemorySegment source) throws CorruptBlocksException, DiskFailedException {
        refuseOutside(offset, source.byteSize());
        failure.refuse();
        content.write(offset, source);
    }

    /// Makes a range zeros, on the same terms as [#write].
    ///
    /// @param length at most what [#HEAT_EXTENTS_MAX] extents hold, and positive
    /// @param punch  whether its space may be given back
    public void zero(long offset, long length, boolean punch) throws CorruptBlocksException, DiskFailedException {
        refuseOutside(offset, length);
        failure.refuse();
        content.zero(offset, length, punch);
    }

    /// Writes whole blocks as [#write] does, leaving holes where they are zeros: for copies of another replica.
    ///
    /// @param offset at the start of a block; the end is the end of a block or of the volume
    public void writeCopy(long offset, MemorySegment source) throws DiskFailedException {
        long end = offset + source.byteSize();
        refuseOutside(offset, source.byteSize());
        if (offset % Geometry.BLOCK_BYTES != 0 || (end % Geometry.BLOCK_BYTES != 0 && end != content.size())) {
            throw new IllegalArgumentException("no whole blocks: " + offset + " to " + end);
        }
        failure.refuse();
        try {
            content.writeCopy(offset, source);
        } catch (CorruptBlocksException e) {
            throw new IllegalStateException("whole blocks have no rest that could be corrupt", e);
        }
    }

    /// Makes all content written before durable: one `fdatasync` of the data.
    public void sync() throws DiskFailedException {
        failure.sync(data);
    }

    /// Finds out whether the disks still take something: writes the superblock anew, and syncs both.
    public void probe() throws DiskFailedException {
        metadata.change(UnaryOperator.identity());
        sync();
    }

    /// The checksums of an extent as they are now: for each block CRC-32C, exclusive-or that of a block of zeros.
    /// Those of blocks past the volume's end are 0.
    ///
    /// @param sums 1024 of them
    /// @return whether all are known; if not, those that are not are arbitrary: see [#compute]
    public boolean checksums(int extent, int[] sums) throws DiskFailedException {
        ChecksumPage page = pages.of(extent);
        boolean isKnown = page.isKnown();
        System.arraycopy(page.sums, 0, sums, 0, Geometry.EXTENT_BLOCKS);
        return isKnown && page.isKnown();
    }

    /// Reads blocks of an extent, verifies them, and tells their contents apart: 64 bits of SHA-256 each. Two blocks
    /// with equal checksums may differ, since what is in them may have a CRC-32C of its own.
    ///
    /// @param wanted  16 words: which blocks
    /// @param digests 1024 of them; those that are not wanted are left alone
    public void digests(int extent, long[] wanted, long[] digests) throws DiskFailedException {
        new Digests(data, content).of(extent, wanted, digests);
    }

    /// Computes the checksums of an extent that are not known. Nothing is verified: what is there is right.
    public void compute(int extent) throws DiskFailedException {
        computation.complete(pages.of(extent));
    }

    /// Computes checksums of one more extent of those that are to be computed after a crash or an adoption.
    ///
    /// @return whether there may be more
    public boolean computeNext() throws DiskFailedException {
        return computation.next();
    }

    /// How far [#computeNext] has come since the store was opened.
    public Progress computation() {
        return computation.progress();
    }

    /// Starts to retire the extents that were not touched for longest.
    ///
    /// The caller must not retire extents of a replica that was deposed; of one that is in sync, only when what
    /// was written to them is durable on every replica in sync.
    ///
    /// @param max the most; positive
    public Retirement startRetirement(int max) {
        return retirement(log.choose(max));
    }

    /// The extents in the activity log, in order: where this replica may differ from the one that it was in sync
    /// with, if it crashed or was deposed.
    public int[] loggedExtents() {
        return metadata.superblock().logLost()
                ? IntStream.range(0, Geometry.extents(content.size())).toArray()
                : log.extents();
    }

    /// The dirty marks of an extent.
    ///
    /// @param bits 16 words, which are overwritten; block i is bit i % 64 of word i / 64
    /// @return how many are set; 0 if the map does not count
    public int dirty(int extent, long[] bits) {
        DirtyMap map = content.dirty();
        if (map == null) {
            Arrays.fill(bits, 0);
            return 0;
        }
        return map.copy(extent, bits);
    }

    /// The first extent at or after this one with a dirty mark; −1 if there is none.
    public int nextDirty(int extent) {
        DirtyMap map = content.dirty();
        return map == null ? -1 : map.next(extent);
    }

    /// Whether writes mark what they change, while tracking: not while the peer gets them, too, for then the log
    /// says what it may lack. They do when the store is opened. Under the order lock.
    public void markWrites(boolean is) {
        content.markWrites(is);
    }

    /// How many blocks are marked dirty.
    public long dirtyBlocks() {
        DirtyMap map = content.dirty();
        return map == null ? 0 : map.count();
    }

    /// Marks all blocks that overlap the range as dirty, while tracking. It survives a crash if the extent is
    /// hot, or after [#persistMarks]. Under the order lock.
    public void mark(long offset, long length) {
        refuseOutside(offset, length);
        DirtyMap map = content.dirty();
        if (map == null) {
            throw new IllegalStateException("a mark without anybody to count for");
        }
        map.mark(offset / Geometry.BLOCK_BYTES, (offset + length - 1) / Geometry.BLOCK_BYTES);
    }

    /// Clears marks of an extent. What they stand for is durable on the peer (invariant 5). Under the order lock.
    ///
    /// @param bits 16 words: those to clear
    public void clear(int extent, long[] bits) {
        DirtyMap map = content.dirty();
        if (map != null) {
            map.clear(extent, bits);
        }
    }

    /// Makes changed marks durable: those that were set with [#mark] must be, those that were cleared may be.
    public void persistMarks() throws DiskFailedException {
        DirtyMap map = content.dirty();
        if (map == null) {
            metadata.sync();
        } else {
            metadata.write(map, 0, map.groups());
            metadata.syncMarks(map);
        }
    }

    /// Whether a change of this range finds what it has to keep of the blocks at its ends.
    ///
    /// @throws CorruptBlocksException if it does not
    public void verifyParts(long offset, long length) throws CorruptBlocksException, DiskFailedException {
        refuseOutside(offset, length);
        content.verifyParts(offset, offset + length);
    }

    /// What nobody may read: see [#markBad].
    public BadBlocks bad() {
        return content.bad();
    }

    /// Marks blocks of an extent as bad: they do not hold what was last written to them, and nobody has it. Reads
    /// find them corrupt, whatever their checksums say, also after a crash, until they are written anew, in full;
    /// such a write is durable, and the mark is gone durably, before it returns. Durable on return. Under the order
    /// lock.
    ///
    /// @param bits 16 words: which
    /// @return false if there are too many: then none of these is marked
    public boolean markBad(int extent, long[] bits) throws DiskFailedException {
        failure.refuse();
        return content.markBad(extent, bits);
    }

    /// The extents that a source must look at to make this replica equal to it, in order: those in the activity log
    /// ([#loggedExtents]), and those that hold bad blocks.
    public int[] doubtfulExtents() {
        return IntStream.concat(
                        IntStream.of(loggedExtents()),
                        IntStream.of(content.bad().extents()))
                .sorted()
                .distinct()
                .toArray();
    }

    /// What is allocated, in order, covering the range up to `max` pieces.
    public List<Lane.Allocation> allocation(long offset, long length, int max) throws DiskFailedException {
        refuseOutside(offset, length);
        return Allocations.of(data, offset, length, max);
    }

    /// Makes it larger; the new part holds zeros. Durable on return. Under the order lock, nobody reading past
    /// the old end.
    public void grow(long newSize) throws StoreRefusedException, DiskFailedException {
        if (!Geometry.isSize(newSize) || newSize < content.size()) {
            throw new StoreRefusedException(
                    "a volume of " + content.size() + " bytes cannot grow to " + newSize,
                    "Choose a larger size, a multiple of 512 bytes, at most 64 TiB.");
        }
        if (data.mayBeLarger() && data.size() < newSize) {
            throw new StoreRefusedException(
                    "the device has " + data.size() + " bytes, and is to have " + newSize, "Make the device larger.");
        }
        if (newSize > content.size()) {
            metadata.change(superblock -> superblock.growingTo(newSize));
            StoreOpening.finishGrowth(data, metadata, failure);
            int extents = Geometry.extents(newSize);
            DirtyMap map = content.dirty();
            if (map != null) {
                content.dirty(map.grown(extents));
            }
            pages.grow(extents);
            pages.computed(metadata.superblock().computed() == extents ? extents : pages.computed());
            content.size(newSize);
        }
    }

    /// The dirty map begins anew.
    private void begin(Standing standing) throws DiskFailedException {
        DirtyMap map = new DirtyMap(
                Geometry.extents(content.size()), metadata.superblock().generation() + 1);
        long blocks = StoreOpening.blocks(content.size());
        for (int extent : loggedExtents()) {
            long first = (long) extent * Geometry.EXTENT_BLOCKS;
            map.mark(first, Math.min(first + Geometry.EXTENT_BLOCKS, blocks) - 1);
        }
        // After a crash from here on the log on disk stands for these marks, until they are written.
        metadata.change(superblock -> superblock.with(standing).withGeneration(map.generation()));
        content.dirty(map);
    }

    private Retirement retirement(ActivityLog.Chosen chosen) {
        return new Retirement(log, content, metadata, computation, chosen);
    }

    private void refuseOutside(long offset, long length) {
        if (offset < 0 || length <= 0 || offset > content.size() - length) {
            throw new IndexOutOfBoundsException(
                    length + " bytes at " + offset + " of a volume of " + content.size() + " bytes");
        }
    }

    public StoreStatistics statistics() {
        return new StoreStatistics(
                log.size(),
                pages.cold(),
                pages.loads.sum(),
                metadata.logWrites.sum(),
                log.retired.sum(),
                content.secondLooks.sum(),
                content.corruptBlocks.sum(),
                metadata.damagedRecords.sum(),
                metadata.damagedDirtyPages.sum());
    }

    /// Closes cleanly: all is durable, and where `emptyLog` allows, the log is empty, so that opening it again
    /// takes nothing for unknown. Nobody else is in a call. A store that failed is abandoned.
    ///
    /// @param emptyLog whether every replica in sync has durably what this one has (or this is the only one)
    public void close(boolean emptyLog) throws DiskFailedException {
        if (failure.reason().isPresent()) {
            close();
            return;
        }
        try {
            sync();
            if (emptyLog) {
                // What a crash left unknown is left for the next life: a close should not take minutes.
                Retirement all = retirement(log.chooseKnown());
                all.persist();
                all.finish();
                log.write();
            }
            persistMarks();
            metadata.change(superblock -> superblock.withClean(true));
        } finally {
            close();
        }
    }

    /// As if power were lost, for this store: nothing more is written. Calls of other threads end as they end,
    /// and the disks are released when the last has; until then this replica cannot be opened again. Does not
    /// wait.
    @Override
    public void close() {
        failure.now(new DiskFailedException(ESHUTDOWN, "the store is closed"));
        data.close();
        metadata.close();
    }
}
