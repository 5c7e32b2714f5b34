package understudy.simulator;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import understudy.model.HostName;
import understudy.model.Placement;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VolumeId;
import understudy.model.VolumeReplica;
import understudy.model.VolumeView;
import understudy.simulator.Branch.Point;

/// Invariants 2 and 4, on volumes: what was acknowledged is in every replica that the ledger calls in sync,
/// what was flushed survives losses of power there, and nothing is read from anywhere else.
///
/// A replica whose host lost its power since is excused for what was not flushed. Whoever goes on with it makes
/// that the truth for the others. So does an operator who forces a start.
///
/// What a guest found when it was booted survives losses of power, too, when output of it has left that came after
/// that: so whatever it makes of it is true.
///
/// What a guest of a pair was told is done counts when it has been applied; a flush at the latest when output of the
/// guest that came after it has left.
final class AcknowledgedIsKept implements Checker {

    /// Of one volume, by block: the last acknowledged write, when it was issued, and the last one that was
    /// flushed.
    private static final class Truth {
        final long[] acknowledged = new long[DiskReplica.BLOCKS];
        final long[] issuedAt = new long[DiskReplica.BLOCKS];
        final long[] flushed = new long[DiskReplica.BLOCKS];

        /// The last that ever was, be it lost since with the power of whoever had it.
        final long[] highest = new long[DiskReplica.BLOCKS];
    }

    private final Cluster cluster;
    private final Map<VolumeId, Truth> truths = new TreeMap<>();

    /// Flushes that a guest was told are done, and whose output nobody has seen.
    private final Map<VmId, List<Observation.FlushKept>> unseen = new TreeMap<>();

    /// What guests found, and nobody has seen what they made of it.
    private final Map<VmId, List<Observation.BlockFound>> found = new TreeMap<>();

    AcknowledgedIsKept(Cluster cluster) {
        this.cluster = cluster;
    }

    @Override
    public Optional<String> check(Observation observation) {
        return switch (observation) {
            case Observation.WriteAcknowledged written -> written(written);
            case Observation.FlushAcknowledged flushed -> flushed(flushed);
            case Observation.BlockRead read -> read(read);
            case Observation.ViewAccepted(VmId vm, var _, View view) -> accepted(vm, view);
            case Observation.StartForced forced -> {
                unseen.remove(forced.vm());
                found.remove(forced.vm());
                forced.view().volumes().forEach(volume -> forced(volume.volume(), forced.host()));
                yield accepted(forced.vm(), forced.view());
            }
            case Observation.FlushKept kept -> {
                unseen.computeIfAbsent(kept.vm(), _ -> new ArrayList<>()).add(kept);
                yield Optional.empty();
            }
            case Observation.BlockFound it -> {
                found.computeIfAbsent(it.vm(), _ -> new ArrayList<>()).add(it);
                yield Optional.empty();
            }
            case Observation.FrameLeft(VmId vm, var _, Point frame) -> left(vm, frame);
            case Observation.GateOpened _,
                    Observation.GuestEnded _,
                    Observation.PairChosen _,
                    Observation.BlockRecalled _,
                    Observation.GuestBooted _,
                    Observation.ImageResumed _,
                    Observation.EpochHeld _,
                    Observation.ViewProposed _,
                    Observation.ProposalRefused _ -> Optional.empty();
        };
    }

    private Truth truth(VolumeId volume) {
        return truths.computeIfAbsent(volume, _ -> new Truth());
    }

    /// Whatever is there is the truth from here on.
    private void forced(VolumeId volume, HostName host) {
        Truth truth = truth(volume);
        DiskReplica disk = cluster.host(host).disk(volume).orElseThrow();
        for (int block = 0; block < DiskReplica.BLOCKS; block++) {
            truth.acknowledged[block] = disk.read(block);
            truth.flushed[block] = disk.durable(block);
        }
    }

