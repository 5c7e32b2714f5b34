package understudy.agent;

import java.util.Optional;
import understudy.model.HostName;
import understudy.model.VmId;

/// What other hosts said of a VM last; from any thread.
interface PeerReports {
    /// @return nothing if the host said nothing lately
    Optional<VmReport> of(HostName host, VmId vm);
}
