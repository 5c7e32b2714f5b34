package understudy.lab;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/// What is broken in the lab, and stays so until it is repaired.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Fault.PowerLoss.class, name = "power-loss"),
    @JsonSubTypes.Type(value = Fault.AgentDown.class, name = "agent-down"),
    @JsonSubTypes.Type(value = Fault.Silence.class, name = "silence"),
    @JsonSubTypes.Type(value = Fault.BadDisk.class, name = "bad-disk")
})
public sealed interface Fault {
    /// A host or witness without power.
    record PowerLoss(String node) implements Fault {}

    /// An agent that was killed and is kept from coming back.
    record AgentDown(String node) implements Fault {}

    /// Nothing that `from` sends to `to` arrives, on any of their links; neither is told.
    record Silence(String from, String to) implements Fault {}

    /// A host's disk that fails, in any way but corruption, which leaves a disk that works.
    record BadDisk(String host, DiskFault how) implements Fault {
        public BadDisk {
            if (how == null || how == DiskFault.CORRUPT) {
                throw new IllegalArgumentException("a disk does not stay broken that way: " + how);
            }
        }
    }
}
