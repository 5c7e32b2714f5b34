package understudy.checkpoint;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import understudy.linux.UserfaultShim;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Policy;
import understudy.model.VmId;
import understudy.model.VmName;
import understudy.model.VmSpec;
import understudy.qemu.Accelerator;
import understudy.qemu.InstanceDirectory;
import understudy.qemu.QemuCommand;
import understudy.qemu.QemuProcess;
import understudy.qemu.Qmp;

/// Real QEMUs of one VM whose firmware is the whole guest: it counts in 128 pages, one after the other, for
/// ever. So at any moment a page has counted as often as the one after it, or once more, and the first at most
/// once more than the last: RAM of one moment with registers of another breaks that within a round.
final class TestGuest implements AutoCloseable {
    static final Duration LIMIT = Duration.ofSeconds(20);
    static final long RAM_BYTES = 64L << 20;
    static final int PAGES = 128;
    private static final int FIRST = 0x10000;
    private static final int PAGE = 4096;

    /// ```
    ///        cli
    /// again: mov bx, 0x1000
    /// page:  mov ds, bx
    ///        inc dword [0]
    ///        add bx, 0x100
    ///        cmp bx, 0x9000
    ///        jb  page
    ///        jmp again
    /// ```
    private static final byte[] CODE = HexFormat.of()
            .parseHex("fa" + "bb0010" + "8edb" + "66ff060000" + "81c30001" + "81fb0090" + "72ef" + "ebea");

    /// `jmp 0xf000:0`, where a PC begins.
    private static final byte[] RESET = HexFormat.of().parseHex("ea000000f0");

    private final Path root;
    private final Path shim;
    private final Path firmware;
    private final VmSpec spec;
    private final List<QemuProcess> processes = new ArrayList<>();
    private final List<Qmp> connections = new ArrayList<>();

    TestGuest() throws IOException {
        root = Files.createTempDirectory("uc");
        shim = UserfaultShim.extract(root);
        byte[] image = new byte[64 << 10];
        System.arraycopy(CODE, 0, image, 0, CODE.length);
        System.arraycopy(RESET, 0, image, image.length - 16, RESET.length);
        firmware = Files.write(root.resolve("firmware"), image);
        spec = new VmSpec(
                new VmId(UUID.randomUUID()),
                new VmName("counter"),
                Level.SYSTEM,
                Policy.BALANCED,
                new ByteSize(RAM_BYTES),
                1,
                "pc-q35-7.2",
                "qemu64",
                List.of(),
                Optional.empty(),
                List.of(new HostName("h1"), new HostName("h2")));
    }

    VmId id() {
        return spec.id();
    }

    GuestHandle start(QemuCommand.Role role) throws IOException {
        String name = "q" + processes.size();
        Path ram = Path.of("/dev/shm", "understudy-test-" + spec.id() + "-" + name);
        QemuCommand plain = QemuCommand.of(
                "qemu-system-x86_64",
                spec,
                role,
                Accelerator.TCG,
                new InstanceDirectory(root.resolve(name)),
                ram,
                _ -> ram);
        List<String> arguments = new ArrayList<>(plain.arguments());
        arguments.addAll(List.of("-bios", firmware.toString()));
        QemuCommand command = new QemuCommand(arguments, plain.vm(), role, plain.directory(), ram);
        QemuProcess process = QemuProcess.start(command, shim, root.resolve(name + ".log"));
        processes.add(process);
        Qmp qmp = process.awaitReady(LIMIT, _ -> {});
        connections.add(qmp);
        return new GuestHandle(process, qmp, RAM_BYTES);
    }

    /// What each page has counted, the last page first, so that a running guest is seen to keep the order, too.
    static int[] counts(GuestHandle guest) {
        try (RandomAccessFile ram = new RandomAccessFile(guest.process().ram().toFile(), "r")) {
            int[] counts = new int[PAGES];
            for (int page = PAGES - 1; page >= 0; page--) {
                ram.seek(FIRST + (long) page * PAGE);
                counts[page] = Integer.reverseBytes(ram.readInt());
            }
            return counts;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static int count(GuestHandle guest) {
        return counts(guest)[0];
    }

    /// Whether these are counts of one moment.
    static boolean isOneMoment(int... counts) {
        for (int i = 1; i < counts.length; i++) {
            if (counts[i] > counts[i - 1]) {
                return false;
            }
        }
        return counts[0] - counts[counts.length - 1] <= 1;
    }

    @Override
    public void close() throws IOException {
        connections.forEach(Qmp::close);
        for (QemuProcess process : processes) {
            process.kill(LIMIT);
            Files.deleteIfExists(process.ram());
        }
        try (var files = Files.walk(root)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
