package understudy.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import understudy.model.Problem;

/// Who is in the lab, and where, and every cable and address of it: a pure function of the numbers of hosts,
/// witnesses and sites.
///
/// | network    | addresses        | joins                                                                  |
/// |------------|------------------|------------------------------------------------------------------------|
/// | LAN        | `10.77.0.0/24`   | the client (`.1`), the guests (`.10` and up), by the hosts' bridges    |
/// | peer links | `10.78.0.0/16`   | two for each pair of hosts, one for each other pair; each its own /30  |
/// | management | `10.79.0.0/24`   | every node (hosts `.11` and up, witnesses `.101` and up), outside `.1` |
///
/// @param nodes hosts first, each kind in ascending order
/// @param sites how many; they are `s1`, `s2`, …
public record Topology(List<Node> nodes, List<PeerLink> links, int sites) {
    public static final int MOST_HOSTS = 16;
    public static final int MOST_WITNESSES = 3;
    static final String CLIENT = "client";
    static final String CLIENT_ADDRESS = "10.77.0.1";
    private static final int LINKS_PER_PAIR_OF_HOSTS = 2;

    public Topology {
        nodes = List.copyOf(nodes);
        links = List.copyOf(links);
    }

    /// All at one site.
    public static Topology of(int hosts, int witnesses) {
        return of(hosts, witnesses, 1);
    }

    /// @param hosts     1 to 16
    /// @param witnesses 0 to 3
    /// @param sites     so many that none is empty
    public static Topology of(int hosts, int witnesses, int sites) {
        if (hosts < 1 || hosts > MOST_HOSTS || witnesses < 0 || witnesses > MOST_WITNESSES) {
            throw Problem.of(
                            "bad-lab-size",
                            "A lab has 1 to %d hosts and 0 to %d witnesses".formatted(MOST_HOSTS, MOST_WITNESSES),
                            "Choose numbers in these ranges; 2 hosts and 1 witness is the usual lab")
                    .refused();
        }
        int most = hosts + Math.min(1, witnesses);
        if (sites < 1 || sites > most) {
            throw Problem.of(
                            "bad-lab-size",
                            "%d hosts and %d witnesses cannot be at %d sites".formatted(hosts, witnesses, sites),
                            "Choose 1 to %d sites, or more hosts".formatted(most))
                    .because("no site is without a node, and witnesses have one site of three or more")
                    .refused();
        }
        List<Node> nodes = Stream.concat(
                        IntStream.rangeClosed(1, hosts).mapToObj(Node::host),
                        IntStream.rangeClosed(1, witnesses).mapToObj(Node::witness))
                .toList();
        return new Topology(nodes, cables(nodes), sites);
    }

    private static List<PeerLink> cables(List<Node> nodes) {
        List<PeerLink> cables = new ArrayList<>();
        for (int left = 0; left < nodes.size(); left++) {
            for (Node right : nodes.subList(left + 1, nodes.size())) {
                int parallel = right.role() == Role.HOST ? LINKS_PER_PAIR_OF_HOSTS : 1;
                for (int index = 0; index < parallel; index++) {
                    cables.add(new PeerLink(nodes.get(left).name(), right.name(), index, cables.size()));
                }
            }
        }
        return cables;
    }

    /// @throws Problem.Refused if the lab has no node of that name
    public Node node(String name) {
        return nodes.stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElseThrow(() -> noSuchNode(name));
    }

    /// @throws Problem.Refused if it is no node, or one of the other role
    public Node node(String name, Role role) {
        Node node = node(name);
        if (node.role() != role) {
            throw Problem.of(
                            "wrong-role",
                            "%s is a %s, not a %s".formatted(name, node.role().word(), role.word()),
                            "Name a " + role.word() + ", or the other kind of fault")
                    .refused();
        }
        return node;
    }

    /// Hosts take turns. Of three or more sites the last one is the witnesses' alone; of fewer, the first witness is
    /// at the last one.
    public String siteOf(Node node) {
        int forHosts = sites >= 3 && nodes.getLast().role() == Role.WITNESS ? sites - 1 : sites;
        return "s"
                + switch (node.role()) {
                    case HOST -> (node.number() - 1) % forHosts + 1;
                    case WITNESS -> forHosts < sites ? sites : sites - (node.number() - 1) % sites;
                };
    }

    /// @throws Problem.Refused if there is no such site
    public List<Node> nodesAt(String site) {
        List<Node> there =
                nodes.stream().filter(node -> siteOf(node).equals(site)).toList();
        if (there.isEmpty()) {
            throw Problem.of(
                            "no-such-site",
                            "The lab has no site '%s'".formatted(site),
                            sites == 1
                                    ? "It has one, s1; `understudy lab up --sites 2` makes more"
                                    : "Name one of s1 to s" + sites)
                    .refused();
        }
        return there;
    }

    /// One of the parallel links between two nodes.
    ///
    /// @throws Problem.Refused if there is none of that index
    public PeerLink link(String one, String other, int index) {
        List<PeerLink> links = requireLinks(one, other);
        if (index < 0 || index >= links.size()) {
            throw Problem.of(
                            "no-such-link",
                            "%s and %s have no peer link %d".formatted(one, other, index),
                            links.size() == 1 ? "They have one, 0" : "Choose 0 to " + (links.size() - 1))
                    .refused();
        }
        return links.get(index);
    }

    /// @throws Problem.Refused if nothing joins the two
    public List<PeerLink> requireLinks(String one, String other) {
        List<PeerLink> links = linksBetween(node(one).name(), node(other).name());
        if (links.isEmpty()) {
            throw Problem.of(
                            "no-such-link", "No link joins %s and %s".formatted(one, other), "Name two different nodes")
                    .refused();
        }
        return links;
    }

    public List<PeerLink> linksOf(String node) {
        return links.stream().filter(link -> link.ends(node)).toList();
    }

    public List<PeerLink> linksBetween(String one, String other) {
        return links.stream().filter(link -> link.joins(one, other)).toList();
    }

    /// The nodes that `node` has a link to, in the order of [#nodes].
    public List<Node> peersOf(Node node) {
        return nodes.stream().filter(other -> !other.equals(node)).toList();
    }

    /// All network interfaces of `node` that lead out of it.
    List<String> interfacesOf(Node node) {
        Stream<String> peers = linksOf(node.name()).stream().map(link -> link.interfaceOf(node.name()));
        Stream<String> uplink = node.role() == Role.HOST ? Stream.of(Node.UPLINK) : Stream.of();
        return Stream.of(Stream.of(Node.MANAGEMENT), uplink, peers)
                .flatMap(one -> one)
                .toList();
    }

    private Problem.Refused noSuchNode(String name) {
        List<String> names = nodes.stream().map(Node::name).toList();
        return Problem.of(
                        "no-such-node",
                        "The lab has no node '%s'".formatted(name),
                        "Name one of " + String.join(", ", names))
                .refused();
    }
}
