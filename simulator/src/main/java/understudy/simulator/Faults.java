package understudy.simulator;

import java.util.Arrays;
import java.util.List;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.model.VmRecord;
import understudy.model.VolumeId;
import understudy.protocol.LedgerCommand;
import understudy.protocol.ViewInput;

/// What can go wrong, and how it is repaired: one method each, for scripts; and a random sequence of them.
final class Faults {
    private final Cluster cluster;

    Faults(Cluster cluster) {
        this.cluster = cluster;
    }

    void loseHost(HostName name) {
        cluster.note("host-down", name, "", "lost its power");
        node(name).powerOff();
    }

    void returnHost(HostName name) {
        Node node = node(name);
        if (!node.isPowered()) {
            cluster.note("host-up", name, "", "");
            node.powerOn();
        }
        if (node.life().isEmpty()) {
            node.startAgent(new Life(cluster.dice().uuid()));
        }
    }

    void crashAgent(HostName name) {
        fault(name, "agent died");
        node(name).killAgent();
    }

    void startAgent(HostName name) {
        Node node = node(name);
        if (node.isPowered() && node.life().isEmpty()) {
            fault(name, "agent starts");
            node.startAgent(new Life(cluster.dice().uuid()));
        }
    }

    void pauseAgent(HostName name) {
        fault(name, "agent pauses");
        node(name).pauseAgent();
    }

    void wakeAgent(HostName name) {
        if (node(name).isPaused()) {
            fault(name, "agent wakes");
            node(name).wakeAgent();
        }
    }

    void cut(HostName one, HostName other) {
        fault(one, "cut from " + other);
        cluster.network().cut(one, other);
    }

    void cutOneWay(HostName from, HostName to) {
        fault(from, "is not heard by " + to);
        cluster.network().cutOneWay(from, to);
    }

    void join(HostName one, HostName other) {
        fault(one, "joined with " + other);
        cluster.network().join(one, other);
    }

    void breakConnections(HostName name) {
        fault(name, "connections break");
        cluster.host(name).agent().ifPresent(Agent::breakConnections);
    }

    void crashGuest(HostName name, VmRecord vm) {
        Host host = cluster.host(name);
        host.guest(vm.spec().id()).ifPresent(guest -> {
            fault(name, "guest of " + vm.spec().name() + " crashes");
            guest.die();
            host.agent().flatMap(agent -> agent.driver(vm.spec().id())).ifPresent(driver -> driver.guestCrashed(guest));
        });
    }

    void loseImage(HostName name, VmRecord vm) {
        Host host = cluster.host(name);
        if (host.isResponsive() && host.image(vm.spec().id()).isPresent()) {
            fault(name, "image of " + vm.spec().name() + " is lost");
            host.agent().flatMap(agent -> agent.driver(vm.spec().id())).ifPresent(VmDriver::imageLost);
        }
    }

    void askSwitchover(VmRecord vm) {
        vm.view()
                .placement()
                .activeReplica()
                .map(active -> cluster.host(active.host()))
                .ifPresent(host -> {
                    fault(host.name(), "switchover of " + vm.spec().name());
                    host.agent()
                            .ifPresent(agent -> host.inLife(
                                    agent.life(), () -> agent.driver(vm.spec()).give(new ViewInput.SwitchoverAsked())));
                });
    }

    void breakDisk(HostName name, VolumeId volume) {
        fault(name, "disk of " + volume + " fails");
        cluster.host(name).breakDisk(volume);
    }

    /// An empty disk comes only where the old one is not counted on any more.
    void repairDisk(HostName name, VolumeId volume, boolean replaced) {
        boolean counted = cluster.ledger().vms().stream()
                .flatMap(vm -> vm.view().volume(volume).stream())
                .anyMatch(it -> it.isInSync(name));
        fault(name, "disk of " + volume + (replaced && !counted ? " is replaced" : " works again"));
        cluster.host(name).repairDisk(volume, replaced && !counted);
    }

    void want(VmRecord vm, boolean wanted) {
        fault(Cluster.W1, vm.spec().name() + (wanted ? " is started" : " is stopped"));
        cluster.ledger().apply(new LedgerCommand.SetWanted(vm.spec().id(), wanted));
    }

