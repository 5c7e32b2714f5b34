package understudy.api;

import java.util.List;
import java.util.Optional;
import understudy.model.HostName;

/// The cluster in one view, as the answering agent sees it.
///
/// @param cluster      the cluster's name
/// @param node         who answers
/// @param ready        whether a ledger majority answers, so that VMs can be created and taken over
/// @param leader       who leads the ledger, if that is known
/// @param voters       hosts and witnesses that vote
/// @param hosts        hosts, without witnesses
/// @param hostsUp      how many of them are up
/// @param vmsProtected how many VMs have all that their level promises
/// @param alarms       what somebody should act on, one sentence each
public record ClusterStatus(
        String cluster,
        HostName node,
        boolean ready,
        Optional<HostName> leader,
        List<HostName> voters,
        int hosts,
        int hostsUp,
        int vms,
        int vmsRunning,
        int vmsProtected,
        List<String> alarms) {
    public ClusterStatus {
        voters = List.copyOf(voters);
        alarms = List.copyOf(alarms);
        if (hostsUp < 0
                || hostsUp > hosts
                || vmsRunning < 0
                || vmsRunning > vms
                || vmsProtected < 0
                || vmsProtected > vms) {
            throw new IllegalArgumentException("%d of %d hosts up, %d running and %d protected of %d VMs"
                    .formatted(hostsUp, hosts, vmsRunning, vmsProtected, vms));
        }
    }
}
