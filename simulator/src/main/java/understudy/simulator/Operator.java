package understudy.simulator;

import java.util.List;
import java.util.Optional;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.VmId;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.model.VolumeId;
import understudy.model.VolumeSpec;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;
import understudy.simulator.ClusterPlan.VmPlan;
import understudy.simulator.scenario.Command;

/// Does what a scenario says: breaks and repairs things, and asks the cluster for what users ask it.
final class Operator {
    private static final long SUPERVISOR_TAKES = 300 * Schedule.MILLISECOND;
    private static final long SLOW_DISK_TAKES = 100 * Schedule.MILLISECOND;
    private static final long REBOOT_TAKES = 30 * Schedule.SECOND;

    private final Cluster cluster;
    private final Faults faults;

    Operator(Cluster cluster, Faults faults) {
        this.cluster = cluster;
        this.faults = faults;
    }

    /// Why the cluster refused it; empty if it did not.
    Optional<String> act(Command command) {
        switch (command) {
            case Command.PowerOff(List<HostName> nodes) -> nodes.forEach(faults::loseHost);
            case Command.PowerOn(List<HostName> nodes) -> nodes.forEach(faults::returnHost);
            case Command.ShutDown(HostName host) -> faults.shutDown(host);
            case Command.Reboot(HostName host) -> {
                faults.shutDown(host);
                cluster.schedule().after(REBOOT_TAKES, () -> faults.returnHost(host));
            }
            case Command.CutOff(List<HostName> nodes) ->
                others(nodes).forEach(other -> nodes.forEach(node -> faults.cut(node, other)));
            case Command.Cut(HostName one, HostName other) -> faults.cut(one, other);
            case Command.CutOneWay(HostName from, HostName to) -> faults.cutOneWay(from, to);
            case Command.Restore(List<HostName> nodes) ->
                nodes.forEach(node -> others(List.of(node)).forEach(other -> faults.join(node, other)));
            case Command.RestoreBetween(HostName one, HostName other) -> faults.join(one, other);
            case Command.KillAgent(HostName node) -> faults.crashAgent(node);
            case Command.StartAgent(HostName node) -> faults.startAgent(node);
            case Command.RestartAgent(HostName node) -> {
                faults.crashAgent(node);
                cluster.schedule().after(SUPERVISOR_TAKES, () -> faults.startAgent(node));
            }
            case Command.PauseAgent(HostName node) -> faults.pauseAgent(node);
            case Command.ResumeAgent(HostName node) -> faults.wakeAgent(node);
            case Command.CrashGuest it -> {
                return crashGuest(it);
            }
            case Command.FailDisk(HostName host) -> disksOn(host).forEach(disk -> faults.breakDisk(host, disk));
            case Command.SlowDisk(HostName host) ->
                disksOn(host).forEach(disk -> faults.slowDisk(host, disk, SLOW_DISK_TAKES));
            case Command.HangDisk(HostName host) -> disksOn(host).forEach(disk -> faults.hangDisk(host, disk));
            case Command.RepairDisk(HostName host) ->
                disksOn(host).forEach(disk -> faults.repairDisk(host, disk, false));
            case Command.ReplaceDisk(HostName host) -> {
                return replaceDisks(host);
            }
            case Command.ReplaceHost(HostName host) -> {
                return cluster.host(host).isPowered() ? Optional.of(host + " is switched on") : replaceDisks(host);
            }
            case Command.Start(VmId vm) -> {
                return ask(new LedgerCommand.SetWanted(vm, true));
            }
            case Command.ForceStart(VmId vm, HostName host) -> {
                return forceStart(vm, host);
            }
            case Command.Stop(VmId vm) -> {
                return ask(new LedgerCommand.SetWanted(vm, false));
            }
            case Command.Delete(VmId vm) -> {
                return ask(new LedgerCommand.DeleteVm(vm));
            }
            case Command.Protect(VmId vm, Level level) -> {
                cluster.ledger().vm(vm).ifPresent(it -> faults.noteWish(it, level));
                return ask(new LedgerCommand.SetLevel(vm, level));
            }
            case Command.SwitchOver(VmId vm) -> {
                return switchOver(vm);
            }
            case Command.Relocate(VmId vm, HostName host) -> {
                return relocate(vm, host);
            }
            case Command.HandOver(HostName host) -> {
                return handOver(host);
            }
            case Command.Maintain(HostName host, boolean on) -> {
                faults.noteMaintenance(host, on);
                return ask(new LedgerCommand.Maintain(host, on));
            }
            case Command.Add(VmPlan vm) -> {
                return add(vm);
            }
        }
        return Optional.empty();
    }

