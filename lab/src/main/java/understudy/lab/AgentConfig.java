package understudy.lab;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.dataformat.yaml.YAMLMapper;

/// The configuration file of one node's agent, as the agent's documentation describes it.
///
/// @param volumes   where it keeps volumes' replicas, on a disk of their own; hosts only
/// @param bridge    where guests' network cards are joined; hosts only
/// @param api       addresses that the REST API listens on
/// @param site      where the host stands; hosts only
/// @param listen    addresses that other agents connect to, one per peer link
/// @param voters    the names of all that vote in the ledger, each once
/// @param options   beside the other keys in the file
@JsonInclude(JsonInclude.Include.NON_ABSENT)
record AgentConfig(
        UUID cluster,
        String name,
        Role role,
        String data,
        String run,
        @JsonProperty("volumes-folder") Optional<String> volumes,
        Optional<String> bridge,
        Optional<String> site,
        List<String> api,
        List<String> listen,
        List<String> voters,
        List<Peer> peers,
        @JsonUnwrapped AgentOptions options) {
    static final String FILE = "agent.yaml";

    private static final YAMLMapper MAPPER = new YAMLMapper();

    /// @param addresses one for each link to it, in the order of the links' indices
    record Peer(String name, Role role, List<String> addresses) {}

    static AgentConfig of(Topology topology, Node node, UUID cluster, AgentOptions options) {
        String name = node.name();
        return new AgentConfig(
                cluster,
                name,
                node.role(),
                LabFolders.INSIDE_DATA.toString(),
                "/run/understudy",
                node.role() == Role.HOST ? Optional.of(HostDisk.FOLDER.toString()) : Optional.empty(),
                node.role() == Role.HOST ? Optional.of(Node.BRIDGE) : Optional.empty(),
                node.role() == Role.HOST ? Optional.of(topology.siteOf(node)) : Optional.empty(),
                List.of("127.0.0.1:" + Node.API_PORT, node.managementAddress() + ":" + Node.API_PORT),
                topology.linksOf(name).stream().map(link -> peering(link, name)).toList(),
                topology.nodes().stream().map(Node::name).toList(),
                topology.peersOf(node).stream()
                        .map(peer -> peer(topology, name, peer))
                        .toList(),
                options);
    }

    String yaml() {
        return MAPPER.writeValueAsString(this);
    }

    private static Peer peer(Topology topology, String name, Node peer) {
        List<String> addresses = topology.linksBetween(name, peer.name()).stream()
                .map(link -> peering(link, peer.name()))
                .toList();
        return new Peer(peer.name(), peer.role(), addresses);
    }

    private static String peering(PeerLink link, String node) {
        return link.addressOf(node) + ":" + Node.PEER_PORT;
    }
}
