package understudy.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import understudy.model.ByteSize;
import understudy.model.HostRecord;
import understudy.model.HostRecord.Role;
import understudy.model.Life;
import understudy.qemu.Accelerator;
import understudy.qemu.Installation;

/// Finds out what this machine can do for VMs.
final class HostProbe {
    private static final Pattern MEMORY = Pattern.compile("(?m)^MemTotal:\\s+(\\d+) kB$");

    private final AgentConfig config;
    private final Life life;
    private final Optional<Installation> qemu;

    /// @throws IOException if this is a host and its QEMU cannot be run
    HostProbe(AgentConfig config, Life life) throws IOException {
        this.config = config;
        this.life = life;
        this.qemu = config.isWitness() ? Optional.empty() : Optional.of(Installation.probe("qemu-system-x86_64"));
    }

    Accelerator accelerator() {
        return qemu.map(Installation::accelerator).orElse(Accelerator.TCG);
    }

    /// Something that the user should know, such as guests without hardware virtualisation.
    Optional<String> notice() {
        return qemu.map(Installation::notice).filter(text -> !text.isEmpty());
    }

    HostRecord record() throws IOException {
        String url = "http://%s:%d"
                .formatted(
                        config.api().getLast().getHostString(),
                        config.api().getLast().getPort());
        return new HostRecord(
                config.name(),
                config.isWitness() ? Role.WITNESS : Role.HOST,
                life,
                url,
                config.isWitness() ? new ByteSize(0) : config.memory().orElse(memoryForVms()),
                Runtime.getRuntime().availableProcessors(),
                qemu.map(Installation::version).orElse(""),
                qemu.map(Installation::machines).orElse(List.of()),
                qemu.map(Installation::cpuModels).orElse(List.of()),
                qemu.map(q -> q.accelerator().toString()).orElse(""),
                qemu.map(Installation::devices).orElse(List.of()),
                config.site());
    }

    /// Guests' RAM is shared memory, which the kernel bounds as well.
    private static ByteSize memoryForVms() throws IOException {
        Matcher matcher = MEMORY.matcher(Files.readString(Path.of("/proc/meminfo")));
        if (!matcher.find()) {
            throw new IOException("/proc/meminfo does not tell the machine's memory");
        }
        long memory = Long.parseLong(matcher.group(1)) / 1024;
        long sharedMemory = Files.getFileStore(QemuHost.SHARED_MEMORY).getTotalSpace() >> 20;
        return ByteSize.ofMebibytes(Math.min(memory * 4 / 5, sharedMemory * 9 / 10));
    }
}
