package understudy.ledger;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import understudy.model.HostName;

/// One member of a ledger: an agent that has a copy of it, and votes or may come to.
///
/// @param directory what this member has voted for and decided; kept for as long as it is a member
/// @param listen    where this member listens, on loopback
/// @param members   all of them, this one included, with the addresses where each of them finds it: the same map on
///     all, since a link's tunnels listen on the same ports everywhere
/// @param voters    those that vote in a new ledger, the same on all; who votes in one that has been used is what it
///     says itself
/// @param preferred the voter that should lead at first: the one whose loss costs least
/// @param election  silence of a leader after which another is elected begins here and ends at twice as much,
///     at random; at least 100 ms
/// @param bound     how long a proposal or a read may take
public record LedgerConfig(
        HostName self,
        UUID cluster,
        Path directory,
        InetSocketAddress listen,
        SortedMap<HostName, InetSocketAddress> members,
        SortedSet<HostName> voters,
        HostName preferred,
        Duration election,
        Duration bound) {
    /// The usual silence after which a leader is replaced; at most twice as much.
    public static final Duration ELECTION = Duration.ofMillis(400);

    public LedgerConfig {
        members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
        voters = Collections.unmodifiableSortedSet(new TreeSet<>(voters));
        if (!members.containsKey(self) || !members.keySet().containsAll(voters) || !voters.contains(preferred)) {
            throw new IllegalArgumentException("members %s must have %s and the voters %s, and these the preferred %s"
                    .formatted(members.keySet(), self, voters, preferred));
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
            SortedMap<HostName, InetSocketAddress> members,
            SortedSet<HostName> voters,
            HostName preferred) {
        return new LedgerConfig(
                self, cluster, directory, listen, members, voters, preferred, ELECTION, Duration.ofSeconds(5));
    }

    /// The same with other voters, as far as they are members; unless none is.
    LedgerConfig withVoters(Set<HostName> others) {
        SortedSet<HostName> next = new TreeSet<>(others);
        next.retainAll(members.keySet());
        return next.isEmpty()
                ? this
                : new LedgerConfig(
                        self,
                        cluster,
                        directory,
                        listen,
                        members,
                        next,
                        next.contains(preferred) ? preferred : next.getFirst(),
                        election,
                        bound);
    }
}
