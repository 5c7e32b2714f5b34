package understudy.simulator;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Life;
import understudy.model.VmRecord;
import understudy.model.VolumeId;
import understudy.protocol.ForcedStart;
import understudy.protocol.LedgerCommand;

/// What can go wrong, and how it is repaired: one method each.
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

    /// Its operating system ends everything in order, then switches it off.
    void shutDown(HostName name) {
        Host host = cluster.host(name);
        if (!host.isPowered()) {
            return;
        }
        cluster.note("host-down", name, "", "shuts down");
        host.endAll();
        cluster.schedule().after(Schedule.SECOND, () -> {
            if (host.life().isEmpty()) {
                host.powerOff();
            }
        });
    }

    void crashAgent(HostName name) {
        note("agent-down", name, "");
        node(name).killAgent();
    }

    void startAgent(HostName name) {
        Node node = node(name);
        if (node.isPowered() && node.life().isEmpty()) {
            note("agent-up", name, "");
            node.startAgent(new Life(cluster.dice().uuid()));
        }
    }

    void pauseAgent(HostName name) {
        note("agent-paused", name, "");
        node(name).pauseAgent();
    }

    void wakeAgent(HostName name) {
        if (node(name).isPaused()) {
            note("agent-resumed", name, "");
            node(name).wakeAgent();
        }
    }

    void cut(HostName one, HostName other) {
        note("cut", one, "from " + other);
        cluster.network().cut(one, other);
    }

    void cutOneWay(HostName from, HostName to) {
        note("cut", from, "not heard by " + to);
        cluster.network().cutOneWay(from, to);
    }

    void join(HostName one, HostName other) {
        note("restored", one, "with " + other);
        cluster.network().join(one, other);
    }

    /// @param share of the packets from one to the other, in [0, 1]
    void losePackets(HostName from, HostName to, double share) {
        note("packets-lost", from, "%.0f %% of those to %s".formatted(100 * share, to));
        cluster.network().lose(from, to, share);
    }

    /// @param rate seconds of it in a second; no two clocks may differ by more than leases allow
    void changeClock(HostName name, double rate) {
        note("clock-changed", name, "runs %.4f s in a second".formatted(rate));
        cluster.host(name).clockRate(rate);
    }

    void breakConnections(HostName name) {
        note("connections-broken", name, "");
        cluster.host(name).agent().ifPresent(Agent::breakConnections);
    }

    void crashGuest(HostName name, VmRecord vm) {
        Host host = cluster.host(name);
        host.guest(vm.spec().id()).ifPresent(guest -> {
            guest.die("it crashed");
            host.agent().flatMap(agent -> agent.driver(vm.spec().id())).ifPresent(driver -> driver.guestCrashed(guest));
        });
    }

    void loseImage(HostName name, VmRecord vm) {
        Host host = cluster.host(name);
        if (host.isResponsive() && host.image(vm.spec().id()).isPresent()) {
            note("image-lost", name, "of " + vm.spec().name());
            host.agent().flatMap(agent -> agent.driver(vm.spec().id())).ifPresent(VmDriver::imageLost);
        }
    }

    /// Of no effect on one that is not copied, or does not run.
    void askSwitchover(VmRecord vm) {
        switchover(vm).ifPresent(cluster.ledger()::apply);
    }

    /// To any host; of no effect where that may not be.
    void askMove(VmRecord vm, HostName to) {
        cluster.ledger().apply(move(vm, to));
    }

    /// What is asked of the ledger then; nothing where there is no other host.
    Optional<LedgerCommand> switchover(VmRecord vm) {
        Optional<HostName> to =
                vm.view().placement().activeReplica().flatMap(it -> vm.spec().otherThan(it.host()));
        return to.map(host -> move(vm, host));
    }

    LedgerCommand move(VmRecord vm, HostName to) {
        note("switchover-asked", to, "of " + vm.spec().name());
        return new LedgerCommand.MoveVm(vm.spec().id(), Optional.of(to));
    }

    void breakDisk(HostName name, VolumeId volume) {
        note("disk-failed", name, volume.toString());
        cluster.host(name).breakDisk(volume);
    }

    /// @param nanos how long each request takes from here on
    void slowDisk(HostName name, VolumeId volume, long nanos) {
        note("disk-slow", name, volume + ", " + nanos / Schedule.MILLISECOND + " ms");
        cluster.host(name).disk(volume).ifPresent(it -> it.slow(nanos));
    }

    void hangDisk(HostName name, VolumeId volume) {
        note("disk-hangs", name, volume.toString());
        cluster.host(name)
                .disk(volume)
                .ifPresent(it -> it.hang(cluster.schedule().nowNanos()));
    }

    /// An empty disk comes only where the old one is not counted on any more.
    void repairDisk(HostName name, VolumeId volume, boolean replaced) {
        boolean counted = cluster.ledger().mayComeToCount(volume, name)
                || cluster.ledger().vms().stream()
                        .filter(vm -> vm.view().volume(volume).isPresent())
                        .anyMatch(vm -> vm.view().volume(volume).orElseThrow().isInSync(name)
                                || isCountedByAnAgent(vm, volume, name));
        note(replaced && !counted ? "disk-replaced" : "disk-repaired", name, volume.toString());
        cluster.host(name).repairDisk(volume, replaced && !counted);
    }

    /// A view that takes a replica in may be on its way: who empties its disk then takes away a good copy, and a second
    /// failure may find no other.
    private boolean isCountedByAnAgent(VmRecord vm, VolumeId volume, HostName name) {
        return cluster.hosts().stream()
                .flatMap(host -> host.agent().stream())
                .flatMap(agent -> agent.driver(vm.spec().id()).stream())
                .anyMatch(driver -> driver.mirror(volume).isCounted(name));
    }

    /// Whether a host could run a VM from its own replicas, in sync or not.
    boolean hasDisksOf(VmRecord vm, HostName host) {
        return vm.spec().disks().stream()
                .allMatch(disk -> cluster.host(host)
                        .disk(disk.id())
                        .filter(it -> it.works(cluster.schedule().nowNanos()))
                        .isPresent());
    }

    /// To be asked for only where it has all disks.
    LedgerCommand forceStart(VmRecord vm, HostName host) {
        note("force-start-asked", host, "of " + vm.spec().name());
        List<UUID> replicas = vm.spec().disks().stream()
                .map(disk -> cluster.host(host).disk(disk.id()).orElseThrow().id())
                .toList();
        return new LedgerCommand.ForceStart(
                vm.spec().id(),
                vm.view().number(),
                host,
                replicas,
                cluster.dice().uuid());
    }

    /// What somebody does who has lost all hope in the VM's other host, which is off.
    void despair(VmRecord vm, HostName host) {
        boolean isLeft = vm.spec().hosts().stream()
                .allMatch(it -> it.equals(host) == cluster.host(it).isPowered());
        if (isLeft
                && cluster.host(host).isResponsive()
                && cluster.ledger().serves(cluster.host(host))
                && ForcedStart.refusal(vm, host).isEmpty()
                && hasDisksOf(vm, host)) {
            cluster.ledger().apply(forceStart(vm, host));
        }
    }

    void want(VmRecord vm, boolean wanted) {
        noteWish(vm, wanted);
        cluster.ledger().apply(new LedgerCommand.SetWanted(vm.spec().id(), wanted));
    }

    /// Of no effect on one without disks.
    void want(VmRecord vm, Level level) {
        noteWish(vm, level);
        cluster.ledger().apply(new LedgerCommand.SetLevel(vm.spec().id(), level));
    }

    /// Repairs everything, and wants every VM to run.
    void heal() {
        cluster.faultsGoOn(false);
        cluster.note("healed", Optional.empty(), "", "");
        cluster.network().joinAll();
        for (Node node : cluster.nodes()) {
            returnHost(node.name());
            wakeAgent(node.name());
        }
        for (Host host : cluster.hosts()) {
            cluster.ledger().vms().stream()
                    .flatMap(vm -> vm.spec().disks().stream())
                    .filter(disk -> !host.hasSoundDisk(disk.id()))
                    .forEach(disk -> repairDisk(host.name(), disk.id(), false));
        }
        cluster.ledger().maintained().forEach(host -> maintain(host, false));
        cluster.ledger().vms().stream().filter(vm -> !vm.wanted()).forEach(vm -> want(vm, true));
    }

    void noteMaintenance(HostName host, boolean on) {
        note(on ? "maintenance-begun" : "maintenance-ended", host, "");
    }

    void maintain(HostName host, boolean on) {
        noteMaintenance(host, on);
        cluster.ledger().apply(new LedgerCommand.Maintain(host, on));
    }

    void noteWish(VmRecord vm, boolean wanted) {
        cluster.note(
                wanted ? "vm-wanted" : "vm-unwanted",
                Optional.empty(),
                vm.spec().name().toString(),
                "");
    }

    void noteWish(VmRecord vm, Level level) {
        cluster.note("level-wanted", Optional.empty(), vm.spec().name().toString(), level.toString());
    }

    private void note(String event, HostName name, String text) {
        cluster.note(event, name, "", text);
    }

    private Node node(HostName name) {
        return cluster.node(name);
    }
}
