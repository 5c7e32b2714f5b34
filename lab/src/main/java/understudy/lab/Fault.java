package understudy.lab;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/// What is broken in the lab, and stays so until it is repaired.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Fault.PowerLoss.class, name = "power-loss"),
    @JsonSubTypes.Type(value = Fault.AgentDown.class, name = "agent-down"),
    @JsonSubTypes.Type(value = Fault.Silence.class, name = "silence"),
    @JsonSubTypes.Type(value = Fault.BadDisk.class, name = "bad-disk"),
    @JsonSubTypes.Type(value = Fault.DeadLink.class, name = "dead-link"),
    @JsonSubTypes.Type(value = Fault.DeadUplink.class, name = "dead-uplink"),
    @JsonSubTypes.Type(value = Fault.DeadSwitch.class, name = "dead-switch")
})
public sealed interface Fault {
    /// What it is, for people.
    String words();

    /// One that lies on network interfaces, and has to be laid again on those of a node that boots anew.
    sealed interface OfNetwork extends Fault {}

    /// A host or witness without power.
    record PowerLoss(String node) implements Fault {
        @Override
        public String words() {
            return node + " has no power";
        }
    }

    /// An agent that was killed and is kept from coming back.
    record AgentDown(String node) implements Fault {
        @Override
        public String words() {
            return "the agent of " + node + " is kept dead";
        }
    }

    /// Nothing that `from` sends to `to` arrives, on any of their links; neither is told.
    record Silence(String from, String to) implements OfNetwork {
        @Override
        public String words() {
            return to + " hears nothing from " + from;
        }
    }

    /// One of the peer links of two nodes carries nothing, either way; neither is told.
    record DeadLink(String one, String other, int index) implements OfNetwork {
        @Override
        public String words() {
            return "peer link %d of %s and %s carries nothing".formatted(index, one, other);
        }
    }

    /// Nothing passes between a host and the LAN.
    ///
    /// @param isSilent whether the host's network card still says that it is connected
    record DeadUplink(String host, boolean isSilent) implements OfNetwork {
        @Override
        public String words() {
            return "the uplink of " + host + (isSilent ? " carries nothing" : " is unplugged");
        }
    }

    /// The LAN's switch passes nothing on.
    record DeadSwitch() implements OfNetwork {
        @Override
        public String words() {
            return "the switch of the LAN passes nothing on";
        }
    }

    /// A host's disk that fails, in any way but corruption, which leaves a disk that works.
    record BadDisk(String host, DiskFault how) implements Fault {
        public BadDisk {
            if (how == null || how == DiskFault.CORRUPT) {
                throw new IllegalArgumentException("a disk does not stay broken that way: " + how);
            }
        }

        @Override
        public String words() {
            return "the disk of " + host + " fails: " + how.word();
        }
    }
}
