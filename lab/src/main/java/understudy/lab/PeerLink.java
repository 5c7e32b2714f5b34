package understudy.lab;

/// A cable between two nodes, with a /30 network of its own: agents talk over it, guests never do.
///
/// @param left   the node that has the first address
/// @param right  the node that has the second
/// @param index  which of several links between the same two nodes, from 0
/// @param number which of all links of the lab, from 0; it decides the addresses
public record PeerLink(String left, String right, int index, int number) {
    private static final int LARGEST = (1 << 14) - 1;

    public PeerLink {
        if (left.equals(right) || index < 0 || number < 0 || number > LARGEST) {
            throw new IllegalArgumentException(
                    "no such link: %s-%s, index %d, number %d".formatted(left, right, index, number));
        }
    }

    public boolean joins(String one, String other) {
        return (left.equals(one) && right.equals(other)) || (left.equals(other) && right.equals(one));
    }

    public boolean ends(String node) {
        return left.equals(node) || right.equals(node);
    }

    /// The node at the other end than `node`.
    public String across(String node) {
        return left.equals(node) ? right : left;
    }

    /// The address of `node`'s end, without a prefix length (which is 30).
    public String addressOf(String node) {
        int offset = number * 4 + (left.equals(node) ? 1 : 2);
        return "10.78.%d.%d".formatted(offset >> 8, offset & 0xff);
    }

    /// The name of the network interface of `node`'s end, in its own network namespace.
    public String interfaceOf(String node) {
        return "peer-%s-%d".formatted(across(node), index);
    }
}