    private Optional<DiskReplica> disk(VolumeId volume, VolumeReplica replica) {
        return cluster.host(replica.host())
                .disk(volume)
                .filter(disk -> disk.id().equals(replica.id()));
    }

    private VolumeView counted(VmId vm, VolumeId volume) {
        View view = cluster.ledger().vm(vm).orElseThrow().view();
        return counted(vm, view, view.volume(volume).orElseThrow());
    }

    /// Where the active goes on alone under a grant, its replicas count alone; also if it asked for a view meanwhile
    /// by which nobody else could go on.
    private VolumeView counted(VmId vm, View view, VolumeView volume) {
        boolean isBound = view.soloGrant()
                || (view.placement() instanceof Placement.Solo
                        && view.successors(cluster.ledger().vm(vm).orElseThrow().spec())
                                .isEmpty());
        return isBound ? volume.keeping(host -> cluster.host(host).isAlone(vm, view)) : volume;
    }

    private Optional<String> written(Observation.WriteAcknowledged it) {
        Truth truth = truth(it.volume());
        if (it.content() < truth.acknowledged[it.block()]) {
            // Somebody who was deposed hears late that it was carried out, or it is applied again.
            return Optional.empty();
        }
        truth.acknowledged[it.block()] = it.content();
        truth.highest[it.block()] = Math.max(truth.highest[it.block()], it.content());
        truth.issuedAt[it.block()] = it.issuedAt();
        for (VolumeReplica replica : counted(it.vm(), it.volume()).replicas()) {
            Optional<DiskReplica> disk = disk(it.volume(), replica);
            if (replica.inSync()
                    && disk.filter(d -> d.read(it.block()) >= it.content() || d.lostPowerAt() >= it.issuedAt())
                            .isEmpty()) {
                return Optional.of("write %d of block %d is acknowledged, and %s, which is in sync, has %s"
                        .formatted(it.content(), it.block(), replica.host(), disk));
            }
        }
        return Optional.empty();
    }

    private Optional<String> flushed(Observation.FlushAcknowledged it) {
        Truth truth = truth(it.volume());
        for (Map.Entry<Integer, Long> covered : it.covered().entrySet()) {
            int block = covered.getKey();
            long content = covered.getValue();
            if (truth.acknowledged[block] < content) {
                continue;
            }
            for (VolumeReplica replica : counted(it.vm(), it.volume()).replicas()) {
                Optional<DiskReplica> disk = disk(it.volume(), replica).filter(_ -> replica.inSync());
                if (disk.filter(d -> isExcused(truth, block, d)).isPresent()) {
                    truth.acknowledged[block] = Math.min(
                            truth.acknowledged[block], disk.orElseThrow().durable(block));
                } else if (replica.inSync()
                        && disk.filter(d -> d.durable(block) >= content).isEmpty()) {
                    return Optional.of("a flush of write %d of block %d is acknowledged, and %s has %s"
                            .formatted(content, block, replica.host(), disk));
                }
            }
            if (truth.acknowledged[block] >= content) {
                truth.flushed[block] = Math.max(truth.flushed[block], content);
            }
        }
        return Optional.empty();
    }

    /// A flush that was answered before any disk had it, and what was found at the boot, count when somebody sees what
    /// the guest said after that.
    private Optional<String> left(VmId vm, Point frame) {
        return taken(unseen, vm, it -> frame.includes(it.at()))
                .flatMap(it -> seen(it).stream())
                .findFirst()
                .or(() -> taken(found, vm, it -> frame.includes(it.at()))
                        .flatMap(it -> told(it).stream())
                        .findFirst());
    }

    /// Takes out what is over.
    private static <T> Stream<T> taken(Map<VmId, List<T>> all, VmId vm, Predicate<T> isOver) {
        List<T> ofVm = all.getOrDefault(vm, List.of());
        List<T> over = ofVm.stream().filter(isOver).toList();
        all.computeIfPresent(
                vm,
                (_, _) -> new ArrayList<>(ofVm.stream().filter(isOver.negate()).toList()));
        return over.stream();
    }

