package understudy.volume.store;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Extents on their way out of the activity log, in three steps so that nobody waits long:
/// [ReplicaStore#startRetirement] under the order lock; then, without it, a flush of *every* replica in sync
/// and [#persist]; then [#finish] under the order lock again.
///
/// It may be dropped at any step. Starting another one makes this one come to nothing.
public final class Retirement {
    private final ActivityLog log;
    private final Content content;
    private final Metadata metadata;
    private final Computation computation;
    private final ActivityLog.Chosen chosen;
    private final @Nullable DirtyMap map;
    private final Set<ChecksumPage> written = Collections.newSetFromMap(new IdentityHashMap<>());
    private boolean isPersisted;

    Retirement(
            ActivityLog log, Content content, Metadata metadata, Computation computation, ActivityLog.Chosen chosen) {
        this.log = log;
        this.content = content;
        this.metadata = metadata;
        this.computation = computation;
        this.chosen = chosen;
        this.map = content.dirty();
    }

    /// How many extents are on their way out.
    public int size() {
        return chosen.pages().size();
    }

    /// Makes checksums and dirty marks of these extents durable, computing checksums that are unknown. All that
    /// was written to them before the start must be durable on every replica in sync: the caller has seen to it.
    ///
    /// Without the order lock; takes as long as disks do.
    ///
    /// @throws DiskFailedException also if there is no room; the extents then stay in the log
    public void persist() throws DiskFailedException {
        List<ChecksumPage> pages = chosen.pages();
        for (ChecksumPage page : pages) {
            computation.complete(page);
            // It may be unknown again, for want of a write that succeeds: then it stays.
            if (metadata.write(page, page::isKnown)) {
                written.add(page);
            }
        }
        if (map == null) {
            metadata.sync();
        } else {
            for (ChecksumPage page : pages) {
                int group = page.extent / ReplicaFormat.GROUP_EXTENTS;
                metadata.write(map, group, group + 1);
            }
            metadata.syncMarks(map);
        }
        isPersisted = true;
    }

    /// Drops those from the log in memory that nobody touched since the start; the log on disk follows when it is
    /// next written. Under the order lock.
    ///
    /// @return how many were dropped; none if the dirty map began to count for another peer in between
    /// @throws IllegalStateException if [#persist] has not succeeded
    public int finish() {
        if (!isPersisted) {
            throw new IllegalStateException("extents cannot leave the log before what is known of them is durable");
        }
        return content.dirty() == map ? log.drop(chosen, written) : 0;
    }
}
