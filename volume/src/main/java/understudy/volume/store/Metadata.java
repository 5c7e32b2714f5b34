package understudy.volume.store;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What is known of a replica, on its disk: superblock, log, checksum pages, dirty marks.
///
/// Threads: any; a short lock lets one write at a time, so that of two writes of the same page the later one
/// wins.
final class Metadata {
    private static final Logger LOG = LoggerFactory.getLogger(Metadata.class);

    private final Disk disk;
    private final Superblocks superblocks;
    private final LogSlots slots;
    private final Failure failure;
    private final ReentrantLock lock = new ReentrantLock();

    /// The collector frees them: a hung call may still use them after a close.
    private final MemorySegment record = Arena.ofAuto().allocate(ReplicaFormat.RECORD_BYTES);

    private final ByteBuffer recordBytes = record.asByteBuffer();
    private final MemorySegment marks = Arena.ofAuto().allocate(ReplicaFormat.DIRTY_PAGE_BYTES);
    private final ByteBuffer marksBytes = marks.asByteBuffer();

    private volatile Superblock superblock;

    final LongAdder logWrites = new LongAdder();
    final LongAdder damagedRecords = new LongAdder();
    final LongAdder damagedDirtyPages = new LongAdder();

    Metadata(Disk disk, Superblocks superblocks, Superblock superblock, LogSlots slots, Failure failure) {
        this.disk = disk;
        this.superblocks = superblocks;
        this.superblock = superblock;
        this.slots = slots;
        this.failure = failure;
    }

    Superblock superblock() {
        return superblock;
    }

    /// Makes a changed superblock durable.
    void change(UnaryOperator<Superblock> change) throws DiskFailedException {
        lock.lock();
        try {
            failure.refuse();
            Superblock next = change.apply(superblock).next();
            superblocks.write(next);
            superblock = next;
        } catch (DiskFailedException e) {
            throw failure.now(e);
        } finally {
            lock.unlock();
        }
    }

    /// Makes this the log, durably.
    void writeLog(int[] extents, int count) throws DiskFailedException {
        lock.lock();
        try {
            failure.refuse();
            slots.write(extents, count);
            logWrites.increment();
        } catch (DiskFailedException e) {
            throw failure.now(e);
        } finally {
            lock.unlock();
        }
    }

    /// Writes a page of checksums, all known; not synced. What it has on disk is believed only while its extent
    /// is not in the log, so a write that fails or is cut short does no harm.
    ///
    /// @param isCurrent whether the page still is the one that counts for its extent; asked under the lock
    /// @return whether it was current and has been written
    boolean write(ChecksumPage page, BooleanSupplier isCurrent) throws DiskFailedException {
        lock.lock();
        try {
            failure.refuse();
            if (!isCurrent.getAsBoolean()) {
                return false;
            }
            ChecksumRecord.encode(recordBytes, page.extent, page.sums);
            disk.write(ReplicaFormat.record(page.extent), record);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /// A page of checksums as it is on disk; all unknown if it is damaged there.
    ChecksumPage read(int extent) throws DiskFailedException {
        ChecksumPage page = new ChecksumPage(extent);
        // Only when a page is not in memory; 4.6 KiB beside a read of the disk.
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment into = arena.allocate(ReplicaFormat.RECORD_BYTES);
            disk.read(ReplicaFormat.record(extent), into);
            if (ChecksumRecord.decode(into.asByteBuffer(), extent, page.sums)) {
                return page;
            }
        }
        damagedRecords.increment();
        LOG.warn("the checksums of extent {} are damaged; its blocks are taken as they are", extent);
        return ChecksumPage.unknown(extent);
    }

    /// Writes pages of marks, if they have changed; not synced.
    void write(DirtyMap map, int firstGroup, int pastGroup) throws DiskFailedException {
        for (int group = firstGroup; group < pastGroup; group++) {
            // Under the lock: whoever finds a page unchanged may rely on its write, and only has to sync.
            lock.lock();
            try {
                failure.refuse();
                if (!map.takeChanged(group)) {
                    continue;
                }
                map.encode(marksBytes, group);
                disk.write(ReplicaFormat.dirtyPage(group), marks);
                map.isStored(group);
            } catch (DiskFailedException e) {
                map.stillChanged(group);
                throw e;
            } finally {
                lock.unlock();
            }
        }
    }

    /// Adds what is on disk to a map.
    void read(DirtyMap map, long blocks) throws DiskFailedException {
        for (int group = 0; group < map.groups(); group++) {
            disk.read(ReplicaFormat.dirtyPage(group), marks);
            if (!map.decode(marksBytes, group, blocks)) {
                damagedDirtyPages.increment();
                LOG.warn("page {} of the dirty map is damaged or half written; all its blocks count as dirty", group);
            }
        }
        if (map.storedPages() < superblock.dirtyPages()) {
            damagedDirtyPages.add((long) superblock.dirtyPages() - map.storedPages());
            LOG.warn(
                    "of {} pages of the dirty map {} are there; all blocks of the others count as dirty",
                    superblock.dirtyPages(),
                    map.storedPages());
            map.markMissing(blocks);
        }
    }

    /// Makes all that was written durable, marks among it, and notes how many pages of those there are: a page that
    /// is lost later, and reads as zeros, would say that nothing is dirty.
    void syncMarks(DirtyMap map) throws DiskFailedException {
        // Before the sync, which need not cover what others write meanwhile.
        int pages = map.storedPages();
        sync();
        if (isNews(superblock, map, pages)) {
            change(now -> isNews(now, map, pages) ? now.withDirtyPages(pages) : now);
        }
    }

    private static boolean isNews(Superblock now, DirtyMap map, int pages) {
        return now.generation() == map.generation() && now.dirtyPages() < pages;
    }

    /// Makes all that was written durable.
    void sync() throws DiskFailedException {
        failure.sync(disk);
    }

    /// The first extent at or after this one whose checksums may have been written.
    long nextWritten(int extent) throws DiskFailedException {
        return ReplicaFormat.extentAt(disk.nextData(ReplicaFormat.record(extent)));
    }

    void grow(long volumeBytes) throws DiskFailedException {
        disk.grow(ReplicaFormat.bytes(volumeBytes));
        sync();
    }

    void close() {
        disk.close();
    }
}
