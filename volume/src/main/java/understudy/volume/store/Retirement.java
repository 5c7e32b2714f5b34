package understudy.volume.store;

/// Extents on their way out of the activity log, in three steps so that nobody waits long:
/// [ReplicaStore#startRetirement] under the order lock; then, without it, a flush of *every* replica in sync
/// and [#persist]; then [#finish] under the order lock again.
///
/// It may be dropped at any step.
public final class Retirement {

    Retirement() {}

    /// How many extents are on their way out.
    public int size() {
        throw new UnsupportedOperationException();
    }

    /// Makes checksums and dirty marks of these extents durable, computing checksums that are unknown. All that
    /// was written to them before the start must be durable on every replica in sync: the caller has seen to it.
    ///
    /// Without the order lock; takes as long as disks do.
    public void persist() throws DiskFailedException {
        throw new UnsupportedOperationException();
    }

    /// Drops those from the log in memory that nobody touched since the start; the log on disk follows when it is
    /// next written. Under the order lock.
    ///
    /// @return how many were dropped; none if the dirty map began to count for another peer in between
    public int finish() {
        throw new UnsupportedOperationException();
    }
}
