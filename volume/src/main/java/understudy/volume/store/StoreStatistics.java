package understudy.volume.store;

/// What a store has done since it was opened, and what it holds now.
///
/// @param hotExtents        in the activity log
/// @param cachedPages       cold checksum pages in memory
/// @param pageLoads         checksum pages read from disk
/// @param logWrites         times the activity log was written
/// @param retiredExtents    extents that left it
/// @param secondLooks       blocks that were read again under the lock since their checksum did not fit
/// @param corruptBlocks     of these, those that did not fit then either
/// @param damagedRecords    checksum pages on disk that were damaged: their blocks were taken as they are
/// @param damagedDirtyPages pages of the dirty map that were damaged: all their blocks count as dirty
public record StoreStatistics(
        int hotExtents,
        int cachedPages,
        long pageLoads,
        long logWrites,
        long retiredExtents,
        long secondLooks,
        long corruptBlocks,
        long damagedRecords,
        long damagedDirtyPages) {}
