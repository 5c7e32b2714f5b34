package understudy.agent;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import understudy.api.ForceStartPlan;
import understudy.api.HostState;
import understudy.api.VmState;
import understudy.model.HostName;
import understudy.model.Placement;
import understudy.model.Problem;
import understudy.model.Replica;
import understudy.model.VmId;
import understudy.model.VmRecord;
import understudy.model.VolumeId;
import understudy.model.VolumeSpec;
import understudy.model.VolumeView;
import understudy.protocol.ForcedStart;

/// Says what a forced start of a VM would begin from and cost, and refuses it where nobody needs one, or where it
/// would do nothing but harm. The ledger decides by [ForcedStart] alone; here is what only agents know: who is up, who
/// runs it, and what became of files.
final class ForcedStarts {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    /// What a host said longer ago says nothing about now.
    static final Duration FRESH = Duration.ofSeconds(3);

    private final Function<HostName, HostState> states;
    private final Predicate<HostName> lives;
    private final Reports reports;

    /// What hosts said of a VM.
    interface Reports {
        /// @return nothing if the host said nothing within [#FRESH]
        Optional<VmReport> of(HostName host, VmId vm);
    }

    /// @param states as this agent hears the hosts
    /// @param lives  whether a host shows signs of life in the ledger, heard here or not; may take a while
    ForcedStarts(Function<HostName, HostState> states, Predicate<HostName> lives, Reports reports) {
        this.states = states;
        this.lives = lives;
        this.reports = reports;
    }

    /// @param asked where; empty for the only host on which it can be forced
    /// @throws Problem.Refused why it cannot, or need not, be forced
    ForceStartPlan plan(VmRecord vm, Optional<HostName> asked) {
        HostName host = asked.orElseGet(() -> onlyCandidate(vm));
        refuse(ForcedStart.refusal(vm, host));
        if (!isUp(host)) {
            throw Problem.of("host-lost", host + " does not answer.", "See how it is: understudy host list")
                    .with("host", host)
                    .refused();
        }
        refuseWhatRuns(vm);
        refuseWhereAllIsThere(vm);
        List<ReplicaReport> replicas =
                vm.spec().disks().stream().map(disk -> replica(vm, disk, host)).toList();
        return new ForceStartPlan(
                vm.spec().name(), host, vm.view().number(), copies(vm, replicas), warnings(vm, host, replicas));
    }

    /// What a plan would have the VM begin from, in the order of its disks.
    List<UUID> replicas(VmRecord vm, HostName host) {
        return vm.spec().disks().stream()
                .map(disk -> replica(vm, disk, host).replica().orElseThrow())
                .toList();
    }

    private static void refuse(Optional<Problem> problem) {
        if (problem.isPresent()) {
            throw problem.get().refused();
        }
    }

    private boolean isUp(HostName host) {
        return states.apply(host) == HostState.UP;
    }

    private HostName onlyCandidate(VmRecord vm) {
        List<HostName> able = vm.spec().hosts().stream()
                .filter(host -> isUp(host) && ForcedStart.refusal(vm, host).isEmpty())
                .toList();
        if (able.size() == 1) {
            return able.getFirst();
        }
        vm.spec().hosts().stream().filter(this::isUp).findFirst().ifPresent(up -> {
            if (able.isEmpty()) {
                refuse(ForcedStart.refusal(vm, up));
            }
        });
        throw Problem.of(
                        "name-a-host",
                        able.isEmpty()
                                ? "No host of " + vm.spec().name() + " answers."
                                : vm.spec().name() + " could be forced to start on " + able + ".",
                        able.isEmpty() ? "See how they are: understudy host list" : "Name one: --on " + able.getFirst())
                .refused();
    }

    private void refuseWhatRuns(VmRecord vm) {
        Optional<HostName> active = vm.view().placement().activeReplica().map(Replica::host);
        Optional<VmReport> report =
                active.flatMap(host -> reports.of(host, vm.spec().id()));
        boolean runs = report.filter(it -> it.state() == VmState.RUNNING || it.state() == VmState.PAUSED)
                .isPresent();
        boolean waits = report.stream().flatMap(it -> it.volumes().stream()).anyMatch(VolumeReport::isWaiting);
        if (runs && !waits) {
            throw Problem.of(
                            "vm-runs",
                            active.orElseThrow() + " runs " + vm.spec().name() + ".",
                            "A VM that runs needs no forced start.")
                    .refused();
        }
        if (report.isEmpty() && active.filter(lives).isPresent()) {
            throw Problem.of(
                            "host-lives",
                            active.orElseThrow() + " is not heard here, and lives: the ledger hears of it.",
                            "Mend the network between the hosts, or switch that host off first.")
                    .with("host", active.orElseThrow())
                    .refused();
        }
    }

