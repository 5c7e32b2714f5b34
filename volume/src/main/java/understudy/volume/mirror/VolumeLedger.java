package understudy.volume.mirror;

import java.io.IOException;
import java.util.Optional;

/// Where it is decided which replicas of a volume are in sync. Stand-alone a file ([FileLedger]); in an agent
/// the VM's view. Calls may take as long as a ledger does; they come from one thread.
public interface VolumeLedger {

    /// The newest view; empty for a volume that has none yet.
    Optional<VolumeView> read() throws IOException;

    /// Makes this the view if its number is the one after the newest's.
    ///
    /// @return the newest view now: this one, or the one that was there before it
    /// @throws IOException if the outcome is not known
    VolumeView propose(VolumeView view) throws IOException;
}
