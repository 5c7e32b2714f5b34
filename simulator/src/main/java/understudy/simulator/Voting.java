package understudy.simulator;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import understudy.model.HostName;
import understudy.model.Moment;
import understudy.protocol.Electorate;
import understudy.protocol.VoterWatch;

/// Has votes move to those that are there, as the agent that leads the ledger does.
final class Voting {
    private static final long LOOK_EVERY = 500 * Schedule.MILLISECOND;

    private final Cluster cluster;
    private final List<Node> members;
    private VoterWatch watch = VoterWatch.NOTHING;
    private Optional<Node> leader = Optional.empty();
    private long lookAt;

    /// @param members those that may vote
    Voting(Cluster cluster, List<Node> members) {
        this.cluster = cluster;
        this.members = List.copyOf(members);
    }

    /// Those that vote at first.
    static List<Node> first(List<Node> members) {
        Set<HostName> names = Electorate.first(
                names(members),
                name -> members.stream().anyMatch(node -> node.name().equals(name) && isWitness(node)));
        return members.stream().filter(node -> names.contains(node.name())).toList();
    }

    private static boolean isWitness(Node node) {
        return !(node instanceof Host);
    }

    /// @param leads the ledger, if anybody does
    /// @return who is to lead instead, because its own vote is to go
    Optional<Node> look(Optional<Node> leads) {
        if (!leads.equals(leader)) {
            leader = leads;
            watch = VoterWatch.NOTHING;
        }
        long now = cluster.schedule().nowNanos();
        if (leads.isEmpty() || now < lookAt) {
            return Optional.empty();
        }
        lookAt = now + LOOK_EVERY;
        return look(leads.get(), new Moment(now));
    }

    private Optional<Node> look(Node leads, Moment now) {
        Set<HostName> voters = names(cluster.network().voters());
        List<Electorate.Member> all = Electorate.members(
                cluster.ledger().state(),
                names(members),
                voters,
                name -> isWitness(cluster.node(name)),
                name -> cluster.network().talk(leads, cluster.node(name)));
        VoterWatch.Look look =
                watch.look(all, voters, leads.name(), cluster.options().voteAfter(), now);
        watch = look.watch();
        look.next().ifPresent(next -> ask(leads, voters, next));
        SortedSet<HostName> wanted = Electorate.wanted(all, voters);
        return Optional.of(leads.name())
                .filter(name -> !wanted.contains(name))
                .flatMap(name -> Electorate.leader(all, voters, wanted, name))
                .map(cluster::node)
                .filter(cluster.network()::hasMajority);
    }

    private static Set<HostName> names(List<Node> nodes) {
        Set<HostName> names = new TreeSet<>();
        nodes.forEach(node -> names.add(node.name()));
        return names;
    }

    /// Done once a majority of the old and one of the new voters agree.
    private void ask(Node leads, Set<HostName> voters, Set<HostName> next) {
        List<Node> others =
                members.stream().filter(node -> next.contains(node.name())).toList();
        cluster.schedule().after(cluster.dice().millis(1, 50), () -> {
            boolean agree = leader.equals(Optional.of(leads))
                    && names(cluster.network().voters()).equals(voters)
                    && cluster.network().hasMajority(leads)
                    && cluster.network().hasMajority(leads, others);
            if (agree) {
                cluster.network().vote(others);
                cluster.note("votes-moved", leads.name(), "", "to " + next);
            }
        });
    }
}