    private Optional<String> told(Observation.BlockFound it) {
        return counted(it.vm(), it.volume()).replicas().stream()
                .filter(VolumeReplica::inSync)
                .filter(replica -> disk(it.volume(), replica)
                        .filter(d -> d.durable(it.block()) >= it.content())
                        .isEmpty())
                .findFirst()
                .map(replica -> "output left after write %d of block %d was found, which would not survive on %s"
                        .formatted(it.content(), it.block(), replica.host()));
    }

    private Optional<String> seen(Observation.FlushKept it) {
        Truth truth = truth(it.volume());
        return it.covered().entrySet().stream()
                .filter(write -> truth.highest[write.getKey()] < write.getValue())
                .findFirst()
                .map(write -> "output left after a flush of write %d of block %d, and no disk has it"
                        .formatted(write.getValue(), write.getKey()))
                .or(() ->
                        flushed(new Observation.FlushAcknowledged(it.vm(), it.volume(), it.covered(), it.issuedAt())));
    }

    private static boolean isExcused(Truth truth, int block, DiskReplica disk) {
        return disk.lostPowerAt() >= truth.issuedAt[block]
                && disk.durable(block) < truth.acknowledged[block]
                && disk.durable(block) >= truth.flushed[block];
    }

    private Optional<String> read(Observation.BlockRead it) {
        if (cluster.isUnheard(it.vm(), it.reader())) {
            return Optional.empty();
        }
        VolumeView volume = counted(it.vm(), it.volume());
        // What is about to come in was copied from those that are in.
        long lostPowerAt = volume.replicas().stream()
                .map(VolumeReplica::host)
                .filter(host -> host.equals(it.source()) || (volume.isInSync(host) && !volume.isInSync(it.source())))
                .flatMap(host -> cluster.host(host).disk(it.volume()).stream())
                .mapToLong(DiskReplica::lostPowerAt)
                .max()
                .orElse(-1L);
        return judge(truth(it.volume()), it.block(), it.content(), lostPowerAt)
                .map(why -> "block %d is read from %s: %s".formatted(it.block(), it.source(), why));
    }

    private Optional<String> accepted(VmId vm, View view) {
        for (VolumeView named : view.volumes()) {
            VolumeView volume = counted(vm, view, named);
            Truth truth = truth(volume.volume());
            // What was copied from a replica that is excused is the truth, too: so all are looked at before any counts.
            for (boolean counts : new boolean[] {false, true}) {
                for (VolumeReplica replica : volume.replicas()) {
                    Optional<DiskReplica> disk = replica.inSync() ? disk(volume.volume(), replica) : Optional.empty();
                    Optional<String> wrong = disk.flatMap(d -> judge(truth, replica.host(), d));
                    if (counts && wrong.isPresent()) {
                        return wrong.map(why -> view + ": " + why);
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<String> judge(Truth truth, HostName host, DiskReplica disk) {
        for (int block = 0; block < DiskReplica.BLOCKS; block++) {
            Optional<String> wrong = judge(truth, block, disk.read(block), disk.lostPowerAt());
            if (wrong.isPresent()) {
                String where = "block %d on %s: ".formatted(block, host);
                return wrong.map(where::concat);
            }
        }
        return Optional.empty();
    }

    private static Optional<String> judge(Truth truth, int block, long content, long lostPowerAt) {
        if (content >= truth.acknowledged[block]) {
            return Optional.empty();
        }
        if (content >= truth.flushed[block] && lostPowerAt >= truth.issuedAt[block]) {
            truth.acknowledged[block] = content;
            return Optional.empty();
        }
        return Optional.of("write %d, where %d is acknowledged and %d flushed"
                .formatted(content, truth.acknowledged[block], truth.flushed[block]));
    }
}
