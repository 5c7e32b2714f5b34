package understudy.agent;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import understudy.api.ClusterStatus;
import understudy.api.HostState;
import understudy.api.HostStatus;
import understudy.api.Scrub;
import understudy.api.VmState;
import understudy.api.VmStatus;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.Placement;
import understudy.model.Problem;
import understudy.model.Replica;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.model.VolumeSpec;
import understudy.protocol.HostLoad;
import understudy.protocol.LedgerState;
import understudy.protocol.Newcomer;
import understudy.protocol.SwitchOff;

/// What this agent tells of the cluster's VMs and hosts: what the ledger has, with what hosts said of themselves last.
///
/// Threads: any.
final class Statuses {
    private static final Duration FRESH = Duration.ofSeconds(3);

    /// How long a majority that is heard may take to answer: an election, if its leader was lost.
    private static final Duration ASK = Duration.ofSeconds(3);

    private final Agent agent;

    Statuses(Agent agent) {
        this.agent = agent;
    }

    // ---- VMs ------------------------------------------------------------------------------------------------------

    /// What the ledger has, as far as it is known.
    ///
    /// @param isCurrent whether a majority has just said so; else it may be old
    record Known(LedgerState state, boolean isCurrent) {}

    /// An agent that was cut off, and has not caught up yet, asks a majority rather than tell what it knew; where none
    /// answers, what it knows is all that there is.
    Known newest() {
        if (!agent.hearsMajority()) {
            return new Known(agent.ledger().seen(), false);
        }
        try {
            return new Known(agent.ledger().read().get(ASK.toMillis(), TimeUnit.MILLISECONDS), true);
        } catch (ExecutionException | TimeoutException e) {
            return new Known(agent.ledger().seen(), false);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Known(agent.ledger().seen(), false);
        }
    }

    /// All of them, by name.
    List<VmStatus> vms() {
        return vms(newest());
    }

    private List<VmStatus> vms(Known known) {
        return known.state().vms().values().stream()
                .map(vm -> of(vm, known.isCurrent()))
                .sorted((one, other) -> one.name().compareTo(other.name()))
                .toList();
    }

    /// Of a record that a majority has just told.
    VmStatus of(VmRecord vm) {
        return of(vm, true);
    }

    /// Where nobody decides, nobody can go on in another's place: then nothing is protected.
    VmStatus of(VmRecord vm, boolean isCurrent) {
        VmSpec spec = vm.spec();
        Placement placement = vm.view().placement();
        Optional<VmReport> report = placement
                .activeReplica()
                .flatMap(active -> agent.report(active.host(), FRESH))
                .flatMap(told -> told.vms().stream()
                        .filter(v -> v.vm().equals(spec.id()))
                        .findFirst());
        Optional<HostName> standby = placement
                .standbyReplica()
                .map(Replica::host)
                .or(() -> vm.view().successors(spec).stream().findFirst());
        boolean granted = vm.view().soloGrant();
        boolean whole = spec.isCopied()
                ? placement instanceof Placement.Paired && vm.view().isWhole()
                : vm.view().isWhole() && standby.filter(this::isUp).isPresent();
        return new VmStatus(
                spec.name(),
                spec.id(),
                spec.level(),
                spec.policy(),
                report.map(VmReport::state).orElse(stateWithoutReport(vm)),
                isCurrent
                        && whole
                        && !granted
                        && report.filter(VmReport::isProtected).isPresent(),
                placement.activeReplica().map(Replica::host),
                standby,
                vm.view().number(),
                spec.memory(),
                spec.cpus(),
                spec.nics(),
                spec.disks().stream()
                        .map(disk -> VolumeStatuses.of(vm, disk, report, lastScrub(vm, disk)))
                        .toList(),
                spec.hosts(),
                spec.machine(),
                spec.cpu(),
                vm.wanted(),
                reason(vm, report, isCurrent),
                vm.destination(),
                report.flatMap(VmReport::progress),
                report.flatMap(VmReport::checkpoints),
                spec.care(),
                spec.hardware());
    }

    /// Of which any host of the VM tells; stopped VMs have no active one.
    private Optional<Scrub> lastScrub(VmRecord vm, VolumeSpec disk) {
        return vm.spec().hosts().stream()
                .flatMap(host -> agent.report(host, FRESH).stream())
                .flatMap(told -> told.vms().stream())
                .flatMap(told -> told.volumes().stream())
                .filter(volume -> volume.volume().equals(disk.id()))
                .flatMap(volume -> volume.scrub().stream())
                .max(Comparator.comparing(Scrub::began));
    }

    private VmState stateWithoutReport(VmRecord vm) {
        Optional<Replica> active = vm.view().placement().activeReplica();
        if (active.isEmpty()) {
            return vm.wanted() ? VmState.STARTING : vm.failure().isPresent() ? VmState.FAILED : VmState.STOPPED;
        }
        return agent.state(active.get().host()) == HostState.LOST ? VmState.FAILED : VmState.STARTING;
    }

