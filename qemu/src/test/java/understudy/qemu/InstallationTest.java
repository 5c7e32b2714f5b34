package understudy.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstallationTest {
    @Test
    void theInstalledQemuTellsVersionMachinesAndModels() throws IOException {
        Installation installation = Installation.probe("qemu-system-x86_64");
        assertThat(installation.version()).matches("\\d+\\.\\d+\\.\\d+");
        assertThat(installation.machines()).contains("pc-q35-7.2").allMatch(m -> m.startsWith("pc-q35-"));
        assertThat(installation.cpuModels()).contains("qemu64").doesNotContain("host", "max", "qemu64-v1");
        assertThat(installation.devices()).containsExactly("i6300esb", "pvpanic");
    }

    @Test
    void aMissingProgramIsOneClearError() {
        assertThatThrownBy(() -> Installation.probe("no-such-qemu")).hasMessageContaining("qemu-system-x86");
    }

    @Test
    void kvmNeedsBothTheProcessorAndTheDevice(@TempDir Path directory) throws IOException {
        Path with = Files.writeString(directory.resolve("with"), "processor : 0\nflags\t: fpu svm sse\n");
        Path without = Files.writeString(directory.resolve("without"), "processor : 0\nflags\t: fpu svmx sse\n");
        Path device = Files.createFile(directory.resolve("kvm"));
        assertThat(Accelerator.choose(with, device)).isEqualTo(new Accelerator.Choice(Accelerator.KVM, ""));
        assertThat(Accelerator.choose(without, device).accelerator()).isEqualTo(Accelerator.TCG);
        assertThat(Accelerator.choose(without, device).notice()).contains("vmx");
        assertThat(Accelerator.choose(with, directory.resolve("none")).notice()).contains("does not open");
    }
}
