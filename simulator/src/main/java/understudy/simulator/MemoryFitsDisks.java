package understudy.simulator;

import java.util.Optional;

/// Invariants 2 and 4, as a guest sees them: it reads what it wrote last, or read last, also where it goes on
/// from an image on another host. Less would be a write that was lost or overwritten by an older one, more a
/// write that it has not made yet.
///
/// Where a disk lost its power since, a guest that went on from an image may find less than it knew before that.
final class MemoryFitsDisks implements Checker {
    private final Cluster cluster;

    MemoryFitsDisks(Cluster cluster) {
        this.cluster = cluster;
    }

    @Override
    public Optional<String> check(Observation observation) {
        return observation instanceof Observation.BlockRecalled recalled ? recalled(recalled) : Optional.empty();
    }

    private Optional<String> recalled(Observation.BlockRecalled it) {
        boolean isExcused = it.found() < it.known().content()
                && it.known().since() < it.began()
                && cluster.hosts().stream()
                        .flatMap(host -> host.disk(it.volume()).stream())
                        .anyMatch(disk -> disk.lostPowerAt() >= it.known().since());
        return it.found() == it.known().content() || isExcused || cluster.isUnheard(it.vm(), it.host())
                ? Optional.empty()
                : Optional.of("a guest on %s knows block %d to be write %d, and reads write %d"
                        .formatted(it.host(), it.block(), it.known().content(), it.found()));
    }
}
