package understudy.qemu;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/// What runs the guest's instructions.
public enum Accelerator {
    /// The processor itself.
    KVM,
    /// QEMU's translator: right but slow.
    TCG;

    /// The choice for a host and why it was made.
    ///
    /// @param notice for people, when it is not what they would want; else empty
    public record Choice(Accelerator accelerator, String notice) {}

    /// KVM where the processor has hardware virtualisation and `/dev/kvm` opens. A `/dev/kvm` without it is
    /// there on some machines, boots a boot sector and hangs every ordinary kernel: hence both.
    public static Choice choose() {
        return choose(Path.of("/proc/cpuinfo"), Path.of("/dev/kvm"));
    }

    static Choice choose(Path cpuinfo, Path device) {
        if (!hasVirtualisation(cpuinfo)) {
            return new Choice(
                    TCG,
                    "this processor shows no hardware virtualisation (no vmx or svm in " + cpuinfo
                            + "): guests run in software, many times slower. Enable it in the firmware or, on a virtual"
                            + " machine, nested virtualisation");
        }
        try (FileChannel channel = FileChannel.open(device, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return new Choice(channel.isOpen() ? KVM : TCG, "");
        } catch (IOException e) {
            return new Choice(
                    TCG,
                    device + " does not open (" + e.getMessage() + "): guests run in software, many times slower."
                            + " Load the kvm module, or give the agent the right to open it");
        }
    }

    private static boolean hasVirtualisation(Path cpuinfo) {
        try {
            return Files.readAllLines(cpuinfo).stream()
                    .filter(line -> line.startsWith("flags"))
                    .limit(1)
                    .flatMap(line -> Arrays.stream(line.split("\\s+")))
                    .anyMatch(flag -> flag.equals("vmx") || flag.equals("svm"));
        } catch (IOException e) {
            return false;
        }
    }

    /// QEMU's `-accel` argument.
    String argument() {
        return this == KVM ? "kvm" : "tcg,thread=multi";
    }

    @Override
    public String toString() {
        return this == KVM ? "kvm" : "tcg";
    }
}
