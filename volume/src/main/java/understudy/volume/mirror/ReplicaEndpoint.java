package understudy.volume.mirror;

import java.io.IOException;
import java.util.List;
import understudy.volume.store.BadBlocks;

/// One replica, as resync and scrub see it, on either side of the link. Calls may take as long as disks and
/// links do.
interface ReplicaEndpoint {
    int SPANS_MAX = 64;

    /// The checksums of an extent's 1024 blocks.
    void sums(int extent, int[] sums) throws IOException;

    /// What tells contents of blocks apart where their checksums are equal: see [ReplicaStore#digests].
    void digests(int extent, long[] wanted, long[] digests) throws IOException;

    /// Asks for them. A replica on this host begins when it is waited for; the peer's begins at once.
    default DigestsQuestion askDigests(int extent, long[] wanted) throws IOException {
        return digests -> digests(extent, wanted, digests);
    }

    /// Waits for what [#digests] would tell.
    interface DigestsQuestion {
        void await(long[] digests) throws IOException;
    }

    /// What nobody may read there. Under the order lock it is up to date.
    BadBlocks bad();

    /// Marks blocks of an extent as bad; durable on return. Under the order lock.
    ///
    /// @return false if there are too many: then none of these is marked
    boolean markBad(int extent, long[] bits) throws IOException;

    /// The marks of the first extent from `from` on that has any.
    ///
    /// @return that extent; −1 if there is none
    int dirty(int from, long[] bits) throws IOException;

    /// How many blocks are marked, as far as known.
    long dirtyBlocks() throws IOException;

    /// Under the order lock.
    void clear(int extent, long[] bits) throws IOException;

    /// The extents in its activity log, and those that hold bad blocks.
    int[] logged() throws IOException;

    /// Marks all blocks of an extent. Under the order lock.
    void mark(int extent) throws IOException;

    void persistMarks() throws IOException;

    /// Reads and verifies, or finds some of it corrupt (which, [#digests] tell); at most [#SPANS_MAX] at a time, of at
    /// most [Frame#PAYLOAD_BYTES_MAX] bytes each.
    void read(List<Span> spans) throws IOException;

    /// Writes whole blocks, after all that clients wrote before; as many at a time. Under the order lock.
    ///
    /// @return false if nothing was written, for want of room in the activity log: some will be made
    boolean copy(List<Span> spans) throws IOException;

    /// Makes all that was written and copied before durable.
    void flush() throws IOException;
}
