package understudy.link;

import java.util.Optional;

/// Why an agent does not take a connection. The codes are part of the wire format: never change one.
public enum Refusal {
    /// What came does not begin like Understudy's handshake, or is damaged.
    MALFORMED(1),
    /// The two agents have no protocol version in common.
    VERSION(2),
    /// The other agent belongs to another cluster.
    CLUSTER(3),
    /// The other agent is not a host or witness of this cluster.
    UNKNOWN_HOST(4),
    /// There is no such service here (yet).
    UNKNOWN_SERVICE(5),
    /// The address belongs to another host than the one that was dialled.
    WRONG_HOST(6),
    /// A later life of the same agent has been heard of.
    STALE_LIFE(7),
    /// All places for connections are taken.
    BUSY(8);

    private final int code;

    Refusal(int code) {
        this.code = code;
    }

    /// In [1, 255].
    int code() {
        return code;
    }

    static Optional<Refusal> of(int code) {
        for (Refusal refusal : values()) {
            if (refusal.code == code) {
                return Optional.of(refusal);
            }
        }
        return Optional.empty();
    }
}
