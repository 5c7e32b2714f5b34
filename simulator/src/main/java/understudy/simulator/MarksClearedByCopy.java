package understudy.simulator;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import understudy.model.Level;
import understudy.model.VmId;
import understudy.model.VmRecord;
import understudy.model.VolumeId;
import understudy.model.VolumeReplica;
import understudy.model.VolumeView;

/// Invariant 5, as far as simulated disks can show it: they are copied as a whole, so that what the marks of a real one
/// say is said by the view. A replica is taken in only when it holds, of every block, what its guest was told is
/// written, or what the replica has that was in sync before, if that is older.
///
/// Numbers of writes tell which is older. At level `system` writes are kept aside after they are answered, so nothing
/// is
/// said of that; nor of a replica that lost its power or its disk in the moment in which it was taken in.
final class MarksClearedByCopy implements Checker {
    private static final long JUST_NOW = 5 * Schedule.SECOND;

    private final Cluster cluster;

    /// The last write of each block that the guest was told of since it was booted.
    private final Map<VmId, Map<VolumeId, Map<Integer, Long>>> answered = new TreeMap<>();

    MarksClearedByCopy(Cluster cluster) {
        this.cluster = cluster;
    }

    @Override
    public Optional<String> check(Observation observation) {
        if (observation instanceof Observation.GuestBooted || observation instanceof Observation.StartForced) {
            answered.remove(observation.vm());
        }
        if (observation instanceof Observation.WriteAcknowledged write) {
            answered.computeIfAbsent(write.vm(), _ -> new TreeMap<>())
                    .computeIfAbsent(write.volume(), _ -> new HashMap<>())
                    .merge(write.block(), write.content(), Math::max);
        }
        return observation instanceof Observation.ViewAccepted(VmId _, VmRecord before, var view)
                        && before.spec().level() != Level.SYSTEM
                ? view.volumes().stream()
                        .flatMap(volume -> takenIn(before, volume).stream())
                        .findFirst()
                : Optional.empty();
    }

    private Optional<String> takenIn(VmRecord vm, VolumeView volume) {
        List<VolumeReplica> before = vm.view().volume(volume.volume()).stream()
                .flatMap(it -> it.replicas().stream())
                .filter(VolumeReplica::inSync)
                .toList();
        return volume.replicas().stream()
                .filter(it ->
                        it.inSync() && before.stream().noneMatch(was -> was.id().equals(it.id())))
                .flatMap(it -> before.stream().flatMap(source -> lacking(vm, volume.volume(), source, it)))
                .findFirst();
    }

    private Stream<String> lacking(VmRecord vm, VolumeId volume, VolumeReplica source, VolumeReplica joiner) {
        Optional<DiskReplica> from = works(volume, source);
        Optional<DiskReplica> to = works(volume, joiner);
        if (from.isEmpty() || to.isEmpty()) {
            return Stream.empty();
        }
        Map<Integer, Long> told =
                answered.getOrDefault(vm.spec().id(), Map.of()).getOrDefault(volume, Map.of());
        return IntStream.range(0, DiskReplica.BLOCKS)
                .filter(block -> to.get().read(block) < Math.min(from.get().read(block), told.getOrDefault(block, 0L)))
                .mapToObj(block -> "a replica on %s is taken in, and has write %d of block %d, not %d of %s"
                        .formatted(
                                joiner.host(),
                                to.get().read(block),
                                block,
                                from.get().read(block),
                                source.host()));
    }

    private Optional<DiskReplica> works(VolumeId volume, VolumeReplica replica) {
        long now = cluster.schedule().nowNanos();
        return cluster.host(replica.host())
                .disk(volume)
                .filter(disk -> disk.id().equals(replica.id()) && disk.works(now))
                .filter(disk -> disk.lostPowerAt() < 0 || now - disk.lostPowerAt() > JUST_NOW);
    }
}