    /// Repairs everything, and wants every VM to run.
    void heal() {
        cluster.faultsGoOn(false);
        cluster.note("healed", Cluster.W1, "", "");
        cluster.network().joinAll();
        for (Node node : cluster.nodes()) {
            returnHost(node.name());
            wakeAgent(node.name());
        }
        for (Host host : cluster.hosts()) {
            cluster.ledger().vms().stream()
                    .flatMap(vm -> vm.spec().disks().stream())
                    .filter(disk -> !host.hasWorkingDisk(disk.id()))
                    .forEach(disk -> repairDisk(host.name(), disk.id(), false));
        }
        cluster.ledger().vms().stream().filter(vm -> !vm.wanted()).forEach(vm -> want(vm, true));
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
        STOP_AND_START,
        DISK_ERROR,
        DISK_LOSS;

        /// Whether it can happen to VMs with disks, or to such without.
        boolean concerns(boolean withDisks) {
            return switch (this) {
                case IMAGE_LOSS, SWITCHOVER -> !withDisks;
                case DISK_ERROR, DISK_LOSS -> withDisks;
                default -> true;
            };
        }
    }

    /// Lets random faults happen from now on, for `nanos`. Each run has some of the kinds only, and its own pace:
    /// faults that hide each other in one run do not in the next.
    void begin(long nanos) {
        cluster.faultsGoOn(true);
        Dice dice = cluster.dice();
        boolean withDisks = cluster.options().disks() > 0;
        List<Kind> kinds = Arrays.stream(Kind.values())
                .filter(kind -> kind.concerns(withDisks))
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
        HostName host = dice.chance(0.5) ? Cluster.H1 : Cluster.H2;
        HostName other = host.equals(Cluster.H1) ? Cluster.H2 : Cluster.H1;
        HostName any = dice.pick(List.of(Cluster.H1, Cluster.H2, Cluster.W1));
        VmRecord vm = dice.pick(cluster.ledger().vms());
        switch (kind) {
            case POWER_LOSS -> {
                loseHost(host);
                later(200, dice.chance(0.5) ? 2_000 : 12_000, () -> returnHost(host));
            }
            case AGENT_CRASH -> {
                crashAgent(any);
                later(20, dice.chance(0.8) ? 800 : 8_000, () -> startAgent(any));
            }
            case AGENT_PAUSE -> {
                pauseAgent(any);
                later(10, 3_000, () -> wakeAgent(any));
            }
            case PEER_CUT -> {
                cut(host, other);
                later(50, 4_000, () -> join(host, other));
            }
            case ISOLATION -> {
                cut(host, other);
                cut(host, Cluster.W1);
                later(50, 4_000, () -> {
                    join(host, other);
                    join(host, Cluster.W1);
                });
            }
            case WITNESS_CUT -> {
                cut(host, Cluster.W1);
                later(50, 4_000, () -> join(host, Cluster.W1));
            }
            case ONE_WAY_CUT -> {
                HostName to = dice.chance(0.7) ? other : Cluster.W1;
                boolean out = dice.chance(0.5);
                cutOneWay(out ? host : to, out ? to : host);
                later(50, 3_000, () -> join(host, to));
            }
            case WITNESS_LOSS -> {
                loseHost(Cluster.W1);
                later(200, 6_000, () -> returnHost(Cluster.W1));
            }
            case CONNECTION_LOSS -> breakConnections(host);
            case GUEST_CRASH -> crashGuest(host, vm);
            case IMAGE_LOSS -> loseImage(host, vm);
            case SWITCHOVER -> askSwitchover(vm);
            case STOP_AND_START -> {
                want(vm, !vm.wanted());
                later(10, 3_000, () -> want(vm, true));
            }
            case DISK_ERROR, DISK_LOSS -> {
                VolumeId volume = dice.pick(vm.spec().disks()).id();
                breakDisk(host, volume);
                later(50, 4_000, () -> repairDisk(host, volume, kind == Kind.DISK_LOSS));
            }
        }
    }

    private void later(double from, double to, Runnable repair) {
        cluster.schedule().after(cluster.dice().millis(from, to), repair);
    }

    private void fault(HostName name, String text) {
        cluster.note("fault", name, "", text);
    }

    private Node node(HostName name) {
        return name.equals(Cluster.W1) ? cluster.witness() : cluster.host(name);
    }
}
