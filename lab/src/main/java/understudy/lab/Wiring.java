package understudy.lab;

import java.util.List;

/// Lays the lab's cables: network namespaces, bridges, virtual Ethernet pairs and addresses.
///
/// IPv6 is off, bridges neither wait nor snoop nor span trees: the lab's networks are silent but for what is
/// under test.
final class Wiring {
    private static final String LAN_BRIDGE = "lan";
    private static final String CLIENT_PORT = "lan0";
    private static final String MANAGEMENT_BRIDGE = Namespace.OUTSIDE_PREFIX + "mgmt";
    private static final String BRIDGE_OPTIONS = "type bridge stp_state 0 forward_delay 0 mcast_snooping 0";
    private static final List<String> QUIET = List.of(
            "net/ipv6/conf/all/disable_ipv6=1",
            "net/ipv6/conf/default/disable_ipv6=1",
            "net/ipv4/conf/all/arp_ignore=1",
            "net/ipv4/conf/all/arp_announce=2");

    private final Topology topology;

    Wiring(Topology topology) {
        this.topology = topology;
    }

    /// Makes everything, from nothing.
    void lay() {
        Namespace client = Namespace.of(Topology.CLIENT);
        for (Namespace namespace : List.of(Namespace.LAN, client)) {
            create(namespace);
        }
        topology.nodes().forEach(node -> create(node.namespace()));
        layLan(client);
        layManagement();
        layPeerLinks();
        topology.nodes().forEach(this::configure);
    }

    private static void create(Namespace namespace) {
        namespace.create();
        namespace.sysctl(QUIET);
    }

    private void layLan(Namespace client) {
        StringBuilder batch = new StringBuilder();
        batch.append("link set lo up\n");
        batch.append("link add %s %s\n".formatted(LAN_BRIDGE, BRIDGE_OPTIONS));
        batch.append("link set %s up\n".formatted(LAN_BRIDGE));
        plug(batch, Topology.CLIENT, CLIENT_PORT, client, LAN_BRIDGE);
        for (Node node : topology.nodes()) {
            if (node.role() == Role.HOST) {
                plug(batch, node.name(), Node.UPLINK, node.namespace(), LAN_BRIDGE);
            }
        }
        Namespace.LAN.ip(batch.toString());
        client.ip("""
                link set lo up
                addr add %s/24 dev %s
                link set %s up
                """.formatted(Topology.CLIENT_ADDRESS, CLIENT_PORT, CLIENT_PORT));
    }

    private void layManagement() {
        StringBuilder batch = new StringBuilder();
        batch.append("link add %s %s\n".formatted(MANAGEMENT_BRIDGE, BRIDGE_OPTIONS));
        batch.append("link set %s addrgenmode none\n".formatted(MANAGEMENT_BRIDGE));
        batch.append("addr add 10.79.0.1/24 dev %s\n".formatted(MANAGEMENT_BRIDGE));
        batch.append("link set %s up\n".formatted(MANAGEMENT_BRIDGE));
        for (Node node : topology.nodes()) {
            plug(batch, node.managementPort(), Node.MANAGEMENT, node.namespace(), MANAGEMENT_BRIDGE);
        }
        Shell.of("ip", "-batch", "-").with(batch.toString()).run();
    }

    /// A cable from a new port of `bridge` to a new interface in `to`, which is left down.
    private static void plug(StringBuilder batch, String port, String name, Namespace to, String bridge) {
        batch.append("link add %s type veth peer name %s netns %s\n".formatted(port, name, to));
        batch.append("link set %s addrgenmode none\n".formatted(port));
        batch.append("link set %s master %s up\n".formatted(port, bridge));
    }

    private void layPeerLinks() {
        for (Node node : topology.nodes()) {
            StringBuilder batch = new StringBuilder();
            for (PeerLink link : topology.linksOf(node.name())) {
                if (link.left().equals(node.name())) {
                    batch.append("link add %s type veth peer name %s netns %s\n"
                            .formatted(
                                    link.interfaceOf(link.left()),
                                    link.interfaceOf(link.right()),
                                    Namespace.of(link.right())));
                }
            }
            node.namespace().ip(batch.toString());
        }
    }

    /// Gives a node's interfaces their addresses and sets them up; they must be there and fresh.
    private void configure(Node node) {
        StringBuilder batch = new StringBuilder("link set lo up\n");
        if (node.role() == Role.HOST) {
            // A fixed address, or the bridge would take on another with each guest that is plugged in.
            batch.append("link add %s address 02:00:00:77:00:%02x %s\n"
                    .formatted(Node.BRIDGE, node.number(), BRIDGE_OPTIONS));
            batch.append("link set %s master %s up\n".formatted(Node.UPLINK, Node.BRIDGE));
            batch.append("link set %s up\n".formatted(Node.BRIDGE));
        }
        address(batch, node.managementAddress() + "/24", Node.MANAGEMENT);
        for (PeerLink link : topology.linksOf(node.name())) {
            address(batch, link.addressOf(node.name()) + "/30", link.interfaceOf(node.name()));
        }
        node.namespace().ip(batch.toString());
    }

    private static void address(StringBuilder batch, String address, String name) {
        batch.append("addr add %s dev %s\n".formatted(address, name));
        batch.append("link set %s up\n".formatted(name));
    }

    /// Puts the ends of a node's cables into a new namespace of the same name. Sockets of processes that were
    /// killed live on in the kernel and say goodbye as soon as somebody listens; a machine that lost its power
    /// has none.
    void renew(Node node) {
        Namespace old = node.namespace();
        Namespace hold = Namespace.of("hold");
        List<String> interfaces = topology.interfacesOf(node);
        create(hold);
        old.ip(moves(interfaces, hold));
        old.delete();
        create(old);
        hold.ip(moves(interfaces, old));
        hold.delete();
        configure(node);
    }

    private static String moves(List<String> interfaces, Namespace to) {
        StringBuilder batch = new StringBuilder();
        interfaces.forEach(name -> batch.append("link set %s netns %s\n".formatted(name, to)));
        return batch.toString();
    }

    /// Deletes what `lay` made outside the namespaces, however much of it is there.
    static void clearOutside() {
        for (String link : outsideLinks()) {
            Shell.attempt("ip", "link", "del", link).run();
        }
    }

    static List<String> outsideLinks() {
        return Shell.run("ip", "-brief", "link")
                .lines()
                .map(line -> line.split("[ @]", 2)[0])
                .filter(link -> link.equals(MANAGEMENT_BRIDGE) || link.startsWith(Namespace.OUTSIDE_PREFIX + "m-"))
                .toList();
    }
}
