package understudy.ledger;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import understudy.model.HostName;

/// One voter of a ledger.
///
/// @param directory what this voter has voted for and decided; kept for as long as it is a voter
/// @param listen    where this voter listens, on loopback
/// @param voters    all voters, this one included, with the addresses where each of them finds it: the same map
///     on all, since a link's tunnels listen on the same ports everywhere
/// @param preferred the voter that should lead while it can: the one whose loss costs least
/// @param election  silence of a leader after which another is elected begins here and ends at twice as much,
///     at random; at least 100 ms
/// @param bound     how long a proposal or a read may take
public record LedgerConfig(
        HostName self,
        UUID cluster,
        Path directory,
        InetSocketAddress listen,
        SortedMap<HostName, InetSocketAddress> voters,
        HostName preferred,
        Duration election,
        Duration bound) {
    /// The usual silence after which a leader is replaced; at most twice as much.
    public static final Duration ELECTION = Duration.ofMillis(400);

    public LedgerConfig {
        voters = Collections.unmodifiableSortedMap(new TreeMap<>(voters));
        if (!voters.containsKey(self) || !voters.containsKey(preferred)) {
            throw new IllegalArgumentException(
                    "voters %s must have %s and the preferred %s".formatted(voters.keySet(), self, preferred));
        }
        if (election.toMillis() < 100) {
            throw new IllegalArgumentException("elections after " + election + ": at least 100 ms");
        }
    }

    /// With the usual times: elections after 400 to 800 ms of silence, answers within 5 s.
    public static LedgerConfig of(
            HostName self,
            UUID cluster,
            Path directory,
            InetSocketAddress listen,
            SortedMap<HostName, InetSocketAddress> voters,
            HostName preferred) {
        return new LedgerConfig(self, cluster, directory, listen, voters, preferred, ELECTION, Duration.ofSeconds(5));
    }
}
