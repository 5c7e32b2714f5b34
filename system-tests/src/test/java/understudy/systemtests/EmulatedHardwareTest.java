package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import understudy.lab.LabVm;
import understudy.lab.probe.EchoClient;
import understudy.model.ByteSize;
import understudy.model.Hardware;
import understudy.model.Hardware.Clock;
import understudy.model.Hardware.Devices;
import understudy.model.Level;
import understudy.model.Policy;

/// A PC: Debian's usual kernel without one of virtio's drivers, two processors, an AHCI disk, an e1000 network card, a
/// CD, a screen, a tablet. Its hosts lose their power under it, one after the other.
@ExtendWith(OnStage.class)
@Timeout(value = 4, unit = TimeUnit.MINUTES)
class EmulatedHardwareTest {
    private static final ByteSize MEMORY = ByteSize.ofMebibytes(224);
    private static final ByteSize DISK = ByteSize.ofMebibytes(64);
    private static final int CDROM_BYTES = 600 << 10;
    private static final String SUM_OF_CDROM = "echo 3 >/proc/sys/vm/drop_caches; md5sum /dev/sr0 | cut -d' ' -f1";

    @TempDir
    Path directory;

    @Test
    void aPcGoesOnWithItsDiskItsCdItsScreenAndItsConnections(Stage stage) throws IOException {
        byte[] image = new byte[CDROM_BYTES];
        new SecureRandom().nextBytes(image);
        Path cdrom = Files.write(directory.resolve("cdrom.iso"), image);
        LabVm.Wish wish = new LabVm.Wish(
                        "pc", "10.77.0.39", MEMORY, 2, Policy.BALANCED, List.of("h1", "h2"), List.of(DISK))
                .at(Level.SYSTEM)
                .with(new Hardware(
                        Devices.EMULATED,
                        true,
                        Clock.LOCAL,
                        false,
                        Optional.of(stage.api().upload(cdrom, _ -> {}))));
        try (Vm vm = stage.createWithoutVirtio(wish)) {
            String boot = vm.bootId();
            assertThat(vm.shell("readlink /sys/class/net/eth0/device/driver")).endsWith("/e1000");
            assertThat(vm.shell("readlink /sys/block/sda/device/../../../../driver"))
                    .endsWith("/ahci");
            assertThat(vm.shell("ls /sys/bus/pci/drivers | grep -c virtio || true"))
                    .isEqualTo("0");
            String sum = vm.shell(SUM_OF_CDROM);
            try (EchoClient client = vm.client()) {
                for (String lost : List.of("h1", "h2")) {
                    vm.awaitVerified();
                    // Its answers wait until its other host has what was done before.
                    vm.shell("printf '%-511s\\n' 'disk of " + lost + "' | dd of=/dev/sda bs=512 count=1 conv=fsync"
                            + " 2>/dev/null; printf '\\033[H\\033[2Jscreen of " + lost + "' >/dev/tty1");
                    stage.lab().breakHost(lost);
                    vm.awaitActiveOn(Stage.otherThan(lost));
                    Vm.awaitEchoes(client, 50);
                    assertThat(vm.shell("tr -d '\\0' </dev/vcs1 | cut -c1-12")).isEqualTo("screen of " + lost);
                    assertThat(vm.shell(SUM_OF_CDROM)).isEqualTo(sum);
                    assertThat(vm.shell("dd if=/dev/sda bs=512 count=1 2>/dev/null"))
                            .isEqualTo("disk of " + lost);
                    assertThat(vm.shell("grep -c 'QEMU USB Tablet' /proc/bus/input/devices"))
                            .isEqualTo("1");
                    stage.lab().repairHost(lost);
                }
                vm.awaitVerified();
                Vm.endFlawless(client);
            }
            assertThat(vm.bootId()).isEqualTo(boot);
            assertThat(vm.shell("dmesg | grep -ciE 'ata[0-9].*(error|exception|timeout|reset)|Tx Unit Hang' || true"))
                    .isEqualTo("0");
        }
    }
}
