package understudy.agent;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import understudy.api.Nic;
import understudy.api.VmRequest;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.MacAddress;
import understudy.model.Problem;
import understudy.model.VmId;
import understudy.model.VmSpec;
import understudy.model.VolumeSpec;
import understudy.protocol.LedgerState;
import understudy.protocol.PairChoice;
import understudy.qemu.Fitness;

/// Decides what a VM that a user wishes for will be: its hosts ([PairChoice]), machine type, CPU model and addresses;
/// or why it cannot be.
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
        PairChoice choice = new PairChoice(state, request.name(), request.memory(), request.cpus());
        List<HostRecord> hosts = hosts(request, id, choice);
        VmSpec spec = draft(request, id, hosts)
                .orElseThrow(() -> nothingInCommon(hosts))
                .withDisks(disks)
                .with(request.care())
                .with(request.hardware());
        choice.checkMemory(hosts);
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

    private List<HostRecord> hosts(VmRequest request, VmId id, PairChoice choice) {
        return request.hosts().isEmpty()
                ? choice.best(
                        isUp,
                        pair -> draft(request, id, pair)
                                .filter(spec -> Fitness.check(spec, pair).isEmpty())
                                .isPresent())
                : choice.named(request.hosts());
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
