package understudy.link;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import understudy.model.HostName;
import understudy.model.Life;

/// Who an agent is to the others, and where they are.
///
/// @param listen    one address per network path, in the order in which the others should prefer them; 1 to 64,
///     or none where there are no peers; port 0 takes any free port
/// @param peers     the other agents' `listen` addresses; at most 64 peers
/// @param heartbeat how often a [Messenger] says that this agent is alive, on each of its connections
/// @param silence   after which a path on which heartbeats should be heard is given up and dialled anew; TCP
///     alone would take minutes. Longer than ten heartbeats
public record LinkConfig(
        HostName self,
        Life life,
        UUID cluster,
        Versions versions,
        List<InetSocketAddress> listen,
        SortedMap<HostName, List<InetSocketAddress>> peers,
        Duration heartbeat,
        Duration silence) {
    /// The most peer links between two agents.
    public static final int ADDRESSES_MAX = 8;
    /// The most addresses that an agent listens on: each peer may have its own.
    public static final int LISTEN_MAX = 64;

    public LinkConfig {
        listen = List.copyOf(listen);
        SortedMap<HostName, List<InetSocketAddress>> copy = new TreeMap<>();
        peers.forEach((name, addresses) -> copy.put(name, checked(name, addresses)));
        peers = Collections.unmodifiableSortedMap(copy);
        if ((listen.isEmpty() && !peers.isEmpty()) || listen.size() > LISTEN_MAX) {
            throw new IllegalArgumentException(
                    "%s listens on %d addresses: 1 to %d".formatted(self, listen.size(), LISTEN_MAX));
        }
        if (peers.size() > 64) {
            throw new IllegalArgumentException(peers.size() + " peers: at most 64");
        }
        if (peers.containsKey(self)) {
            throw new IllegalArgumentException(self + " is its own peer");
        }
        if (!heartbeat.isPositive() || silence.compareTo(heartbeat.multipliedBy(10)) <= 0) {
            throw new IllegalArgumentException(
                    "heartbeats every %s, silence %s: more than ten heartbeats".formatted(heartbeat, silence));
        }
    }

    /// With the usual times: a heartbeat every 20 ms, three seconds of silence, and this release's versions.
    public static LinkConfig of(
            HostName self,
            Life life,
            UUID cluster,
            List<InetSocketAddress> listen,
            SortedMap<HostName, List<InetSocketAddress>> peers) {
        return new LinkConfig(
                self, life, cluster, Versions.CURRENT, listen, peers, Duration.ofMillis(20), Duration.ofSeconds(3));
    }

    static List<InetSocketAddress> checked(HostName name, List<InetSocketAddress> addresses) {
        if (addresses.isEmpty() || addresses.size() > ADDRESSES_MAX) {
            throw new IllegalArgumentException(
                    "%s has %d addresses: 1 to %d".formatted(name, addresses.size(), ADDRESSES_MAX));
        }
        return List.copyOf(new ArrayList<>(addresses));
    }
}
