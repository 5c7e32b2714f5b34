package understudy.agent;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import understudy.api.Event;
import understudy.api.Event.Severity;
import understudy.ledger.Ledger;
import understudy.link.Link;
import understudy.link.Messenger;
import understudy.model.HostName;
import understudy.model.Replica;
import understudy.model.VmName;

/// What a VM's driver uses of its agent.
///
/// @param self    this host, in this life of its agent
/// @param boot    this start of this host
/// @param reports what the other hosts say
/// @param isUp    whether another agent is heard
/// @param room    asks whether a host has room for volumes
/// @param leases  of this host
/// @param words   what this host has written down of VMs with which it goes on alone
/// @param scrubTurn of this host
record AgentServices(
        Replica self,
        UUID boot,
        AgentConfig config,
        Link link,
        Messenger messenger,
        Ledger ledger,
        QemuHost qemu,
        FileStore files,
        EventLog events,
        PeerReports reports,
        Predicate<HostName> isUp,
        PairSearch.Room room,
        LeaseKeeper leases,
        AloneWords words,
        ScrubTurn scrubTurn) {

    /// The link's service that takes checkpoint streams.
    static final String CHECKPOINTS = "checkpoints";

    /// The link's service by which mirrors reach replicas.
    static final String VOLUMES = "volumes";

    String bridge() {
        return config.bridge().orElseThrow();
    }

    List<HostName> peerNames() {
        return config.peers().stream().map(AgentConfig.Peer::name).toList();
    }

    /// Records an event here and tells the other agents.
    void happened(Optional<VmName> vm, String kind, Severity severity, String text) {
        Event event = events.happened(vm, kind, severity, text);
        byte[] message = AgentMessage.of(event);
        peerNames().forEach(peer -> messenger.send(peer, message));
    }
}