    /// Then it starts by itself; if it is stopped, when somebody says so. A host that may be there, and has not said
    /// that its copy cannot be used, counts as one that has it. Under a solo grant it is only the active one that
    /// counts: it may have gone on alone.
    private void refuseWhereAllIsThere(VmRecord vm) {
        Set<HostName> better = new TreeSet<>();
        for (VolumeView volume : vm.view().volumes()) {
            List<HostName> there = volume.inSync().stream()
                    .filter(host -> !vm.view().soloGrant() || vm.view().isActive(host))
                    .filter(host -> mayBeThere(host) && !saysUnusable(vm, volume.volume(), host))
                    .toList();
            if (there.isEmpty()) {
                return;
            }
            better.addAll(there);
        }
        if (vm.view().volumes().isEmpty()) {
            vm.view()
                    .placement()
                    .activeReplica()
                    .map(Replica::host)
                    .filter(this::mayBeThere)
                    .ifPresent(better::add);
        }
        if (!better.isEmpty()) {
            throw Problem.of(
                            "better-host-up",
                            "All that " + vm.spec().name() + " ever wrote is there, on " + join(better) + ".",
                            "Let it start there: understudy vm show "
                                    + vm.spec().name() + " says what it waits for.")
                    .refused();
        }
    }

    private static String join(Set<HostName> hosts) {
        return hosts.stream().map(HostName::value).collect(Collectors.joining(" and "));
    }

    private boolean mayBeThere(HostName host) {
        return states.apply(host) != HostState.LOST;
    }

    private boolean saysUnusable(VmRecord vm, VolumeId volume, HostName host) {
        return report(vm, volume, host)
                .filter(it -> it.condition() == ReplicaReport.Condition.UNUSABLE)
                .isPresent();
    }

    private Optional<ReplicaReport> report(VmRecord vm, VolumeId volume, HostName host) {
        return reports.of(host, vm.spec().id()).stream()
                .flatMap(report -> report.replicas().stream())
                .filter(replica -> replica.volume().equals(volume))
                .findFirst();
    }

    private ReplicaReport replica(VmRecord vm, VolumeSpec disk, HostName host) {
        return report(vm, disk.id(), host)
                .filter(it -> it.replica().isPresent())
                .orElseThrow(() -> Problem.of(
                                "no-replica",
                                host + " has no copy of " + disk.name() + " of "
                                        + vm.spec().name() + " that could be used.",
                                "See what it says: understudy volume show "
                                        + vm.spec().name() + " " + disk.name())
                        .with("host", host)
                        .refused());
    }

    private static List<ForceStartPlan.DiskCopy> copies(VmRecord vm, List<ReplicaReport> replicas) {
        List<ForceStartPlan.DiskCopy> copies = new ArrayList<>();
        for (int i = 0; i < replicas.size(); i++) {
            copies.add(new ForceStartPlan.DiskCopy(
                    vm.spec().disks().get(i).name(),
                    replicas.get(i).inSyncView(),
                    replicas.get(i).written()));
        }
        return copies;
    }

    // ---- what it may cost -------------------------------------------------------------------------------------------

    private List<String> warnings(VmRecord vm, HostName host, List<ReplicaReport> replicas) {
        List<String> warnings = new ArrayList<>();
        String name = vm.spec().name().toString();
        List<HostName> others =
                vm.spec().hosts().stream().filter(it -> !it.equals(host)).toList();
        for (int i = 0; i < replicas.size(); i++) {
            String copy = vm.spec().disks().get(i).name() + " on " + host;
            ReplicaReport replica = replicas.get(i);
            if (!vm.view().volumes().get(i).isInSync(host)) {
                warnings.add(loss(copy, replica));
            }
            if (replica.condition() == ReplicaReport.Condition.LOSSY) {
                warnings.add(
                        copy + " was in use when the host lost its power: what was not flushed then may be missing.");
            }
        }
        if (replicas.isEmpty() && !(vm.view().placement() instanceof Placement.Paired)) {
            warnings.add(name + " has no disks, and nobody has its memory: it boots anew.");
        }
        if (vm.view().soloGrant()) {
            HostName active =
                    vm.view().placement().activeReplica().orElseThrow().host();
            warnings.add(active + " may have gone on with " + name
                    + " alone, by a standing solo grant. What it did since is lost.");
        }
        for (HostName other : others) {
            warnings.add(
                    mayBeThere(other)
                            ? other + " is up. If it runs " + name + ", it ends it when it hears of this."
                            : other + " does not answer. If it still runs " + name
                                    + ", two of them run, and both speak to"
                                    + " clients: make sure that it is switched off, or cut off from the guests' network.");
        }
        if (!replicas.isEmpty()) {
            others.forEach(other -> warnings.add("When " + other + " is back, its disks of " + name
                    + " are overwritten with what " + host + " has then. Copy them first if you may need them."));
        }
        return warnings;
    }

    private static String loss(String copy, ReplicaReport replica) {
        String written = replica.written()
                .map(it -> " It was written last at " + time(it) + ".")
                .orElse("");
        return replica.inSyncView() == 0
                ? copy + " is a copy that did not come to its end, or never was one: it holds a part of the disk."
                        + written
                : "%s had all that was written up to view %d.%s What was written after that is lost, and if a copy to it had begun, its content is a mixture: check the guest's file systems."
                        .formatted(copy, replica.inSyncView(), written);
    }

    private static String time(Instant at) {
        return TIME.format(at);
    }
}
