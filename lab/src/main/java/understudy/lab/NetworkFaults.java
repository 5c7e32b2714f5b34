package understudy.lab;

import java.util.List;
import java.util.stream.Stream;
import understudy.model.Problem;

/// Lays faults on network interfaces and lifts them, each as often as it may be: a node that gets its power back
/// has a new network namespace, which knows nothing of what was broken before.
record NetworkFaults(Topology topology) {
    /// @throws Problem.Refused if there is nothing that it could be laid on
    void check(Fault.OfNetwork fault) {
        switch (fault) {
            case Fault.Silence(String from, String to) -> topology.requireLinks(from, to);
            case Fault.DeadLink(String one, String other, int index) -> topology.link(one, other, index);
            case Fault.DeadUplink(String host, boolean _) -> topology.node(host, Role.HOST);
            case Fault.DeadSwitch _ -> {}
        }
    }

    void lay(Fault.OfNetwork fault) {
        switch (fault) {
            case Fault.Silence(String from, String to) ->
                Mute.incoming(Namespace.of(to), silence(from), interfaces(to, from));
            case Fault.DeadLink(String one, String other, int index) -> {
                PeerLink link = topology.link(one, other, index);
                Mute.incoming(Namespace.of(one), dead(other, index), List.of(link.interfaceOf(one)));
                Mute.incoming(Namespace.of(other), dead(one, index), List.of(link.interfaceOf(other)));
            }
            case Fault.DeadUplink(String host, boolean isSilent) -> {
                if (isSilent) {
                    Mute.all(Namespace.LAN, uplink(host), List.of(host));
                } else {
                    Namespace.LAN.ip("link set %s down\n".formatted(host));
                }
            }
            case Fault.DeadSwitch _ -> Mute.all(Namespace.LAN, "switch", ports());
        }
    }

    void lift(Fault.OfNetwork fault) {
        switch (fault) {
            case Fault.Silence(String from, String to) -> Mute.lift(Namespace.of(to), silence(from));
            case Fault.DeadLink(String one, String other, int index) -> {
                Mute.lift(Namespace.of(one), dead(other, index));
                Mute.lift(Namespace.of(other), dead(one, index));
            }
            case Fault.DeadUplink(String host, boolean _) -> {
                Mute.lift(Namespace.LAN, uplink(host));
                Namespace.LAN.ip("link set %s up\n".formatted(host));
            }
            case Fault.DeadSwitch _ -> Mute.lift(Namespace.LAN, "switch");
        }
    }

    private static String silence(String from) {
        return "from-" + from;
    }

    private static String dead(String peer, int index) {
        return "link-%s-%d".formatted(peer, index);
    }

    private static String uplink(String host) {
        return "uplink-" + host;
    }

    private List<String> interfaces(String node, String peer) {
        return topology.requireLinks(node, peer).stream()
                .map(link -> link.interfaceOf(node))
                .toList();
    }

    /// The switch has a port named after whom it leads to.
    private List<String> ports() {
        Stream<String> hosts = topology.nodes().stream()
                .filter(node -> node.role() == Role.HOST)
                .map(Node::name);
        return Stream.concat(Stream.of(Topology.CLIENT), hosts).toList();
    }
}
