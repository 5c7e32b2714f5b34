package understudy.volume.store;

import java.lang.foreign.MemorySegment;

/// A row of bytes that survives its process, and after [#sync] a loss of power: a file or a block device.
///
/// What was written and not synced may be there after a loss of power, or not, in pieces of 512 bytes.
///
/// Threads: any, at the same time. Calls may hang as long as the hardware does.
public interface Disk extends AutoCloseable {

    /// In bytes.
    long size() throws DiskFailedException;

    /// Fills `target`, native memory, from `offset` on; the range lies within the size.
    void read(long offset, MemorySegment target) throws DiskFailedException;

    /// Writes all of `source`, native memory, at `offset`; the range lies within the size. If it fails, any part
    /// may have been written.
    void write(long offset, MemorySegment source) throws DiskFailedException;

    /// Makes a range zeros, giving its space back or keeping it, as far as the disk can do either.
    void zero(long offset, long length, boolean punch) throws DiskFailedException;

    /// Makes all that was written, zeroed and resized before durable. After a failure nothing is known of any of
    /// it, and repeating the call does not help.
    void sync() throws DiskFailedException;

    /// The first offset at or after `from` that may hold something else than zeros; the size if none does.
    long nextData(long from) throws DiskFailedException;

    /// The first offset at or after `from` that takes no space and reads as zeros; the end counts as one.
    long nextHole(long from) throws DiskFailedException;

    /// Makes it longer by zeros.
    ///
    /// @param size not below the present one; a device must have it already
    void grow(long size) throws DiskFailedException;

    /// Whether it may have more bytes than the volume: a device, whose size nobody chose for us.
    boolean mayBeLarger();

    /// Gives it up. Calls still under way on other threads end as they end; it is released when the last has.
    @Override
    void close();
}
