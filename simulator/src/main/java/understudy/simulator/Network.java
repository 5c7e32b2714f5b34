package understudy.simulator;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import understudy.model.HostName;

/// Which node's messages arrive where, and who has a majority by that. A cut has a direction.
final class Network {
    private record Way(HostName from, HostName to) implements Comparable<Way> {
        @Override
        public int compareTo(Way other) {
            int byFrom = from.compareTo(other.from);
            return byFrom != 0 ? byFrom : to.compareTo(other.to);
        }
    }

    private List<Node> voters;
    private final Set<Way> cuts = new TreeSet<>();

    /// Of ways that lose packets now and then, which share.
    private final Map<Way, Double> lossy = new TreeMap<>();

    /// @param voters those that vote in the ledger
    Network(List<Node> voters) {
        this.voters = List.copyOf(voters);
    }

    /// Those that vote.
    List<Node> voters() {
        return voters;
    }

    /// Has others vote.
    void vote(List<Node> others) {
        voters = List.copyOf(others);
    }

    void cutOneWay(HostName from, HostName to) {
        cuts.add(new Way(from, to));
    }

    void cut(HostName one, HostName other) {
        cutOneWay(one, other);
        cutOneWay(other, one);
    }

    void join(HostName one, HostName other) {
        cuts.remove(new Way(one, other));
        cuts.remove(new Way(other, one));
    }

    void joinAll() {
        cuts.clear();
        lossy.clear();
    }

    /// From here on a way loses this share of all packets, in [0, 1]; 0 for none.
    void lose(HostName from, HostName to, double share) {
        if (share > 0) {
            lossy.put(new Way(from, to), share);
        } else {
            lossy.remove(new Way(from, to));
        }
    }

    /// Whether this one packet is lost, although the way carries others.
    boolean loses(Node from, Node to, Dice dice) {
        double share = lossy.isEmpty() ? 0 : lossy.getOrDefault(new Way(from.name(), to.name()), 0.0);
        return share > 0 && dice.chance(share);
    }

    /// Whether a packet from one kernel arrives at the other.
    boolean carries(Node from, Node to) {
        return from.isPowered() && to.isPowered() && !cuts.contains(new Way(from.name(), to.name()));
    }

    /// Whether two agents can talk with each other.
    boolean talk(Node one, Node other) {
        return one.isResponsive()
                && other.isResponsive()
                && (one.equals(other) || (carries(one, other) && carries(other, one)));
    }

    boolean isVoter(Node node) {
        return voters.contains(node);
    }

    /// The voters, as a node sees them.
    ///
    /// @param there those that it can talk with
    /// @param all   how many there are
    record Votes(List<HostName> there, int all) {
        /// Whether these would be a majority without one of them.
        boolean areEnoughWithout(HostName lost) {
            return there.stream().filter(it -> !it.equals(lost)).count() * 2 > all;
        }
    }

    Votes votes(Node node) {
        List<HostName> there = voters.stream()
                .filter(voter -> talk(node, voter))
                .map(Node::name)
                .toList();
        return new Votes(there, voters.size());
    }

    /// Whether a voter can talk with a majority of voters, itself included.
    boolean hasMajority(Node voter) {
        return hasMajority(voter, voters);
    }

    /// The same, if these voted.
    boolean hasMajority(Node voter, List<Node> voters) {
        return voters.stream().filter(other -> talk(voter, other)).count() * 2 > voters.size();
    }
}
