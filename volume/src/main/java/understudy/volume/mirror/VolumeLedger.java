package understudy.volume.mirror;

import java.io.IOException;
import java.util.Optional;
import java.util.UUID;

/// Where it is decided which replicas of a volume are in sync. Stand-alone a file ([FileLedger]); in an agent
/// the VM's view. Calls may take as long as a ledger does; they come from one thread.
public interface VolumeLedger {

    /// The newest view; empty for a volume that has none yet.
    Optional<VolumeView> read() throws IOException;

    /// Whether the newest view names this replica as one of the volume's, in sync or not. One that it does not name is
    /// new, or went its own way: the views that it knows say nothing about what it lacks.
    default boolean names(UUID replica) {
        return true;
    }

    /// Makes this the view if its number is the one after the newest's.
    ///
    /// @return the newest view now: this one, or the one that was there before it
    /// @throws IOException if the outcome is not known
    VolumeView propose(VolumeView view) throws IOException;
}
