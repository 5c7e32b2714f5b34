package understudy.agent;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import understudy.api.Event;
import understudy.api.Json;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.VmId;
import understudy.protocol.Newcomer;

/// What agents tell each other beside heartbeats, as one line of JSON each. None of it decides anything: a lost
/// message costs a display that is a second old, a request that must be made again, or a race that the better one
/// loses.
sealed interface AgentMessage {

    /// What a host says of the VMs that it runs, twice a second.
    ///
    /// @param ledger what it has of the ledger; agents of earlier versions do not say
    record Report(HostName host, ByteSize memoryFree, List<VmReport> vms, Optional<Newcomer.Word> ledger)
            implements AgentMessage {
        public Report {
            vms = List.copyOf(vms);
        }
    }

    /// Whom an agent hears, several times while a peer may be silent ([Hearsay]).
    ///
    /// @param millis since each was heard last
    record Hears(Map<HostName, Long> millis) implements AgentMessage {
        public Hears {
            millis = Map.copyOf(millis);
        }
    }

    /// Something happened where the sender is.
    record Happened(Event event) implements AgentMessage {}

    /// A user does not want to wait for the guest to shut down.
    record StopNow(VmId vm) implements AgentMessage {}

    static byte[] of(Event event) {
        return new Happened(event).bytes();
    }

    /// `{"Report": {…}}` and so on.
    default byte[] bytes() {
        var document = Json.object();
        document.putPOJO(getClass().getSimpleName(), this);
        return Json.bytes(document);
    }

    /// @throws IllegalArgumentException if it is none; a newer agent may send kinds that this one does not know
    static AgentMessage parse(byte[] bytes) {
        try {
            JsonNode document = Json.tree(bytes);
            for (Class<?> kind : AgentMessage.class.getPermittedSubclasses()) {
                JsonNode content = document.path(kind.getSimpleName());
                if (content.isObject()) {
                    return (AgentMessage) Json.lenient(content, kind);
                }
            }
        } catch (JacksonException e) {
            throw new IllegalArgumentException("not a message between agents: " + e.getOriginalMessage(), e);
        }
        throw new IllegalArgumentException("a message between agents of an unknown kind");
    }
}
