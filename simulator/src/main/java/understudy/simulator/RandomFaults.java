package understudy.simulator;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.VmRecord;
import understudy.model.VolumeId;

/// A random sequence of faults, each repaired after a while.
final class RandomFaults {
    /// How fast clocks may run: the fastest gains on the slowest what leases allow for.
    private static final List<Double> CLOCK_RATES = List.of(1.0, 1.0049, 1.0098);

    private final Cluster cluster;
    private final Faults faults;

    RandomFaults(Cluster cluster, Faults faults) {
        this.cluster = cluster;
        this.faults = faults;
    }

    /// The kinds of random faults.
    private enum Kind {
        POWER_LOSS,
        AGENT_CRASH,
        AGENT_PAUSE,
        PEER_CUT,
        ISOLATION,
        WITNESS_CUT,
        ONE_WAY_CUT,
        WITNESS_LOSS,
        CONNECTION_LOSS,
        GUEST_CRASH,
        IMAGE_LOSS,
        SWITCHOVER,
        MAINTENANCE,
        STOP_AND_START,
        LEVEL_CHANGE,
        DISK_ERROR,
        DISK_LOSS,
        FORCED_START,
        SEVERAL_POWER_LOSSES,
        PARTITION,
        LEADER_LOSS,
        PACKET_LOSS,
        CLOCK_DRIFT,
        DISK_SLOW,
        DISK_HANG;

        boolean concerns(ClusterPlan plan) {
            return switch (this) {
                case DISK_ERROR, DISK_LOSS, DISK_SLOW, DISK_HANG, FORCED_START, LEVEL_CHANGE -> plan.hasVms(true);
                case CLOCK_DRIFT -> plan.hasLeases();
                case WITNESS_CUT, WITNESS_LOSS -> !plan.witnesses().isEmpty();
                default -> true;
            };
        }
    }

    /// Lets random faults happen from now on, for `nanos`. Each run has some of the kinds only, and its own pace:
    /// faults that hide each other in one run do not in the next.
    void begin(long nanos) {
        cluster.faultsGoOn(true);
        Dice dice = cluster.dice();
        List<Kind> kinds = Arrays.stream(Kind.values())
                .filter(kind -> kind.concerns(cluster.options().plan()))
                .filter(_ -> dice.chance(0.4))
                .toList();
        double gapMillis = dice.pick(List.of(250.0, 1_000.0, 3_000.0));
        if (!kinds.isEmpty()) {
            next(kinds, gapMillis, cluster.schedule().nowNanos() + nanos);
        }
    }

    private void next(List<Kind> kinds, double gapMillis, long until) {
        Dice dice = cluster.dice();
        long wait = dice.chance(0.3) ? dice.millis(0, 60) : dice.millis(0, 2 * gapMillis);
        cluster.schedule().after(wait, () -> {
            if (cluster.schedule().nowNanos() < until) {
                random(dice.pick(kinds));
                next(kinds, gapMillis, until);
            }
        });
    }

