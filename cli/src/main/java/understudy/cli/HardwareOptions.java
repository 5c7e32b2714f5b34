package understudy.cli;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;
import understudy.model.Hardware.Clock;
import understudy.model.Hardware.Devices;

/// What machine a VM's guest finds.
final class HardwareOptions {
    @Option(
            names = "--iso",
            paramLabel = "FILE",
            description =
                    "An image on this machine for the guest's CD drive; it is uploaded. The guest boots from it if"
                            + " it has no disk to boot from.")
    private Optional<Path> iso = Optional.empty();

    @Option(
            names = "--devices",
            paramLabel = "KIND",
            completionCandidates = Candidates.DeviceKinds.class,
            description =
                    "What disks and network cards look like: ${COMPLETION-CANDIDATES} (default: virtio). emulated:"
                            + " SATA and Intel e1000, for guests without virtio drivers; slower, at most 5 disks.")
    private Optional<Devices> devices = Optional.empty();

    @Option(
            names = "--screen",
            description =
                    "Give the guest a graphics card and a pointer (USB tablet). Its screen is on a VNC socket of its host.")
    private boolean screen;

    @Option(
            names = "--clock",
            paramLabel = "ZONE",
            completionCandidates = Candidates.Clocks.class,
            description = "What the guest's battery-backed clock shows: ${COMPLETION-CANDIDATES} (default: utc). local:"
                    + " the time of the host's zone, as Windows expects it.")
    private Optional<Clock> clock = Optional.empty();

    @Option(
            names = "--hyper-v",
            description = "Tell the guest that it runs under a hypervisor that Windows knows; it keeps time better and"
                    + " waits better then. Without KVM it changes nothing.")
    private boolean hyperV;

    Optional<Path> iso() {
        return iso;
    }

    /// Puts what was given into the part of a wish that is about hardware, over what a file says.
    void overlay(ObjectNode hardware) {
        devices.ifPresent(v -> hardware.put("devices", v.toString()));
        clock.ifPresent(v -> hardware.put("clock", v.toString()));
        if (screen) {
            hardware.put("screen", true);
        }
        if (hyperV) {
            hardware.put("hyperV", true);
        }
    }
}
