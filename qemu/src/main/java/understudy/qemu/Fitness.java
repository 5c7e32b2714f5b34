package understudy.qemu;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import understudy.model.HostRecord;
import understudy.model.Problem;
import understudy.model.VmSpec;

/// Whether hosts can run a VM, and load each other's saved state of it. Pure.
///
/// Two QEMUs of different versions can, where machine type and CPU model are pinned to what both know; a guest
/// saved under KVM and one under TCG are not alike.
public final class Fitness {
    /// The CPU model that every QEMU has had for as long as there were pairs.
    private static final String BASELINE = "qemu64";

    /// Orders versioned machine types: `pc-q35-7.2` before `pc-q35-10.0`.
    static final Comparator<String> BY_VERSION = Comparator.comparingInt((String machine) -> number(machine, 0))
            .thenComparingInt(machine -> number(machine, 1));

    private Fitness() {}

    /// Why these hosts do not fit the VM, if they do not: one host (then it is not protected), or a pair.
    ///
    /// @param hosts one or two
    public static Optional<Problem> check(VmSpec spec, List<HostRecord> hosts) {
        return hosts.stream()
                .map(host -> check(spec, host))
                .flatMap(Optional::stream)
                .findFirst()
                .or(() -> checkAccelerators(hosts));
    }

    private static Optional<Problem> check(VmSpec spec, HostRecord host) {
        if (host.role() == HostRecord.Role.WITNESS) {
            return refuse("host-is-witness", host.name() + " is a witness and runs no VMs", "name a host");
        }
        if (spec.memory().compareTo(host.memory()) > 0) {
            return refuse(
                    "not-enough-memory",
                    "%s has %s of memory for VMs, %s needs %s"
                            .formatted(host.name(), host.memory(), spec.name(), spec.memory()),
                    "give the VM less memory, or name other hosts");
        }
        if (!host.machines().contains(spec.machine())) {
            return refuse(
                    "machine-type-unknown",
                    "QEMU %s of %s does not know machine type %s".formatted(host.qemu(), host.name(), spec.machine()),
                    "name one that it knows: " + String.join(", ", host.machines()));
        }
        if (!host.cpuModels().contains(spec.cpu())) {
            return refuse(
                    "cpu-model-unknown",
                    "%s cannot run CPU model %s with %s".formatted(host.name(), spec.cpu(), host.accelerator()),
                    "name one that it can run: " + String.join(", ", host.cpuModels()));
        }
        return checkDevices(spec, host);
    }

    private static Optional<Problem> checkDevices(VmSpec spec, HostRecord host) {
        if (spec.care().onCrash().isPresent() && !host.devices().contains(QemuCommand.CRASH_DEVICE)) {
            return lacks(host, QemuCommand.CRASH_DEVICE, "--on-crash");
        }
        if (spec.care().watchdog().isPresent() && !host.devices().contains(QemuCommand.WATCHDOG_DEVICE)) {
            return lacks(host, QemuCommand.WATCHDOG_DEVICE, "--watchdog");
        }
        return Optional.empty();
    }

    private static Optional<Problem> lacks(HostRecord host, String device, String option) {
        return refuse(
                "device-unknown",
                "QEMU %s of %s does not have the device %s, which %s needs"
                        .formatted(host.qemu(), host.name(), device, option),
                "leave out " + option + ", or name hosts whose QEMU has it");
    }

    private static Optional<Problem> checkAccelerators(List<HostRecord> hosts) {
        if (hosts.stream().map(HostRecord::accelerator).distinct().count() < 2) {
            return Optional.empty();
        }
        return refuse(
                "accelerators-differ",
                hosts.getFirst().name() + " runs guests with "
                        + hosts.getFirst().accelerator() + ", "
                        + hosts.getLast().name() + " with " + hosts.getLast().accelerator()
                        + ": neither can go on with the other's guest",
                "enable hardware virtualisation on both, or name another host");
    }

    private static Optional<Problem> refuse(String code, String message, String correction) {
        return Optional.of(Problem.of(code, message, correction));
    }

    /// The newest machine type that all of them know.
    public static Optional<String> machine(List<HostRecord> hosts) {
        return common(hosts.stream().map(HostRecord::machines).toList()).stream()
                .max(BY_VERSION);
    }

    /// A CPU model that all of them can run: the baseline, else the first by name.
    public static Optional<String> cpu(List<HostRecord> hosts) {
        List<String> common = common(hosts.stream().map(HostRecord::cpuModels).toList());
        return common.contains(BASELINE)
                ? Optional.of(BASELINE)
                : common.stream().min(Comparator.naturalOrder());
    }

    private static List<String> common(List<List<String>> lists) {
        return lists.stream()
                .limit(1)
                .flatMap(Collection::stream)
                .filter(name -> lists.stream().allMatch(list -> list.contains(name)))
                .toList();
    }

    private static int number(String machine, int index) {
        String[] numbers = machine.substring(machine.lastIndexOf('-') + 1).split("\\.", -1);
        try {
            return Integer.parseInt(numbers[index]);
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            return -1;
        }
    }
}
