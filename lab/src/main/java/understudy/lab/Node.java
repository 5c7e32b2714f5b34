package understudy.lab;

/// A host or witness of the lab.
///
/// @param name   `h1`, `h2`, … or `w1`, `w2`, …
/// @param number its number among the nodes of its role, from 1
public record Node(String name, Role role, int number) {
    /// For people who have to name one.
    static final String EXPLAINED = "h1, h2, ..., w1, ...";
    static final String HOSTS_EXPLAINED = "h1, h2, ...";
    static final String WITNESSES_EXPLAINED = "w1, ...";

    static final String UPLINK = "uplink0";
    static final String BRIDGE = "br0";
    static final String MANAGEMENT = "mgmt0";
    static final int API_PORT = 7800;
    static final int PEER_PORT = 7700;

    static Node host(int number) {
        return new Node("h" + number, Role.HOST, number);
    }

    static Node witness(int number) {
        return new Node("w" + number, Role.WITNESS, number);
    }

    public Namespace namespace() {
        return Namespace.of(name);
    }

    /// Its address on the network that only the REST API is reached by, from outside the lab's namespaces.
    public String managementAddress() {
        return "10.79.0." + ((role == Role.HOST ? 10 : 100) + number);
    }

    /// The base of its REST API as seen from outside the lab's namespaces.
    public String url() {
        return "http://%s:%d".formatted(managementAddress(), API_PORT);
    }

    /// The name of the management link's end outside the node.
    String managementPort() {
        return Namespace.OUTSIDE_PREFIX + "m-" + name;
    }
}