    private void random(Kind kind) {
        Dice dice = cluster.dice();
        List<HostName> hosts = cluster.options().plan().hosts();
        HostName host = dice.share(hosts);
        HostName other = one(hosts.stream().filter(it -> !it.equals(host)).toList());
        HostName any = dice.pick(cluster.nodes()).name();
        VmRecord vm = dice.pick(List.copyOf(cluster.ledger().vms()));
        switch (kind) {
            case POWER_LOSS -> {
                faults.loseHost(host);
                later(200, dice.chance(0.5) ? 2_000 : 12_000, () -> faults.returnHost(host));
            }
            case AGENT_CRASH -> {
                faults.crashAgent(any);
                later(20, dice.chance(0.8) ? 800 : 8_000, () -> faults.startAgent(any));
            }
            case AGENT_PAUSE -> {
                faults.pauseAgent(any);
                later(10, 3_000, () -> faults.wakeAgent(any));
            }
            case PEER_CUT -> {
                faults.cut(host, other);
                later(50, 4_000, () -> faults.join(host, other));
            }
            case ISOLATION -> isolate(host);
            case WITNESS_CUT -> {
                HostName witness = witness();
                faults.cut(host, witness);
                later(50, 4_000, () -> faults.join(host, witness));
            }
            case ONE_WAY_CUT -> {
                boolean peer =
                        dice.chance(0.7) || cluster.options().plan().witnesses().isEmpty();
                HostName to = peer ? other : witness();
                boolean out = dice.chance(0.5);
                faults.cutOneWay(out ? host : to, out ? to : host);
                later(50, 3_000, () -> faults.join(host, to));
            }
            case WITNESS_LOSS -> {
                HostName witness = witness();
                faults.loseHost(witness);
                // Often for longer than it takes to record a solo grant.
                later(200, dice.chance(0.5) ? 2_000 : 10_000, () -> faults.returnHost(witness));
            }
            case CONNECTION_LOSS -> faults.breakConnections(host);
            case GUEST_CRASH -> faults.crashGuest(hostOf(vm, host), vm);
            case IMAGE_LOSS -> faults.loseImage(hostOf(vm, host), vm);
            case SWITCHOVER -> {
                if (hosts.size() > 2 && dice.chance(0.5)) {
                    faults.askMove(vm, host);
                } else {
                    faults.askSwitchover(vm);
                }
            }
            case MAINTENANCE -> {
                faults.maintain(host, true);
                later(200, 9_000, () -> faults.maintain(host, false));
            }
            case STOP_AND_START -> {
                faults.want(vm, !vm.wanted());
                later(10, 3_000, () -> faults.want(vm, true));
            }
            case LEVEL_CHANGE -> faults.want(vm, dice.pick(List.of(Level.values())));
            case DISK_ERROR, DISK_LOSS -> {
                if (!vm.spec().disks().isEmpty()) {
                    HostName at = hostOf(vm, host);
                    VolumeId volume = dice.pick(vm.spec().disks()).id();
                    faults.breakDisk(at, volume);
                    later(50, 4_000, () -> faults.repairDisk(at, volume, kind == Kind.DISK_LOSS));
                }
            }
            case DISK_SLOW, DISK_HANG -> {
                if (!vm.spec().disks().isEmpty()) {
                    HostName at = hostOf(vm, host);
                    VolumeId volume = dice.pick(vm.spec().disks()).id();
                    if (kind == Kind.DISK_SLOW) {
                        faults.slowDisk(at, volume, dice.millis(2, dice.chance(0.5) ? 20 : 300));
                    } else {
                        faults.hangDisk(at, volume);
                    }
                    // Half of those that hang pass for dead before.
                    later(50, 5_000, () -> faults.repairDisk(at, volume, false));
                }
            }
            case FORCED_START -> {
                HostName lost = hostOf(vm, host);
                faults.loseHost(lost);
                vm.spec()
                        .otherThan(lost)
                        .ifPresent(left -> later(
                                500,
                                3_000,
                                () -> cluster.ledger().vm(vm.spec().id()).ifPresent(it -> faults.despair(it, left))));
                later(4_000, 9_000, () -> faults.returnHost(lost));
            }
            case SEVERAL_POWER_LOSSES -> {
                List<HostName> lost = cluster.nodes().stream()
                        .map(Node::name)
                        .filter(_ -> dice.chance(0.5))
                        .toList();
                lost.forEach(faults::loseHost);
                lost.forEach(it -> later(200, 8_000, () -> faults.returnHost(it)));
            }
            case PARTITION -> {
                List<HostName> side = new ArrayList<>();
                List<HostName> rest = new ArrayList<>();
                cluster.nodes().forEach(it -> (dice.chance(0.5) ? side : rest).add(it.name()));
                side.forEach(it -> rest.forEach(across -> faults.cut(it, across)));
                later(50, 4_000, () -> side.forEach(it -> rest.forEach(across -> faults.join(it, across))));
            }
            case PACKET_LOSS -> {
                double share = dice.pick(List.of(0.1, 0.5, 0.8, 0.95));
                faults.losePackets(host, other, share);
                if (dice.chance(0.5)) {
                    faults.losePackets(other, host, share);
                }
                later(200, 4_000, () -> {
                    faults.losePackets(host, other, 0);
                    faults.losePackets(other, host, 0);
                });
            }
            // Clocks that jump, or stand still with their host, are beyond what leases promise to bear.
            case CLOCK_DRIFT -> faults.changeClock(host, dice.pick(CLOCK_RATES));
            case LEADER_LOSS -> {
                if (dice.chance(0.3)) {
                    loseLeader();
                } else {
                    // Before it decides, between that and the answer, or after both.
                    cluster.ledger().atNextProposal(() -> later(0, 25, this::loseLeader));
                }
            }
        }
    }

    /// Whoever leads the ledger is gone, cut off, or without its agent.
    private void loseLeader() {
        Optional<HostName> leader = cluster.ledger().working().map(Node::name);
        if (leader.isEmpty() || !cluster.faultsGoOn()) {
            return;
        }
        HostName lost = leader.get();
        switch (cluster.dice().below(3)) {
            case 0 -> {
                faults.loseHost(lost);
                later(200, 8_000, () -> faults.returnHost(lost));
            }
            case 1 -> isolate(lost);
            default -> {
                faults.crashAgent(lost);
                later(20, 800, () -> faults.startAgent(lost));
            }
        }
    }

    private void isolate(HostName host) {
        List<HostName> rest = others(host);
        rest.forEach(it -> faults.cut(host, it));
        later(50, 4_000, () -> rest.forEach(it -> faults.join(host, it)));
    }

    private HostName one(List<HostName> names) {
        return names.size() == 1 ? names.getFirst() : cluster.dice().pick(names);
    }

    private HostName witness() {
        return one(cluster.options().plan().witnesses());
    }

    private List<HostName> others(HostName host) {
        return cluster.nodes().stream()
                .map(Node::name)
                .filter(it -> !it.equals(host))
                .toList();
    }

    private static HostName hostOf(VmRecord vm, HostName host) {
        List<HostName> hosts = vm.spec().hosts();
        return hosts.contains(host) ? host : hosts.getFirst();
    }

    private void later(double from, double to, Runnable repair) {
        cluster.schedule().after(cluster.dice().millis(from, to), repair);
    }
}
