package understudy.lab;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.UUID;

/// How the lab is at this moment.
///
/// @param url    the REST API of the first node that has power, reachable from outside the lab's namespaces
/// @param urls   of all nodes, hosts first
/// @param client the file that is the client's network namespace
/// @param faults what is broken, in the order in which it was
public record LabStatus(
        String url, List<String> urls, UUID cluster, String client, List<NodeStatus> nodes, List<Fault> faults) {
    public LabStatus {
        urls = List.copyOf(urls);
        nodes = List.copyOf(nodes);
        faults = List.copyOf(faults);
    }

    /// What a node's agent does.
    public enum AgentState {
        RUNNING,
        PAUSED,
        DEAD;

        /// In lower case, for programs and people.
        @JsonValue
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// @param site      where it stands
    /// @param power     whether its first process lives
    /// @param pid       of its first process, outside the lab
    /// @param agentPid  of its agent, outside the lab
    /// @param namespace the file that is its network namespace
    /// @param data      its data folder, as seen from outside
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    public record NodeStatus(
            String name,
            Role role,
            String site,
            boolean power,
            AgentState agent,
            OptionalLong pid,
            OptionalLong agentPid,
            String url,
            String namespace,
            String data,
            List<String> peerAddresses) {
        public NodeStatus {
            peerAddresses = List.copyOf(peerAddresses);
        }
    }
}
