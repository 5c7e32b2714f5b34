package understudy.protocol;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.Level;
import understudy.model.Life;
import understudy.model.Placement;
import understudy.model.PlacementRule;
import understudy.model.Problem;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmName;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.model.VolumeId;
import understudy.model.VolumeSpec;
import understudy.protocol.LedgerAnswer.Accepted;
import understudy.protocol.LedgerAnswer.Conflict;
import understudy.protocol.LedgerAnswer.Leased;
import understudy.protocol.LedgerAnswer.Refused;

/// All that must never be decided twice, and the function that decides it: what the cluster's voters replicate.
///
/// Views are changed by compare-and-set only, so of two hosts that both want to go on with a VM one wins,
/// whatever messages are lost or late. Three awkward cases are decided here:
///
/// - **A proposal that is its own rival.** Its first answer was lost and it is proposed again. The record then
///   holds its proposal id, so it is answered as accepted.
/// - **A placement that cannot follow**, such as a claim by a host that is not in sync: refused by [Transitions].
/// - **A name that is used again.** Names are unique among the VMs that exist; ids are unique for ever, by their
/// making.
///
/// Immutable; equal states have equal contents.
///
/// @param applied how many commands have been applied, refused ones included; the same on all voters
/// @param vms     by id; unmodifiable
/// @param hosts   by name; unmodifiable
/// @param renewals how often each host has renewed its lease: one that goes on doing so lives, whoever hears it;
///                unmodifiable
/// @param maintained the hosts that are in maintenance: VMs that run there are to be moved away; unmodifiable
/// @param rules what people want of the hosts of VMs, at most one for any two; unmodifiable
public record LedgerState(
        long applied,
        SortedMap<VmId, VmRecord> vms,
        SortedMap<HostName, HostRecord> hosts,
        SortedMap<HostName, Long> renewals,
        Set<HostName> maintained,
        SortedSet<PlacementRule> rules) {
    /// The most VMs of one cluster. The whole state travels in one answer, which has at most 32 MiB between voters;
    /// a VM with all that one can have (8 disks on two hosts, 2 KiB of kernel command line) takes about 7 KiB.
    public static final int VMS_MAX = 2048;
    /// The most rules of one cluster.
    public static final int RULES_MAX = 2048;
    /// The most hosts and witnesses of one cluster: 64 hosts, and some witnesses.
    public static final int HOSTS_MAX = 72;

    public LedgerState {
        if (applied < 0) {
            throw new IllegalArgumentException(applied + " commands applied");
        }
        vms = Collections.unmodifiableSortedMap(new TreeMap<>(vms));
        hosts = Collections.unmodifiableSortedMap(new TreeMap<>(hosts));
        renewals = Collections.unmodifiableSortedMap(new TreeMap<>(renewals));
        maintained = Collections.unmodifiableSet(new TreeSet<>(maintained));
        rules = Collections.unmodifiableSortedSet(new TreeSet<>(rules));
    }

    /// A new state and what to tell the proposer.
    public record Applied(LedgerState state, LedgerAnswer answer) {}

    /// What a new cluster starts with.
    public static LedgerState empty() {
        return new LedgerState(0, new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), new TreeSet<>(), new TreeSet<>());
    }

    /// Decides one command. Total: it throws for no command that can be written.
    public Applied apply(LedgerCommand command) {
        return switch (command) {
            case LedgerCommand.CreateVm(VmSpec spec, boolean wanted, View first) ->
                create(new VmRecord(spec, wanted, first));
            case LedgerCommand.ChangeView(VmId id, long expected, View next) -> changeView(id, expected, next);
            case LedgerCommand.ForceStart it ->
                vm(it.vm()).map(vm -> force(vm, it)).orElseGet(() -> refuse(unknown(it.vm())));
            case LedgerCommand.ChangePair it ->
                vm(it.vm()).map(vm -> changePair(vm, it)).orElseGet(() -> refuse(unknown(it.vm())));
            case LedgerCommand.SetWanted(VmId id, boolean wanted) ->
                vm(id).map(vm -> put(vm.withWanted(wanted))).orElseGet(() -> refuse(unknown(id)));
            case LedgerCommand.SetLevel(VmId id, Level level) ->
                vm(id).map(vm -> protect(vm, level)).orElseGet(() -> refuse(unknown(id)));
            case LedgerCommand.MoveVm(VmId id, Optional<HostName> to) ->
                vm(id).map(vm -> move(vm, to)).orElseGet(() -> refuse(unknown(id)));
            case LedgerCommand.SwitchedOff(VmId id, long wish) ->
                vm(id).map(vm -> end(vm, wish, Optional.empty())).orElseGet(() -> refuse(unknown(id)));
            case LedgerCommand.GiveUp it ->
                vm(it.vm()).map(vm -> giveUp(vm, it)).orElseGet(() -> refuse(unknown(it.vm())));
            case LedgerCommand.GrowVolume(VmId id, VolumeId volume, ByteSize size) ->
                vm(id).map(vm -> grow(vm, volume, size)).orElseGet(() -> refuse(unknown(id)));
            case LedgerCommand.DeleteVm(VmId id) -> vm(id).map(this::delete).orElseGet(() -> refuse(unknown(id)));
            case LedgerCommand.RenewLease(HostName host, Life life) -> renew(new Replica(host, life));
            case LedgerCommand.RegisterHost(HostRecord host) -> register(host);
            case LedgerCommand.RemoveHost(HostName host) -> remove(host);
            case LedgerCommand.Maintain(HostName host, boolean on) -> maintain(host, on);
            case LedgerCommand.SetRule(PlacementRule rule, boolean on) -> set(rule, on);
        };
    }

    public Optional<VmRecord> vm(VmId id) {
        return Optional.ofNullable(vms.get(id));
    }

    public Optional<VmRecord> vm(VmName name) {
        return vms.values().stream().filter(vm -> vm.spec().name().equals(name)).findFirst();
    }

    public Optional<HostRecord> host(HostName name) {
        return Optional.ofNullable(hosts.get(name));
    }

    private Applied create(VmRecord vm) {
        VmSpec spec = vm.spec();
        Optional<VmRecord> same = vm(spec.id());
        if (same.isPresent()) {
            return same.get().spec().equals(spec) ? accept(same) : answer(new Conflict(same.get()));
        }
        if (vm(spec.name()).isPresent()) {
            return refuse(Problem.of(
                            "vm-name-taken", "There is already a VM named " + spec.name() + ".", "Choose another name.")
                    .with("name", spec.name()));
        }
        if (vms.size() >= VMS_MAX) {
            return refuse(Problem.of("cluster-full", "The cluster has " + VMS_MAX + " VMs.", "Delete one first."));
        }
        if (vm.view().number() != 1) {
            return refuse(wrongNumber(1, vm.view()));
        }
        return stranger(spec, vm.view())
                .or(() -> VolumeTransitions.refusal(vm))
                .or(() -> PlacementRules.refusal(this, spec))
                .map(this::refuse)
                .orElseGet(() -> put(vm));
    }

    private Applied changeView(VmId id, long expected, View next) {
        VmRecord vm = vms.get(id);
        if (vm == null) {
            return refuse(unknown(id));
        }
        View current = vm.view();
        if (current.number() == next.number() && current.proposal().equals(next.proposal())) {
            return accept(Optional.of(vm));
        }
        if (next.number() - 1 != expected) {
            return refuse(wrongNumber(expected + 1, next));
        }
        if (current.number() != expected) {
            return answer(new Conflict(vm));
        }
        return stranger(vm.spec(), next)
                .or(() -> Transitions.refusal(vm, next))
                .map(this::refuse)
                .orElseGet(() -> put(vm.withView(next)));
    }

    private Applied force(VmRecord vm, LedgerCommand.ForceStart command) {
        View current = vm.view();
        long expected = command.expected();
        if (current.number() == expected + 1 && current.proposal().equals(command.proposal())) {
            return accept(Optional.of(vm));
        }
        if (current.number() != expected) {
            return answer(new Conflict(vm));
        }
        return ForcedStart.refusal(vm, command.host())
                .or(() -> ForcedStart.misfit(vm, command))
                .map(this::refuse)
                .orElseGet(() -> put(
                        Moves.staying(vm.withView(ForcedStart.view(vm, command)).withWanted(true))));
    }

    private Applied changePair(VmRecord vm, LedgerCommand.ChangePair command) {
        View current = vm.view();
        if (current.number() == command.expected() + 1 && current.proposal().equals(command.proposal())) {
            return accept(Optional.of(vm));
        }
        if (current.number() != command.expected()) {
            return answer(new Conflict(vm));
        }
        return Pairing.refusal(this, vm, command).map(this::refuse).orElseGet(() -> put(Pairing.changed(vm, command)));
    }

    private Applied giveUp(VmRecord vm, LedgerCommand.GiveUp command) {
        boolean isActive = vm.view().placement().activeReplica().equals(Optional.of(command.by()));
        return isActive
                ? end(vm, command.wish().orElse(vm.wish()), Optional.of(command.reason()))
                : answer(new Conflict(vm));
    }

    private Applied end(VmRecord vm, long wish, Optional<String> reason) {
        return vm.wanted() && vm.wish() == wish ? put(vm.ended(reason)) : answer(new Conflict(vm));
    }

    /// A VM without disks stays at its level. At `system` no other host can boot it, so its active serves it without a
    /// lease; at another one, another host could, and an active that has not heard of the change would not hold it.
    private Applied protect(VmRecord vm, Level level) {
        VmSpec spec = vm.spec();
        if (spec.level() == level) {
            return accept(Optional.of(vm));
        }
        if (spec.disks().isEmpty()) {
            return refuse(Problem.of(
                            "level-not-available",
                            spec.name() + " has no disks, and such a VM stays at the level that it was made with.",
                            "Make it anew at level " + level + ".")
                    .with("level", level));
        }
        if (level == Level.SYSTEM && spec.care().standsStillAfterCrash()) {
            return refuse(Problem.of(
                            "level-not-available",
                            spec.name() + " stands still after a crash, and level system has nobody look at it.",
                            "Make it anew with --on-crash restart or stop, or choose another level.")
                    .with("level", level));
        }
        return put(vm.withSpec(spec.with(level)));
    }

    /// A VM is not let stay on a host in maintenance, save where the other host is given up for one that cannot come.
    private Applied move(VmRecord vm, Optional<HostName> to) {
        Optional<HostName> left = to.filter(host -> !vm.view().isActive(host));
        if (vm.destination().equals(left)) {
            return accept(Optional.of(vm));
        }
        Optional<Problem> refused = left.map(host -> Moves.refusal(this, vm, host))
                .orElseGet(() -> vm.view()
                        .placement()
                        .activeReplica()
                        .map(Replica::host)
                        .filter(maintained::contains)
                        .filter(_ -> vm.replaced().isEmpty())
                        .map(Moves::inMaintenance));
        return refused.map(this::refuse).orElseGet(() -> put(vm.withDestination(left)));
    }

    private boolean isHost(HostName name) {
        return host(name)
                .map(it -> it.role() == HostRecord.Role.HOST)
                .orElseGet(() ->
                        vms.values().stream().anyMatch(vm -> vm.spec().hosts().contains(name)));
    }

    private Applied maintain(HostName host, boolean on) {
        if (!isHost(host)) {
            return refuse(Problem.of(
                            "no-such-host", "There is no host named " + host + ".", "List them: understudy host list")
                    .with("host", host));
        }
        Set<HostName> changed = new TreeSet<>(maintained);
        if (!(on ? changed.add(host) : changed.remove(host))) {
            return accept(Optional.empty());
        }
        SortedMap<VmId, VmRecord> moved = new TreeMap<>(vms);
        // On or off, what is on its way there or from there has another word to wait for.
        moved.replaceAll((_, vm) -> Moves.awayFrom(changed, Moves.isAbout(vm, host) ? Moves.staying(vm) : vm));
        return new Applied(
                new LedgerState(applied + 1, moved, hosts, renewals, changed, rules), new Accepted(Optional.empty()));
    }

    private Applied set(PlacementRule rule, boolean on) {
        SortedSet<PlacementRule> changed = new TreeSet<>(rules);
        changed.removeIf(rule::isForThoseOf);
        if (on) {
            changed.add(rule);
        }
        if (changed.size() > RULES_MAX) {
            return refuse(Problem.of("cluster-full", "The cluster has " + RULES_MAX + " rules.", "Remove one first."));
        }
        return new Applied(
                new LedgerState(applied + 1, vms, hosts, renewals, maintained, changed),
                new Accepted(Optional.empty()));
    }

    /// Only while nobody runs it: a guest's disk does not change its size under it.
    private Applied grow(VmRecord vm, VolumeId volume, ByteSize size) {
        Optional<VolumeSpec> disk = vm.spec().disk(volume);
        if (disk.isEmpty()) {
            return refuse(Problem.of("no-such-volume", "There is no volume " + volume + ".", "List them.")
                    .with("volume", volume));
        }
        if (disk.get().size().equals(size)) {
            return accept(Optional.of(vm));
        }
        if (vm.wanted() || !(vm.view().placement() instanceof Placement.Stopped)) {
            return refuse(notStopped(vm));
        }
        if (size.compareTo(disk.get().size()) < 0) {
            return refuse(Problem.of(
                            "volume-shrinks",
                            "A disk of %s cannot become one of %s."
                                    .formatted(disk.get().size(), size),
                            "Name a larger size.")
                    .with("volume", volume));
        }
        List<VolumeSpec> disks = vm.spec().disks().stream()
                .map(it -> it.id().equals(volume) ? it.grown(size) : it)
                .toList();
        return put(vm.withSpec(vm.spec().withDisks(disks)));
    }

    private static Problem notStopped(VmRecord vm) {
        return Problem.of("vm-not-stopped", vm.spec().name() + " is not stopped.", "Stop it first.")
                .with("placement", vm.view().placement());
    }

    private Applied delete(VmRecord vm) {
        if (vm.wanted() || !(vm.view().placement() instanceof Placement.Stopped)) {
            return refuse(notStopped(vm));
        }
        SortedMap<VmId, VmRecord> rest = new TreeMap<>(vms);
        rest.remove(vm.spec().id());
        return new Applied(
                new LedgerState(applied + 1, rest, hosts, renewals, maintained, rules), new Accepted(Optional.empty()));
    }

    private Applied register(HostRecord host) {
        if (!hosts.containsKey(host.name()) && hosts.size() >= HOSTS_MAX) {
            return refuse(Problem.of(
                    "cluster-full", "The cluster has " + HOSTS_MAX + " hosts.", "Make a second cluster for more."));
        }
        SortedMap<HostName, HostRecord> more = new TreeMap<>(hosts);
        more.put(host.name(), host);
        return new Applied(
                new LedgerState(applied + 1, vms, more, renewals, maintained, rules), new Accepted(Optional.empty()));
    }

    private Applied remove(HostName host) {
        List<VmName> there = vms.values().stream()
                .map(VmRecord::spec)
                .filter(spec -> spec.hosts().contains(host))
                .map(VmSpec::name)
                .toList();
        if (!there.isEmpty()) {
            return refuse(Problem.of(
                            "host-in-use",
                            "%s is a host of %d VMs, %s first.".formatted(host, there.size(), there.getFirst()),
                            "Wait until another host has taken its place, which needs a third one, or delete them.")
                    .with("host", host));
        }
        SortedMap<HostName, HostRecord> fewer = new TreeMap<>(hosts);
        SortedMap<HostName, Long> leases = new TreeMap<>(renewals);
        Set<HostName> left = new TreeSet<>(maintained);
        fewer.remove(host);
        leases.remove(host);
        left.remove(host);
        return new Applied(
                new LedgerState(applied + 1, vms, fewer, leases, left, rules), new Accepted(Optional.empty()));
    }

    private Applied renew(Replica holder) {
        if (!renewals.containsKey(holder.host()) && renewals.size() >= HOSTS_MAX) {
            return answer(new Leased(new TreeSet<>()));
        }
        SortedMap<HostName, Long> more = new TreeMap<>(renewals);
        more.merge(holder.host(), 1L, Long::sum);
        SortedSet<VmId> active = new TreeSet<>();
        for (VmRecord vm : vms.values()) {
            if (vm.view().placement().activeReplica().equals(Optional.of(holder))) {
                active.add(vm.spec().id());
            }
        }
        return new Applied(new LedgerState(applied + 1, vms, hosts, more, maintained, rules), new Leased(active));
    }

    /// A placement may name only the hosts of the VM.
    private static Optional<Problem> stranger(VmSpec spec, View view) {
        Placement placement = view.placement();
        Optional<HostName> active = placement.activeReplica().map(Replica::host);
        Optional<HostName> standby = placement.standbyReplica().map(Replica::host);
        return active.filter(host -> !spec.hosts().contains(host))
                .or(() -> standby.filter(host -> !spec.hosts().contains(host)))
                .map(host -> Problem.of(
                                "host-not-of-vm",
                                host + " is not one of the hosts of " + spec.name() + ".",
                                "Place it on " + spec.hosts() + ".")
                        .with("host", host));
    }

    private static Problem unknown(VmId id) {
        return Problem.of("vm-unknown", "There is no VM " + id + ".", "List the VMs; it may have been deleted.")
                .with("vm", id);
    }

    private static Problem wrongNumber(long expected, View view) {
        return Problem.of(
                        "view-number",
                        "The proposed view must have number " + expected + " and has " + view.number() + ".",
                        "Read the ledger and propose again.")
                .with("number", view.number());
    }

    private Applied put(VmRecord vm) {
        VmRecord placed = Moves.awayFrom(maintained, vm);
        SortedMap<VmId, VmRecord> more = new TreeMap<>(vms);
        more.put(placed.spec().id(), placed);
        return new Applied(
                new LedgerState(applied + 1, more, hosts, renewals, maintained, rules),
                new Accepted(Optional.of(placed)));
    }

    private Applied accept(Optional<VmRecord> vm) {
        return answer(new Accepted(vm));
    }

    private Applied refuse(Problem problem) {
        return answer(new Refused(problem));
    }

    private Applied answer(LedgerAnswer answer) {
        return new Applied(new LedgerState(applied + 1, vms, hosts, renewals, maintained, rules), answer);
    }
}
