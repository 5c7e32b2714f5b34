package understudy.qemu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import understudy.model.ByteSize;
import understudy.model.Hardware;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.MacAddress;
import understudy.model.Policy;
import understudy.model.VmId;
import understudy.model.VmName;
import understudy.model.VmSpec;

/// Real QEMUs of one small VM without an operating system: the firmware runs, and counts ticks in its data
/// area.
final class TestMachine implements AutoCloseable {
    static final Duration LIMIT = Duration.ofSeconds(20);
    /// Where a PC's firmware counts its 18.2 ticks a second.
    private static final int TICKS = 0x46c;

    private final Path root;
    private final List<QemuProcess> processes = new ArrayList<>();
    final VmSpec spec;

    TestMachine() throws IOException {
        this(Hardware.DEFAULT);
    }

    /// @param hardware what is in its CD drive holds nothing
    TestMachine(Hardware hardware) throws IOException {
        root = Files.createTempDirectory("uq");
        Files.write(file("cdrom"), new byte[1 << 20]);
        spec = spec(UUID.randomUUID(), Optional.empty()).with(hardware);
    }

    static VmSpec spec(UUID id, Optional<VmSpec.Boot> boot) {
        return new VmSpec(
                new VmId(id),
                new VmName("test"),
                Level.SYSTEM,
                Policy.BALANCED,
                ByteSize.ofMebibytes(64),
                1,
                "pc-q35-7.2",
                "qemu64",
                List.of(new MacAddress("52:54:00:00:00:01")),
                boot,
                List.of(new HostName("h1"), new HostName("h2")));
    }

    Path file(String name) {
        return root.resolve(name);
    }

    QemuProcess start(String name, QemuCommand.Role role) throws IOException {
        QemuCommand command = QemuCommand.of(
                "qemu-system-x86_64",
                spec,
                role,
                Accelerator.TCG,
                new InstanceDirectory(file(name)),
                file(name + ".ram"),
                _ -> file("cdrom"));
        QemuProcess process = QemuProcess.start(command, Path.of(""), file(name + ".log"));
        processes.add(process);
        return process;
    }

    static int ticks(QemuProcess process) {
        try (var ram = new java.io.RandomAccessFile(process.ram().toFile(), "r")) {
            ram.seek(TICKS);
            return Integer.reverseBytes(ram.readInt());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Into the file that the target's QEMU has mapped, not into a new one of that name.
    static void copyRam(QemuProcess source, QemuProcess target) throws IOException {
        try (FileChannel from = FileChannel.open(source.ram(), StandardOpenOption.READ);
                FileChannel to = FileChannel.open(target.ram(), StandardOpenOption.WRITE)) {
            for (long at = 0; at < from.size(); ) {
                at += from.transferTo(at, from.size() - at, to);
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (QemuProcess process : processes) {
            process.kill(LIMIT);
        }
        try (var files = Files.walk(root)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