    private List<HostName> others(List<HostName> nodes) {
        return cluster.nodes().stream()
                .map(Node::name)
                .filter(it -> !nodes.contains(it))
                .toList();
    }

    private List<VolumeId> disksOn(HostName host) {
        return cluster.ledger().vms().stream()
                .map(VmRecord::spec)
                .filter(spec -> spec.hosts().contains(host))
                .flatMap(spec -> spec.disks().stream())
                .map(VolumeSpec::id)
                .toList();
    }

    private Optional<String> crashGuest(Command.CrashGuest it) {
        Optional<HostName> active =
                active(it.vm()).filter(host -> cluster.host(host).guest(it.vm()).isPresent());
        active.ifPresent(
                host -> faults.crashGuest(host, cluster.ledger().vm(it.vm()).orElseThrow()));
        return active.isPresent() ? Optional.empty() : Optional.of(it.name() + " does not run");
    }

    /// What the ledger still counts on is nothing that anybody would take away.
    private Optional<String> replaceDisks(HostName host) {
        Optional<VmRecord> counting = cluster.ledger().vms().stream()
                .filter(vm -> vm.view().volumes().stream().anyMatch(it -> it.isInSync(host)))
                .findFirst();
        if (counting.isPresent()) {
            return Optional.of("the ledger counts on the replica of "
                    + counting.get().spec().name() + " on " + host);
        }
        disksOn(host).forEach(disk -> faults.repairDisk(host, disk, true));
        return Optional.empty();
    }

    private Optional<HostName> active(VmId vm) {
        return cluster.ledger()
                .vm(vm)
                .flatMap(it -> it.view().placement().activeReplica())
                .map(it -> it.host());
    }

    private boolean isServed() {
        return cluster.hosts().stream().anyMatch(cluster.ledger()::serves);
    }

    private Optional<String> ask(LedgerCommand command) {
        if (!isServed()) {
            return Optional.of("no host reaches a majority of the voters");
        }
        if (command instanceof LedgerCommand.SetWanted(VmId vm, boolean wanted)) {
            cluster.ledger().vm(vm).ifPresent(it -> faults.noteWish(it, wanted));
        }
        return refusal(cluster.ledger().apply(command));
    }

    /// As the agents do, it asks the host first whether it has the disks at all.
    private Optional<String> forceStart(VmId vm, HostName host) {
        Optional<VmRecord> record = cluster.ledger().vm(vm);
        if (record.isEmpty()) {
            return Optional.of("there is no such VM");
        }
        if (!cluster.host(host).isResponsive()) {
            return Optional.of(host + " does not answer");
        }
        return faults.hasDisksOf(record.get(), host)
                ? ask(faults.forceStart(record.get(), host))
                : Optional.of(
                        host + " has not all disks of " + record.get().spec().name());
    }

    private static Optional<String> refusal(LedgerAnswer answer) {
        return switch (answer) {
            case LedgerAnswer.Accepted _, LedgerAnswer.Leased _ -> Optional.empty();
            case LedgerAnswer.Conflict _ -> Optional.of("something else was decided before");
            case LedgerAnswer.Refused(var problem) -> Optional.of(problem.message());
        };
    }

    private Optional<String> add(VmPlan vm) {
        VmSpec spec = vm.spec();
        if (!isServed()) {
            return Optional.of("no host reaches a majority of the voters");
        }
        Optional<String> refusal = refusal(cluster.create(vm));
        cluster.ledger()
                .vm(spec.id())
                .map(VmRecord::spec)
                .ifPresent(it -> cluster.note(
                        "vm-created", Optional.empty(), it.name().toString(), it.level() + " on " + it.hosts()));
        return refusal;
    }

    private Optional<String> relocate(VmId vm, HostName host) {
        return cluster.ledger().vm(vm).filter(it -> it.view().isActive(host)).isPresent()
                ? Optional.empty()
                : cluster.ledger()
                        .vm(vm)
                        .map(it -> ask(faults.move(it, host)))
                        .orElseGet(() -> Optional.of("there is no such VM"));
    }

    /// As `understudy host hand-over`: asks for a switchover of each VM that runs there. One that may not move stays.
    private Optional<String> handOver(HostName host) {
        if (!isServed()) {
            return Optional.of("no host reaches a majority of the voters");
        }
        cluster.ledger().vms().stream()
                .filter(vm -> vm.view().isActive(host))
                .map(vm -> vm.spec().id())
                .toList()
                .forEach(this::switchOver);
        return Optional.empty();
    }

    private Optional<String> switchOver(VmId vm) {
        return cluster.ledger()
                .vm(vm)
                .flatMap(faults::switchover)
                .map(this::ask)
                .orElseGet(() -> Optional.of("there is no other host for it"));
    }
}
