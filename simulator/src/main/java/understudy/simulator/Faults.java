package understudy.simulator;

import java.util.Optional;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.model.VmRecord;
import understudy.model.VolumeId;
import understudy.protocol.LedgerCommand;
import understudy.protocol.ViewInput;

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
        cluster.note("fault", Optional.empty(), vm.spec().name().toString(), wanted ? "is to start" : "is to stop");
        cluster.ledger().apply(new LedgerCommand.SetWanted(vm.spec().id(), wanted));
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
                    .filter(disk -> !host.hasWorkingDisk(disk.id()))
                    .forEach(disk -> repairDisk(host.name(), disk.id(), false));
        }
        cluster.ledger().vms().stream().filter(vm -> !vm.wanted()).forEach(vm -> want(vm, true));
    }

    private void fault(HostName name, String text) {
        cluster.note("fault", name, "", text);
    }

    private Node node(HostName name) {
        return cluster.node(name);
    }
}
