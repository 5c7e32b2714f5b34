package understudy.simulator;

import java.util.List;
import java.util.Optional;
import understudy.model.HostName;

/// Where hosts stand at two sites, no VM gets two hosts of one site, unless somebody named them: the loss of a site is
/// the loss of one host of each VM.
///
/// It knows where hosts stand from whoever set them up, not from what they tell each other.
final class PairSpansSites implements Checker {
    private final Cluster cluster;

    PairSpansSites(Cluster cluster) {
        this.cluster = cluster;
    }

    @Override
    public Optional<String> check(Observation observation) {
        return observation instanceof Observation.PairChosen chosen && !chosen.isNamed() && isAtOne(chosen.hosts())
                ? Optional.of("%s, which nobody named, are all at one site".formatted(chosen.hosts()))
                : Optional.empty();
    }

    private boolean isAtOne(List<HostName> hosts) {
        return sites(hosts) == 1 && sites(cluster.options().plan().hosts()) > 1;
    }

    private long sites(List<HostName> hosts) {
        return hosts.stream()
                .map(host -> cluster.options().plan().machine(host).site())
                .distinct()
                .count();
    }
}
