package understudy.agent;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import understudy.api.Nic;
import understudy.api.VmRequest;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.MacAddress;
import understudy.model.PlacementRule;
import understudy.model.Problem;
import understudy.model.VmId;
import understudy.model.VmSpec;
import understudy.model.VolumeSpec;
import understudy.protocol.HostLoad;
import understudy.protocol.LedgerState;
import understudy.protocol.PlacementRules;
import understudy.qemu.Fitness;

/// Decides what a VM that a user wishes for will be: its hosts, machine type, CPU model and addresses; or why
/// it cannot be.
final class Placing {
    private final LedgerState state;
    private final Predicate<HostName> isUp;

    /// @param isUp whether a host is heard of
    Placing(LedgerState state, Predicate<HostName> isUp) {
        this.state = state;
        this.isUp = isUp;
    }

    /// @param disks what the disks that were asked for will be
    /// @throws Problem.Refused with the reason
    VmSpec spec(VmRequest request, VmId id, List<VolumeSpec> disks) {
        checkLevel(request);
        List<HostRecord> hosts = hosts(request, id);
        VmSpec spec = draft(request, id, hosts)
                .orElseThrow(() -> nothingInCommon(hosts))
                .withDisks(disks)
                .with(request.care())
                .with(request.hardware());
        for (HostRecord host : hosts) {
            checkMemory(request, host);
        }
        Optional<Problem> unfit = Fitness.check(spec, hosts);
        if (unfit.isPresent()) {
            throw unfit.get().refused();
        }
        return spec;
    }

    private static void checkLevel(VmRequest request) {
        switch (request.level()) {
            case RESTART -> {}
            case SYSTEM -> {
                if (request.care().standsStillAfterCrash()) {
                    throw notAvailable(
                            request,
                            "Level system is not available for VMs that stand still after a crash",
                            "Create the VM with --on-crash restart or stop, or with another level.");
                }
            }
            case COMPONENT -> {
                if (request.disks().isEmpty()) {
                    throw notAvailable(
                            request,
                            "Level component is not available for VMs without disks",
                            "Give the VM a --disk, or create it with --level system.");
                }
            }
        }
    }

    private static Problem.Refused notAvailable(VmRequest request, String what, String instead) {
        return Problem.of("level-not-available", what + " in this version.", instead)
                .with("level", request.level())
                .refused();
    }

    /// What the VM would be on these hosts; empty if they have no machine type or CPU model in common.
    private static Optional<VmSpec> draft(VmRequest request, VmId id, List<HostRecord> hosts) {
        Optional<String> machine = request.machine().or(() -> Fitness.machine(hosts));
        Optional<String> cpu = request.cpu().or(() -> Fitness.cpu(hosts));
        return machine.flatMap(type -> cpu.map(model -> new VmSpec(
                id,
                request.name(),
                request.level(),
                request.policy(),
                request.memory(),
                request.cpus(),
                type,
                model,
                request.nics().stream().map(Placing::address).toList(),
                request.boot(),
                hosts.stream().map(HostRecord::name).toList())));
    }

    private List<HostRecord> hosts(VmRequest request, VmId id) {
        if (!request.hosts().isEmpty()) {
            if (!PlacementRules.allow(state, request.name(), request.hosts())) {
                throw broken(request).refused();
            }
            return request.hosts().stream().map(this::host).toList();
        }
        List<List<HostRecord>> preferred =
                pairs(request, host -> !state.maintained().contains(host.name()));
        List<List<HostRecord>> pairs = preferred.isEmpty() ? pairs(request, _ -> true) : preferred;
        // If none fits, why the first does not is what the user is told.
        return pairs.stream()
                .filter(pair -> draft(request, id, pair)
                        .filter(spec -> Fitness.check(spec, pair).isEmpty())
                        .isPresent())
                .findFirst()
                .or(() -> pairs.stream().findFirst())
                .orElseThrow(() -> noPair(request).refused());
    }

    /// All that may be one, the best first: those that suit its rules, and of these the ones that are used least.
    private List<List<HostRecord>> pairs(VmRequest request, Predicate<HostRecord> isAble) {
        List<HostRecord> candidates = HostLoad.ranked(
                state,
                request.name(),
                request.memory(),
                request.cpus(),
                host -> isUp.test(host.name()) && isAble.test(host));
        List<List<HostRecord>> pairs = new ArrayList<>();
        for (int i = 0; i < candidates.size(); i++) {
            for (int j = i + 1; j < candidates.size(); j++) {
                HostRecord one = candidates.get(i);
                HostRecord other = candidates.get(j);
                if (HostLoad.mayPair(state, one, other)) {
                    Stream.of(List.of(one, other), List.of(other, one))
                            .filter(pair -> PlacementRules.allow(state, request.name(), names(pair)))
                            .findFirst()
                            .ifPresent(pairs::add);
                }
            }
        }
        return pairs;
    }

    private static List<HostName> names(List<HostRecord> hosts) {
        return hosts.stream().map(HostRecord::name).toList();
    }

    private Problem broken(VmRequest request) {
        return Problem.of(
                        "rule-broken",
                        "%s would break a rule on %s: %s.".formatted(request.name(), request.hosts(), rules(request)),
                        "Name other hosts, or remove the rule: understudy rule list")
                .with("hosts", request.hosts());
    }

    private String rules(VmRequest request) {
        return state.rules().stream()
                .filter(rule -> rule.isAbout(request.name()))
                .map(PlacementRule::toString)
                .collect(Collectors.joining(", "));
    }

    private Problem noPair(VmRequest request) {
        String rules = rules(request);
        return Problem.of(
                        "no-pair",
                        "There are no two hosts%s that are up and have %s of memory for it%s."
                                .formatted(
                                        HostLoad.hasSites(state) ? " at different sites" : "",
                                        request.memory(),
                                        rules.isEmpty() ? "" : ", and that its rules allow (" + rules + ")"),
                        "Make the VM smaller, or see understudy host list; --on A,B names any two hosts, and --on HOST creates it for one,"
                                + " unprotected.")
                .with("memory", request.memory());
    }

    private HostRecord host(HostName name) {
        return state.host(name)
                .filter(host -> host.role() == HostRecord.Role.HOST)
                .orElseThrow(() -> Problem.of(
                                "no-such-host",
                                "There is no host named " + name + ".",
                                "List them: understudy host list")
                        .refused());
    }

    private void checkMemory(VmRequest request, HostRecord host) {
        long free = HostLoad.free(state, host);
        if (free < request.memory().bytes()) {
            throw Problem.of(
                            "no-memory",
                            "%s has %d MiB of memory left for VMs; %s needs %s."
                                    .formatted(host.name(), free >> 20, request.name(), request.memory()),
                            "Make the VM smaller, or name other hosts.")
                    .with("host", host.name())
                    .with("memory", request.memory())
                    .refused();
        }
    }

    private static Problem.Refused nothingInCommon(List<HostRecord> hosts) {
        return Problem.of(
                        "unfit-pair",
                        "The hosts " + hosts.stream().map(HostRecord::name).toList()
                                + " have no machine type or CPU model in common.",
                        "Install QEMU of the same release on both.")
                .refused();
    }

    /// An address of the range that QEMU uses for guests; random, so that clusters on one network do not meet.
    private static MacAddress address(Nic nic) {
        return nic.mac().orElseGet(() -> {
            int low = RandomGenerator.getDefault().nextInt(1 << 24);
            return new MacAddress("52:54:00:%02x:%02x:%02x".formatted(low >> 16, (low >> 8) & 0xff, low & 0xff));
        });
    }
}
