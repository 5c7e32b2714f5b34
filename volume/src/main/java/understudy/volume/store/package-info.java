/// One replica of a volume on one disk: its bytes, a checksum for each block, the activity log, the dirty map
/// and what is known of its standing (design, section 4). `docs/reference/replica-format.md` has the bytes.
///
/// [ReplicaStore] is the whole of it to others; [Disk] is what it stands on, twice: for the data, and for what
/// is known of the data.
@NullMarked
package understudy.volume.store;

import org.jspecify.annotations.NullMarked;
