package understudy.systemtests.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import understudy.benchmarks.server.ServerProcess;
import understudy.benchmarks.server.Servers;
import understudy.model.ByteSize;
import understudy.systemtests.volume.Subject.Part;

/// A disk in the hands of programs that nobody here wrote: file systems are copied in and out and checked, images
/// converted and compared, and fio verifies what it wrote while a replica dies and comes back.
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class FileSystemTest {
    private static final ByteSize SIZE = ByteSize.ofMebibytes(128);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int FILES = 60;

    private final Random random = new Random(4);
    private int commands;

    @Test
    void aFileSystemSurvivesCopiesAndKills(@TempDir Path folder) throws IOException {
        try (Servers servers = Servers.open()) {
            aFileSystemSurvives(servers, folder, new Pair(servers, folder, SIZE));
        }
    }

    @Test
    void aFileSystemSurvivesOnAStandIn(@TempDir Path folder) throws IOException {
        try (Servers servers = Servers.open()) {
            aFileSystemSurvives(
                    servers, folder, new StandIn(servers, SIZE, stock -> stock.qemuNbd("stand-in", folder)));
        }
    }

    private void aFileSystemSurvives(Servers servers, Path folder, Subject subject) throws IOException {
        Path tree = makeTree(folder.resolve("tree"));
        Path made = folder.resolve("made.img");
        run(servers, "mkfs.ext4", "-q", "-F", "-d", tree.toString(), made.toString(), SIZE.toString());
        String uri = subject.target().uri();
        run(servers, "nbdcopy", "--flush", made.toString(), uri);
        run(servers, "qemu-img", "compare", "-f", "raw", "-F", "raw", made.toString(), uri);

        subject.kill(subject.parts());
        subject.restart(subject.parts());
        Path copied = folder.resolve("copied.img");
        run(servers, "nbdcopy", uri, copied.toString());
        run(servers, "e2fsck", "-f", "-n", copied.toString());
        assertThat(Files.mismatch(made, copied)).isEqualTo(-1);
        assertSameTree(servers, tree, copied, folder.resolve("taken-out"));

        Path converted = folder.resolve("converted.qcow2");
        run(servers, "qemu-img", "convert", "-f", "raw", "-O", "qcow2", uri, converted.toString());
        run(servers, "qemu-img", "compare", "-f", "qcow2", "-F", "raw", converted.toString(), uri);
        run(servers, "qemu-img", "convert", "-n", "-f", "qcow2", "-O", "raw", converted.toString(), uri);
        run(servers, "qemu-img", "compare", "-f", "raw", "-F", "raw", made.toString(), uri);
        subject.stop();
    }

    @Test
    void fioVerifiesWhatItWroteWhileTheReplicaDiesAndComesBack(@TempDir Path folder) throws IOException {
        try (Servers servers = Servers.open()) {
            Pair pair = new Pair(servers, folder, SIZE);
            ServerProcess fio = servers.start("fio-write", fio(pair, "--do_verify=0"));
            for (int i = 0; i < 3 && fio.isAlive(); i++) {
                pair.kill(List.of(Part.REPLICA));
                pair.restart(List.of(Part.REPLICA));
                pair.awaitInSync();
            }
            assertThat(fio.awaitEnd(PATIENCE)).as(fio.lastWords()).isZero();
            verify(servers, pair);
            pair.kill(List.of(Part.SERVING, Part.REPLICA));
            pair.restart(List.of(Part.SERVING, Part.REPLICA));
            verify(servers, pair);
            pair.awaitInSync();
            pair.stop();
            assertThat(Files.mismatch(pair.images().getFirst(), pair.images().getLast()))
                    .isEqualTo(-1);
        }
    }

    @Test
    void fioVerifiesWhatItWroteToAStandIn(@TempDir Path folder) throws IOException {
        try (Servers servers = Servers.open()) {
            StandIn standIn = new StandIn(servers, SIZE, stock -> stock.qemuNbd("stand-in", folder));
            ServerProcess fio = servers.start("fio-write", fio(standIn, "--do_verify=0"));
            assertThat(fio.awaitEnd(PATIENCE)).as(fio.lastWords()).isZero();
            standIn.kill(standIn.parts());
            standIn.restart(standIn.parts());
            verify(servers, standIn);
        }
    }

    private static void verify(Servers servers, Subject subject) throws IOException {
        ServerProcess fio = servers.start("fio-verify", fio(subject, "--verify_only"));
        assertThat(fio.awaitEnd(PATIENCE)).as(fio.lastWords()).isZero();
    }

    /// The same blocks in the same order each time, each with a checksum and its own place in it.
    private static List<String> fio(Subject subject, String what) {
        return List.of(
                "fio",
                "--name=verified",
                "--verify_state_save=0",
                "--ioengine=nbd",
                "--uri=" + subject.target().uri(),
                "--size=" + SIZE.bytes(),
                "--rw=randwrite",
                "--bsrange=4k-64k",
                "--iodepth=16",
                "--randseed=7",
                "--loops=4",
                "--verify=crc32c",
                "--verify_fatal=1",
                what);
    }

    private Path makeTree(Path tree) throws IOException {
        for (int i = 0; i < FILES; i++) {
            byte[] bytes = new byte[random.nextInt(1 << 20)];
            random.nextBytes(bytes);
            Path file = tree.resolve("folder-" + i % 7).resolve("file-" + i);
            Files.createDirectories(file.getParent());
            Files.write(file, bytes);
        }
        return tree;
    }

    private void assertSameTree(Servers servers, Path tree, Path image, Path target) throws IOException {
        Files.createDirectories(target);
        run(servers, "debugfs", "-R", "rdump / " + target, image.toString());
        for (int i = 0; i < FILES; i++) {
            Path file = Path.of("folder-" + i % 7, "file-" + i);
            assertThat(Files.mismatch(tree.resolve(file), target.resolve(file)))
                    .as(file.toString())
                    .isEqualTo(-1);
        }
    }

    private void run(Servers servers, String... command) throws IOException {
        List<String> words = new ArrayList<>(List.of(command));
        ServerProcess process = servers.start("command-" + commands++, words);
        assertThat(process.awaitEnd(PATIENCE))
                .as("%s: %s", String.join(" ", words), process.lastWords())
                .isZero();
    }
}
