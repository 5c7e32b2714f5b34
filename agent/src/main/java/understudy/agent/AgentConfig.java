package understudy.agent;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.Nulls;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;
import understudy.ledger.LedgerConfig;
import understudy.link.LinkConfig;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.protocol.LeaseTiming;
import understudy.protocol.PackingChoice;
import understudy.protocol.PairWatch;

/// What an agent is told when it starts, from one YAML file; `docs/reference/agent-configuration.md` explains
/// each key.
///
/// @param api    where the REST API listens
/// @param listen one address per peer link, in the order in which the others should prefer them
/// @param voters who may vote in the ledger, in an order that is the same everywhere
/// @param volumesFolder where replicas of volumes lie, not above or in what else the agent keeps; hosts only
/// @param bridge the bridge that guests' network cards join; hosts only
/// @param site   where the host stands; hosts only
/// @param memory RAM that VMs may use in all; if it is not said, four fifths of the machine's, or nine tenths
///              of its shared memory
/// @param loseAfter   silence after which a peer counts as lost
/// @param lease       how long leases run; the same on all hosts, and at least three of the ledger's longest elections
/// @param pairAfter   for how long a VM's other host is away before another one takes its place; empty for never
/// @param scrubs      when disks are scrubbed unasked
/// @param packing     whether checkpoints are packed before they are sent
/// @param verifyEvery compare all of a guest's RAM with its image after every so many epochs; 0 for never
public record AgentConfig(
        UUID cluster,
        HostName name,
        boolean isWitness,
        Path data,
        Path run,
        Optional<Path> volumesFolder,
        Optional<String> bridge,
        Optional<String> site,
        List<InetSocketAddress> api,
        List<InetSocketAddress> listen,
        List<HostName> voters,
        List<Peer> peers,
        Optional<ByteSize> memory,
        Duration loseAfter,
        LeaseTiming lease,
        Optional<Duration> pairAfter,
        ScrubSchedule scrubs,
        PackingChoice.Mode packing,
        int verifyEvery) {

    private static final Pattern ADDRESS = Pattern.compile("(.+):(\\d{1,5})");
    /// What else the agent keeps in its data folder.
    private static final List<String> OTHER_FOLDERS = List.of("ledger", "files", "log");

    private static final int PORT_MAX = 65_535;
    private static final int LOSE_AFTER_MILLIS = 200;
    /// Two heartbeats: less would lose every peer that is alive.
    private static final Duration LOSE_AFTER_MIN = Duration.ofMillis(40);

    /// An agent that is started anew takes seconds.
    private static final Duration PAIR_AFTER_MIN = Duration.ofSeconds(10);

    /// A leader that is lost is replaced, and leases are renewed, before any runs out.
    private static final Duration LEASE_MIN = LedgerConfig.ELECTION.multipliedBy(2L * LeaseTiming.ELECTIONS);

    public AgentConfig {
        api = List.copyOf(api);
        listen = List.copyOf(listen);
        voters = List.copyOf(voters);
        peers = List.copyOf(peers);
        volumesFolder.ifPresent(folder -> checkVolumesFolder(folder, data, isWitness));
        if (!isWitness && bridge.isEmpty()) {
            throw new IllegalArgumentException("bridge: a host needs one, for its guests' network cards");
        }
        if (!voters.contains(name)) {
            throw new IllegalArgumentException("voters: " + name + " itself is missing");
        }
        Set<HostName> known = new TreeSet<>(List.of(name));
        for (Peer peer : peers) {
            if (!known.add(peer.name)) {
                throw new IllegalArgumentException("peers: " + peer.name + " is there twice, or is this agent itself");
            }
        }
        if (!known.containsAll(voters) || voters.size() != Set.copyOf(voters).size()) {
            throw new IllegalArgumentException("voters: " + voters + " must be different ones of " + known);
        }
        if (api.isEmpty()) {
            throw new IllegalArgumentException("api: no address");
        }
        if ((listen.isEmpty() && !peers.isEmpty()) || listen.size() > LinkConfig.LISTEN_MAX) {
            throw new IllegalArgumentException(
                    "listen: %d addresses; 1 to %d are needed".formatted(listen.size(), LinkConfig.LISTEN_MAX));
        }
        if (loseAfter.compareTo(LOSE_AFTER_MIN) < 0) {
            throw new IllegalArgumentException(
                    "lose-after-millis: " + loseAfter.toMillis() + "; at least " + LOSE_AFTER_MIN.toMillis());
        }
        if (lease.length().compareTo(LEASE_MIN) < 0) {
            throw new IllegalArgumentException("lease-millis: %d; at least %d, three of the ledger's elections"
                    .formatted(lease.length().toMillis(), LEASE_MIN.toMillis()));
        }
        if (pairAfter.filter(after -> after.compareTo(PAIR_AFTER_MIN) < 0).isPresent()) {
            throw new IllegalArgumentException("pair-after-seconds: %d; at least %d, or 0 for never"
                    .formatted(pairAfter.orElseThrow().toSeconds(), PAIR_AFTER_MIN.toSeconds()));
        }
        if (verifyEvery < 0) {
            throw new IllegalArgumentException("verify-every: " + verifyEvery + "; 0 or more");
        }
    }

    /// Whether an agent, this one or a peer, is a witness.
    boolean isWitness(HostName agent) {
        return agent.equals(name)
                ? isWitness
                : peers.stream().anyMatch(peer -> peer.name.equals(agent) && peer.isWitness);
    }

    /// A disk that hangs, or is taken out, must not take the ledger with it.
    private static void checkVolumesFolder(Path folder, Path data, boolean isWitness) {
        if (isWitness) {
            throw new IllegalArgumentException("volumes-folder: a witness has no volumes");
        }
        if (!folder.isAbsolute()) {
            throw new IllegalArgumentException("volumes-folder: " + folder + "; write the whole path, from / on");
        }
        Path volumes = folder.normalize();
        Path kept = data.toAbsolutePath().normalize();
        boolean holdsData = kept.startsWith(volumes);
        boolean liesInOther = OTHER_FOLDERS.stream().anyMatch(other -> volumes.startsWith(kept.resolve(other)));
        if (holdsData || liesInOther) {
            throw new IllegalArgumentException(
                    "volumes-folder: %s; the ledger and boot files must not share it: choose another folder, best on a disk of its own"
                            .formatted(folder));
        }
    }

    /// Where replicas of volumes lie: best on a disk of their own.
    public Path volumes() {
        return volumesFolder.orElse(data.resolve("volumes"));
    }

    /// Another agent of the cluster.
    ///
    /// @param addresses what it listens on, one per peer link
    public record Peer(HostName name, boolean isWitness, List<InetSocketAddress> addresses) {
        public Peer {
            addresses = List.copyOf(addresses);
            if (addresses.isEmpty() || addresses.size() > LinkConfig.ADDRESSES_MAX) {
                throw new IllegalArgumentException("peers: %s has %d addresses; 1 to %d are needed"
                        .formatted(name, addresses.size(), LinkConfig.ADDRESSES_MAX));
            }
        }
    }

    /// The file as it is written.
    private record Document(
            @JsonProperty(required = true) UUID cluster,
            @JsonProperty(required = true) String name,
            @JsonProperty(required = true) String role,
            @JsonProperty(required = true) String data,
            @JsonProperty(required = true) String run,
            @JsonProperty("volumes-folder") Optional<String> volumesFolder,
            Optional<String> bridge,
            Optional<String> site,
            @JsonProperty(required = true) List<String> api,
            @JsonProperty(required = true) List<String> listen,
            @JsonProperty(required = true) List<String> voters,
            @JsonProperty(required = true) List<PeerDocument> peers,
            Optional<String> memory,
            @JsonProperty("lose-after-millis") Optional<Integer> loseAfterMillis,
            @JsonProperty("lease-millis") Optional<Integer> leaseMillis,
            @JsonProperty("pair-after-seconds") Optional<Integer> pairAfterSeconds,
            @JsonProperty("scrub-days") Optional<Integer> scrubDays,
            @JsonProperty("pack-checkpoints") Optional<String> packCheckpoints,
            @JsonProperty("verify-every") Optional<Integer> verifyEvery) {}

    private record PeerDocument(
            @JsonProperty(required = true) String name,
            @JsonProperty(required = true) String role,
            @JsonProperty(required = true) List<String> addresses) {}

    /// @throws IOException with a text for people: what is wrong in which file
    public static AgentConfig read(Path file) throws IOException {
        YAMLMapper mapper = YAMLMapper.builder()
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .changeDefaultNullHandling(nulls -> nulls.withContentNulls(Nulls.FAIL))
                .build();
        try {
            JsonNode tree = mapper.readTree(Files.readString(file));
            if (!tree.isObject()) {
                throw new IOException(file + ": no keys; it begins for example with 'cluster: UUID'");
            }
            return of(mapper.treeToValue(tree, Document.class));
        } catch (JacksonException e) {
            throw new IOException(file + ": " + key(e) + e.getOriginalMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /// Such as `peers.addresses: `.
    private static String key(JacksonException e) {
        String path = e.getPath().stream()
                .map(JacksonException.Reference::getPropertyName)
                .filter(Objects::nonNull)
                .collect(Collectors.joining("."));
        return path.isEmpty() ? "" : path + ": ";
    }

    private static AgentConfig of(Document it) {
        return new AgentConfig(
                it.cluster,
                at("name", () -> new HostName(it.name)),
                isWitness("role", it.role),
                at("data", () -> Path.of(it.data)),
                at("run", () -> Path.of(it.run)),
                at("volumes-folder", () -> it.volumesFolder.map(Path::of)),
                it.bridge,
                at("site", () -> site(it.site)),
                addresses("api", it.api),
                addresses("listen", it.listen),
                at("voters", () -> it.voters.stream().map(HostName::new).toList()),
                it.peers.stream().map(AgentConfig::peer).toList(),
                at("memory", () -> it.memory.map(ByteSize::parse)),
                Duration.ofMillis(it.loseAfterMillis.orElse(LOSE_AFTER_MILLIS)),
                at(
                        "lease-millis",
                        () -> it.leaseMillis
                                .map(millis -> new LeaseTiming(Duration.ofMillis(millis)))
                                .orElse(LeaseTiming.DEFAULT)),
                Optional.of(it.pairAfterSeconds.map(Duration::ofSeconds).orElse(PairWatch.PATIENCE))
                        .filter(after -> !after.isZero()),
                at(
                        "scrub-days",
                        () -> it.scrubDays
                                .map(days -> new ScrubSchedule(Duration.ofDays(days)))
                                .orElse(ScrubSchedule.DEFAULT)),
                at(
                        "pack-checkpoints",
                        () -> it.packCheckpoints.map(PackingChoice.Mode::parse).orElse(PackingChoice.Mode.AUTO)),
                it.verifyEvery.orElse(0));
    }

    private static Optional<String> site(Optional<String> name) {
        name.ifPresent(HostRecord::checkSite);
        return name;
    }

    private static Peer peer(PeerDocument it) {
        return new Peer(
                at("peers.name", () -> new HostName(it.name)),
                isWitness("peers.role", it.role),
                addresses("peers.addresses", it.addresses));
    }

    /// The value of a key, which an error is to name.
    private static <T> T at(String key, Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(key + ": " + e.getMessage(), e);
        }
    }

    private static boolean isWitness(String key, String role) {
        return switch (role) {
            case "host" -> false;
            case "witness" -> true;
            default -> throw new IllegalArgumentException(key + ": '" + role + "'; host or witness");
        };
    }

    private static List<InetSocketAddress> addresses(String key, List<String> texts) {
        return texts.stream().map(text -> address(key, text)).toList();
    }

    private static InetSocketAddress address(String key, String text) {
        Matcher matcher = ADDRESS.matcher(text);
        if (!matcher.matches() || Integer.parseInt(matcher.group(2)) > PORT_MAX) {
            throw new IllegalArgumentException(key + ": '" + text + "'; write for example 10.0.0.1:7700");
        }
        InetSocketAddress address = new InetSocketAddress(matcher.group(1), Integer.parseInt(matcher.group(2)));
        if (address.isUnresolved()) {
            throw new IllegalArgumentException(key + ": '" + text + "'; there is no host of that name");
        }
        return address;
    }
}
