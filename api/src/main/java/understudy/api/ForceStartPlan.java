package understudy.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import understudy.model.HostName;
import understudy.model.VmName;

/// What a forced start of a VM would begin from, and what it may cost: what an operator is shown before it is
/// confirmed.
///
/// @param host     where it would start
/// @param view     the VM's view as of now; what is confirmed holds for this one only
/// @param disks    the copies on that host, in the order of the VM's disks
/// @param warnings sentences for people, the gravest first
public record ForceStartPlan(VmName vm, HostName host, long view, List<DiskCopy> disks, List<String> warnings) {
    public ForceStartPlan {
        disks = List.copyOf(disks);
        warnings = List.copyOf(warnings);
    }

    /// A host's copy of one disk.
    ///
    /// @param name       such as `disk0`
    /// @param inSyncView the view in which the copy was last known to have all that was acknowledged; 0 if none is
    ///                   known
    /// @param written    when it was written last, by the host's clock
    public record DiskCopy(String name, long inSyncView, Optional<Instant> written) {}
}
