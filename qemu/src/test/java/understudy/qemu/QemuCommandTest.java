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
        List<String> arguments = QemuCommand.of(
                        "qemu",
                        spec,
                        QemuCommand.Role.ACTIVE,
                        Accelerator.KVM,
                        DIRECTORY,
                        Path.of("/r"),
                        Optional.empty())
                .arguments();
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
        return QemuCommand.of(
                        "qemu",
                        spec,
                        QemuCommand.Role.ACTIVE,
                        Accelerator.KVM,
                        DIRECTORY,
                        Path.of("/r"),
                        Optional.empty())
                .arguments();
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
    void kernelAndSpecificationMustAgree() {
        VmSpec spec = TestMachine.spec(id, Optional.of(new VmSpec.Boot("00", Optional.empty(), "quiet")));
        assertThatThrownBy(() -> QemuCommand.of(
                        "qemu",
                        spec,
                        QemuCommand.Role.ACTIVE,
                        Accelerator.TCG,
                        DIRECTORY,
                        Path.of("/r"),
                        Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class);
        QemuCommand.BootFiles files = new QemuCommand.BootFiles(Path.of("/k"), Optional.of(Path.of("/i")));
        assertThat(QemuCommand.of(
                                "qemu",
                                spec,
                                QemuCommand.Role.ACTIVE,
                                Accelerator.TCG,
                                DIRECTORY,
                                Path.of("/r"),
                                Optional.of(files))
                        .arguments())
                .containsSubsequence("-kernel", "/k", "-initrd", "/i", "-append", "quiet");
    }

    @Test
    void aDirectoryThatIsTooLongForSocketsIsRefused() {
        assertThatThrownBy(() -> new InstanceDirectory(Path.of("/run/" + "x".repeat(100))))
                .hasMessageContaining("shorter");
    }

    private QemuCommand command(QemuCommand.Role role, Path ram) {
        VmSpec spec = TestMachine.spec(id, Optional.empty());
        return QemuCommand.of("qemu", spec, role, Accelerator.KVM, DIRECTORY, ram, Optional.empty());
    }
}
