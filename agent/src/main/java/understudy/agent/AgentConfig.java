package understudy.agent;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.dataformat.yaml.YAMLMapper;
import understudy.model.ByteSize;
import understudy.model.HostName;

/// What an agent is told when it starts, from one YAML file; `docs/reference/agent-configuration.md` explains
/// each key.
///
/// @param api    where the REST API listens
/// @param listen one address per peer link, in the order in which the others should prefer them
/// @param voters who votes in the ledger, in an order that is the same everywhere
/// @param bridge the bridge that guests' network cards join; hosts only
/// @param memory RAM that VMs may use in all; if it is not said, four fifths of the machine's, or nine tenths
///              of its shared memory
/// @param loseAfter   silence after which a peer counts as lost
/// @param verifyEvery compare all of a guest's RAM with its image after every so many epochs; 0 for never
public record AgentConfig(
        UUID cluster,
        HostName name,
        boolean isWitness,
        Path data,
        Path run,
        Optional<String> bridge,
        List<InetSocketAddress> api,
        List<InetSocketAddress> listen,
        List<HostName> voters,
        List<Peer> peers,
        Optional<ByteSize> memory,
        Duration loseAfter,
        int verifyEvery) {

    private static final int LOSE_AFTER_MILLIS = 200;

    public AgentConfig {
        api = List.copyOf(api);
        listen = List.copyOf(listen);
        voters = List.copyOf(voters);
        peers = List.copyOf(peers);
        if (!isWitness && bridge.isEmpty()) {
            throw new IllegalArgumentException("bridge: a host needs one, for its guests' network cards");
        }
        if (!voters.contains(name)) {
            throw new IllegalArgumentException("voters: " + name + " itself is missing");
        }
    }

    /// Another agent of the cluster.
    ///
    /// @param addresses what it listens on, one per peer link
    public record Peer(HostName name, boolean isWitness, List<InetSocketAddress> addresses) {
        public Peer {
            addresses = List.copyOf(addresses);
        }
    }

    /// The file as it is written.
    private record Document(
            @JsonProperty(required = true) UUID cluster,
            @JsonProperty(required = true) String name,
            @JsonProperty(required = true) String role,
            @JsonProperty(required = true) String data,
            @JsonProperty(required = true) String run,
            Optional<String> bridge,
            @JsonProperty(required = true) List<String> api,
            @JsonProperty(required = true) List<String> listen,
            @JsonProperty(required = true) List<String> voters,
            @JsonProperty(required = true) List<PeerDocument> peers,
            Optional<String> memory,
            @JsonProperty("lose-after-millis") Optional<Integer> loseAfterMillis,
            @JsonProperty("verify-every") Optional<Integer> verifyEvery) {}

    private record PeerDocument(
            @JsonProperty(required = true) String name,
            @JsonProperty(required = true) String role,
            @JsonProperty(required = true) List<String> addresses) {}

    /// @throws IOException with a text for people: what is wrong in which file
    public static AgentConfig read(Path file) throws IOException {
        YAMLMapper mapper = YAMLMapper.builder()
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .build();
        try {
            return of(mapper.readValue(Files.readString(file), Document.class));
        } catch (JacksonException e) {
            throw new IOException(file + ": " + e.getOriginalMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    private static AgentConfig of(Document it) {
        return new AgentConfig(
                it.cluster,
                new HostName(it.name),
                isWitness(it.role),
                Path.of(it.data),
                Path.of(it.run),
                it.bridge,
                addresses(it.api),
                addresses(it.listen),
                it.voters.stream().map(HostName::new).toList(),
                it.peers.stream()
                        .map(p -> new Peer(new HostName(p.name), isWitness(p.role), addresses(p.addresses)))
                        .toList(),
                it.memory.map(ByteSize::parse),
                Duration.ofMillis(it.loseAfterMillis.orElse(LOSE_AFTER_MILLIS)),
                it.verifyEvery.orElse(0));
    }

    private static boolean isWitness(String role) {
        return switch (role) {
            case "host" -> false;
            case "witness" -> true;
            default -> throw new IllegalArgumentException("role '" + role + "': host or witness");
        };
    }

    private static List<InetSocketAddress> addresses(List<String> texts) {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (String text : texts) {
            int colon = text.lastIndexOf(':');
            if (colon < 1) {
                throw new IllegalArgumentException("address '" + text + "': write for example 10.0.0.1:7700");
            }
            addresses.add(new InetSocketAddress(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1))));
        }
        return addresses;
    }
}
