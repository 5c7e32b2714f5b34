package understudy.lab;

import com.fasterxml.jackson.annotation.JsonValue;

/// What a node of the lab does. The client is no node in this sense: it is a network namespace and nothing else.
public enum Role {
    HOST,
    WITNESS;

    /// The word of the agent's configuration: `host` or `witness`.
    @JsonValue
    public String word() {
        return this == HOST ? "host" : "witness";
    }
}
