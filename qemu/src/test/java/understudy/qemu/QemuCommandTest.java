package understudy.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import understudy.model.ByteSize;
import understudy.model.Care;
import understudy.model.CrashReaction;
import understudy.model.Hardware;
import understudy.model.Hardware.Clock;
import understudy.model.Hardware.Devices;
import understudy.model.VmSpec;
import understudy.model.VolumeId;
import understudy.model.VolumeSpec;
import understudy.model.WatchdogReaction;

class QemuCommandTest {
    private static final InstanceDirectory DIRECTORY = new InstanceDirectory(Path.of("/run/v"));
    private final UUID id = UUID.randomUUID();

    @Test
    void theStandbyDiffersFromTheActiveInWaitingOnly() {
        List<String> active =
                command(QemuCommand.Role.ACTIVE, Path.of("/dev/shm/r")).arguments();
        List<String> standby = new ArrayList<>(
                command(QemuCommand.Role.STANDBY, Path.of("/dev/shm/r")).arguments());
        assertThat(standby).containsSubsequence("-incoming", "defer");
        standby.removeAll(List.of("-incoming", "defer"));
        assertThat(standby).isEqualTo(active);
    }

    @Test
    void machineModelAndAddressAreTheSpecifications() {
        List<String> arguments =
                command(QemuCommand.Role.ACTIVE, Path.of("/dev/shm/r")).arguments();
        assertThat(arguments)
                .containsSubsequence("-uuid", id.toString())
                .containsSubsequence("-cpu", "qemu64")
                .anyMatch(a -> a.startsWith("pc-q35-7.2,memory-backend=ram"))
                .anyMatch(a -> a.startsWith("virtio-net-pci") && a.contains("mac=52:54:00:00:00:01"));
    }

    @Test
    void everyDiskIsAnExportOfTheAgentsSocketThatOutlivesTheAgent() {
        VolumeSpec disk0 = disk("disk0");
        VolumeSpec disk1 = disk("disk1");
        VmSpec spec = TestMachine.spec(id, Optional.empty()).withDisks(List.of(disk0, disk1));
        List<String> arguments = arguments(spec, Accelerator.KVM);
        assertThat(arguments)
                .contains("driver=nbd,node-name=disk1,server.type=unix,server.path=/run/v/disks.socket,export=disk1"
                        + ",reconnect-delay=315360000,open-timeout=10,cache.direct=on,discard=unmap")
                .anyMatch(a -> a.startsWith("virtio-blk-pci,id=disk0dev,drive=disk0") && a.endsWith(",bootindex=1"))
                .anyMatch(a -> a.startsWith("virtio-blk-pci,id=disk1dev") && a.contains("write-cache=on"))
                .anyMatch(a -> a.startsWith("virtio-blk-pci,id=disk0dev") && a.contains(",heads=16,secs=63"));
    }

    @Test
    void devicesByWhichAGuestSaysThatItFailedAreThereOnlyWhereTheyAreAskedFor() {
        List<String> usual = command(QemuCommand.Role.ACTIVE, Path.of("/r")).arguments();
        assertThat(usual).doesNotContain("-action").noneMatch(a -> a.matches("pvpanic.*|i6300esb.*"));
        assertThat(caredFor(Care.DEFAULT.with(CrashReaction.RESTART)))
                .containsSubsequence("-device", "pvpanic", "-action", "panic=none")
                .doesNotContain("i6300esb");
        assertThat(caredFor(Care.DEFAULT.with(CrashReaction.PAUSE)))
                .containsSubsequence("-device", "pvpanic", "-action", "panic=pause");
        assertThat(caredFor(Care.DEFAULT.with(WatchdogReaction.NONE)))
                .containsSubsequence("-device", "i6300esb", "-action", "watchdog=none")
                .doesNotContain("pvpanic");
    }

    private List<String> caredFor(Care care) {
        VmSpec spec = TestMachine.spec(id, Optional.empty()).with(care);
        return arguments(spec, Accelerator.KVM);
    }

    private static VolumeSpec disk(String name) {
        return new VolumeSpec(new VolumeId(UUID.randomUUID()), name, ByteSize.parse("1G"), Optional.empty());
    }

    @Test
    void aCommaInAPathIsDoubled() {
        assertThat(command(QemuCommand.Role.ACTIVE, Path.of("/dev/shm/a,b")).arguments())
                .anyMatch(a -> a.contains("mem-path=/dev/shm/a,,b,share=on"));
    }

    @Test
    void filesThatAreNamedByTheirContentAreWhereThisHostHasThem() {
        VmSpec spec = TestMachine.spec(id, Optional.of(new VmSpec.Boot("aa", Optional.of("bb"), "quiet")))
                .with(Hardware.DEFAULT.withCdrom("cc"));
        assertThat(arguments(spec, Accelerator.TCG))
                .containsSubsequence("-kernel", "/files/aa", "-initrd", "/files/bb", "-append", "quiet")
                .contains("driver=file,node-name=cdrom,read-only=on,filename=/files/cc");
    }

    @Test
    void aGuestWithoutDriversForVirtioFindsWhatAPcHas() {
        VmSpec spec = TestMachine.spec(id, Optional.empty())
                .withDisks(List.of(disk("disk0"), disk("disk1")))
                .with(new Hardware(Devices.EMULATED, true, Clock.LOCAL, true, Optional.of("cc")));
        assertThat(arguments(spec, Accelerator.TCG))
                .contains("ich9-ahci,id=sata", "usb-tablet,id=pointer,bus=usb.0", "base=localtime", "qemu64")
                .containsSubsequence("-vnc", "unix:/run/v/screen.socket")
                .anyMatch(a -> a.startsWith("e1000,id=nic0,") && a.contains("mac=52:54:00:00:00:01"))
                .anyMatch(a -> a.startsWith("ide-hd,bus=sata.1,id=disk1dev,drive=disk1,serial=disk1"))
                .anyMatch(a -> a.startsWith("ide-cd,bus=sata.5,") && a.endsWith("drive=cdrom,bootindex=2"))
                .noneMatch(a -> a.contains("virtio"));
        assertThat(arguments(spec, Accelerator.KVM)).anyMatch(a -> a.startsWith("qemu64,hv-relaxed,"));
    }

    @Test
    void whatNobodyAskedForIsNotThere() {
        VmSpec spec = TestMachine.spec(id, Optional.empty()).withDisks(List.of(disk("disk0")));
        assertThat(arguments(spec, Accelerator.KVM))
                .doesNotContain("-vnc", "-rtc", "qemu-xhci,id=usb", "ich9-ahci,id=sata")
                .contains("qemu64")
                .noneMatch(a -> a.startsWith("VGA"));
    }

    private static List<String> arguments(VmSpec spec, Accelerator accelerator) {
        return QemuCommand.of(
                        "qemu",
                        spec,
                        QemuCommand.Role.ACTIVE,
                        accelerator,
                        DIRECTORY,
                        Path.of("/r"),
                        Path.of("/files")::resolve)
                .arguments();
    }

    @Test
    void aDirectoryThatIsTooLongForSocketsIsRefused() {
        assertThatThrownBy(() -> new InstanceDirectory(Path.of("/run/" + "x".repeat(100))))
                .hasMessageContaining("shorter");
    }

    private QemuCommand command(QemuCommand.Role role, Path ram) {
        VmSpec spec = TestMachine.spec(id, Optional.empty());
        return QemuCommand.of("qemu", spec, role, Accelerator.KVM, DIRECTORY, ram, Path.of("/files")::resolve);
    }
}