    private String reason(VmRecord vm, Optional<VmReport> report, boolean isCurrent) {
        String reason = vm.view().soloGrant()
                ? reasonOfGrant(vm)
                : report.map(VmReport::reason).orElse(reasonWithoutReport(vm));
        return reason.isEmpty() && !isCurrent && vm.wanted()
                ? "no majority of the voters answers this agent, so what it says may be old"
                : reason;
    }

    private static String reasonOfGrant(VmRecord vm) {
        HostName active = vm.view().placement().activeReplica().orElseThrow().host();
        return "too few voters are left, so only " + active + " may go on with it (a solo grant stands)";
    }

    private String reasonWithoutReport(VmRecord vm) {
        if (vm.failure().isPresent()) {
            return vm.failure().get() + "; understudy vm start " + vm.spec().name() + " starts it again";
        }
        return vm.view()
                .placement()
                .activeReplica()
                .filter(active -> agent.state(active.host()) == HostState.LOST)
                .map(active -> "its host " + active.host() + " is lost")
                .orElse("");
    }

    // ---- hosts ----------------------------------------------------------------------------------------------------

    boolean isUp(HostName host) {
        return agent.state(host) == HostState.UP;
    }

    /// All hosts and witnesses, by name.
    List<HostStatus> hosts() {
        Known known = newest();
        Optional<HostName> leader = agent.ledger().leader();
        return known.state().hosts().values().stream()
                .map(host -> of(host, known, leader))
                .toList();
    }

    /// @throws Problem.Refused with `no-such-host`
    HostStatus host(HostName name) {
        return hosts().stream()
                .filter(host -> host.name().equals(name))
                .findFirst()
                .orElseThrow(() -> Problem.of(
                                "no-such-host",
                                "There is no host named " + name + ".",
                                "List them: understudy host list")
                        .refused());
    }

    private HostStatus of(HostRecord host, Known known, Optional<HostName> leader) {
        LedgerState state = known.state();
        return new HostStatus(
                host.name(),
                host.role(),
                agent.state(host.name()),
                host.url(),
                host.site(),
                host.memory(),
                new ByteSize(HostLoad.free(state, host)),
                host.cpus(),
                host.qemu(),
                host.accelerator(),
                leader.equals(Optional.of(host.name())),
                state.maintained().contains(host.name()),
                state.vms().values().stream()
                        .filter(vm -> vm.view().isActive(host.name()))
                        .map(vm -> vm.spec().name())
                        .sorted()
                        .toList(),
                obstacles(host.name(), known),
                SwitchOff.lastCopies(known.state(), this::isUp, host.name()));
    }

    private List<String> obstacles(HostName host, Known known) {
        return known.isCurrent()
                ? SwitchOff.obstacles(known.state(), agent.ledger().voters(), this::isUp, host)
                : List.of("no majority of the voters answers, so nobody can say what depends on it");
    }

    ClusterStatus cluster() {
        Known known = newest();
        List<VmStatus> vms = vms(known);
        List<HostName> hosts = known.state().hosts().values().stream()
                .filter(host -> host.role() == HostRecord.Role.HOST)
                .map(HostRecord::name)
                .toList();
        boolean registered = known.state().hosts().containsKey(agent.config().name());
        return new ClusterStatus(
                agent.config().cluster().toString(),
                agent.config().name(),
                registered && agent.ledger().hasQuorum(),
                agent.ledger().leader(),
                List.copyOf(agent.ledger().voters()),
                hosts.size(),
                (int) hosts.stream().filter(this::isUp).count(),
                vms.size(),
                (int) vms.stream().filter(v -> v.state() == VmState.RUNNING).count(),
                (int) vms.stream().filter(VmStatus::isProtected).count(),
                alarms(vms, known.state()));
    }

    private List<String> alarms(List<VmStatus> vms, LedgerState state) {
        List<String> alarms = new ArrayList<>();
        if (agent.ledger().copy() == Newcomer.Copy.NONE) {
            String lack = agent.ledger().lack();
            alarms.add(Character.toUpperCase(lack.charAt(0)) + lack.substring(1) + ".");
        } else if (!agent.ledger().hasQuorum()) {
            alarms.add("This agent has no contact with a majority of the voters; nothing can be decided from here.");
        }
        for (HostName name : agent.config().voters()) {
            if (agent.state(name) == HostState.LOST) {
                alarms.add(name + " is lost.");
            }
        }
        state.maintained().forEach(host -> alarms.add(host + " is in maintenance."));
        for (VmStatus vm : vms) {
            if (vm.wanted() && !vm.isProtected()) {
                alarms.add("VM " + vm.name() + " is not protected"
                        + (vm.reason().isEmpty() ? "." : ": " + vm.reason() + "."));
            }
        }
        return alarms;
    }
}
