package understudy.volume.store;

import understudy.volume.Geometry;

/// Where things lie in the metadata of a replica, as `docs/reference/replica-format.md` lists it. All integers
/// are little-endian; UUIDs are 16 bytes in the order of their text.
///
/// Superblocks and logs come first, then groups: the dirty marks of 31 extents, and the 31 pages of their
/// checksums. So a volume can grow at the end, and what was never written is a hole in the file, which reads as
/// "clean" and "all zeros", which is true.
final class ReplicaFormat {
    static final int VERSION = 2;

    /// The oldest that is taken up: what is new since is zeros there, which says that there is nothing of it.
    static final int VERSION_FIRST = 1;

    /// `USTREPLC` in ASCII.
    static final long MAGIC = 0x434C_5045_5254_5355L;

    static final int SLOT_BYTES = 4096;
    static final int SECTOR_BYTES = 512;

    static final long SUPERBLOCKS = 0;
    static final long LOGS = 2L * SLOT_BYTES;
    static final long GROUPS = 4L * SLOT_BYTES;

    /// Sectors of a log slot, and the extents that each can name.
    static final int LOG_SECTORS = SLOT_BYTES / SECTOR_BYTES;

    static final int LOG_SECTOR_EXTENTS = 124;
    static final int LOG_EXTENTS = LOG_SECTORS * LOG_SECTOR_EXTENTS;

    /// `USDM` in ASCII.
    static final int DIRTY_MAGIC = 0x4D44_5355;

    static final int DIRTY_PAGE_BYTES = 4096;
    static final int DIRTY_HEADER_BYTES = 64;
    static final int GROUP_EXTENTS = 31;

    /// Of the dirty marks of an extent: words of 64 blocks.
    static final int EXTENT_WORDS = Geometry.EXTENT_BLOCKS / Long.SIZE;

    /// `USCK` in ASCII.
    static final int RECORD_MAGIC = 0x4B43_5355;

    static final int RECORD_HEADER_BYTES = 512;
    static final int RECORD_BYTES = RECORD_HEADER_BYTES + Geometry.EXTENT_BLOCKS * Integer.BYTES;

    static final long GROUP_BYTES = DIRTY_PAGE_BYTES + (long) GROUP_EXTENTS * RECORD_BYTES;

    /// In the first sector of each superblock slot. Magic, version and checksum lie there in all versions. Behind it
    /// in the slot is the list of bad blocks.
    enum SuperblockField {
        MAGIC(0, 8),
        VERSION(8, 4),
        CHECKSUM(12, 4),
        SEQUENCE(16, 8),
        VOLUME(24, 16),
        REPLICA(40, 16),
        SIZE(56, 8),
        GROWING_TO(64, 8),
        CREATED(72, 8),
        VIEW(80, 8),
        FLAGS(88, 4),
        COMPUTED(92, 4),
        TRACKED_PEER(96, 16),
        TRACKED_SINCE(112, 8),
        GENERATION(120, 8),
        DIRTY_PAGES(128, 4),
        BAD_RUNS(132, 4),
        BAD_CHECKSUM(136, 4);

        final int offset;
        final int bytes;

        SuperblockField(int offset, int bytes) {
            this.offset = offset;
            this.bytes = bytes;
        }
    }

    /// Bits of [SuperblockField#FLAGS].
    enum Flag {
        IN_SYNC(1),
        FULL(2),
        CLEAN(4),
        TRACKING(8),
        LOG_LOST(16);

        final int bit;

        Flag(int bit) {
            this.bit = bit;
        }
    }

    /// In each of the sectors of a log slot.
    enum LogField {
        CHECKSUM(0, 4),
        SECTOR(4, 2),
        COUNT(6, 2),
        SEQUENCE(8, 8),
        EXTENTS(16, 4 * LOG_SECTOR_EXTENTS);

        final int offset;
        final int bytes;

        LogField(int offset, int bytes) {
            this.offset = offset;
            this.bytes = bytes;
        }
    }

    /// In each page of the dirty map.
    enum DirtyField {
        MAGIC(0, 4),
        CHECKSUM(4, 4),
        GENERATION(8, 8),
        GROUP(16, 4),
        MARKS(DIRTY_HEADER_BYTES, GROUP_EXTENTS * EXTENT_WORDS * Long.BYTES);

        final int offset;
        final int bytes;

        DirtyField(int offset, int bytes) {
            this.offset = offset;
            this.bytes = bytes;
        }
    }

    /// In each checksum page.
    enum RecordField {
        MAGIC(0, 4),
        CHECKSUM(4, 4),
        EXTENT(8, 4),
        SUMS(RECORD_HEADER_BYTES, Geometry.EXTENT_BLOCKS * Integer.BYTES);

        final int offset;
        final int bytes;

        RecordField(int offset, int bytes) {
            this.offset = offset;
            this.bytes = bytes;
        }
    }

    private ReplicaFormat() {}

    static int groups(int extents) {
        return (extents + GROUP_EXTENTS - 1) / GROUP_EXTENTS;
    }

    /// The size of the metadata of a volume, in bytes.
    static long bytes(long volumeBytes) {
        return GROUPS + groups(Geometry.extents(volumeBytes)) * GROUP_BYTES;
    }

    static long dirtyPage(int group) {
        return GROUPS + group * GROUP_BYTES;
    }

    static long record(int extent) {
        return dirtyPage(extent / GROUP_EXTENTS) + DIRTY_PAGE_BYTES + (long) (extent % GROUP_EXTENTS) * RECORD_BYTES;
    }

    /// The extent in whose record this offset lies, or the next one if it lies in none.
    static long extentAt(long offset) {
        if (offset < GROUPS) {
            return 0;
        }
        long group = (offset - GROUPS) / GROUP_BYTES;
        long within = (offset - GROUPS) % GROUP_BYTES - DIRTY_PAGE_BYTES;
        return group * GROUP_EXTENTS + Math.max(0, within) / RECORD_BYTES;
    }
}
