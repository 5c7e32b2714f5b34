package understudy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import understudy.agent.rest.MemoryCluster;
import understudy.agent.rest.RestServer;
import understudy.api.Json;
import understudy.cli.Terminal.Ran;
import understudy.model.ByteSize;

/// The commands on volumes, over real HTTP, against a cluster in memory.
class VolumeCommandsTest {
    private static final long SIZE = 1L << 30;

    private final MemoryCluster cluster = new MemoryCluster();
    private final RestServer server = listen(cluster);
    private final Terminal terminal = new Terminal(server.urls().getFirst().toString());

    @TempDir
    Path folder;

    @AfterEach
    void nothingIsLeft() {
        server.close();
    }

    private static RestServer listen(MemoryCluster cluster) {
        try {
            return new RestServer(cluster, List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> files() throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private void assertContent(Path file) throws IOException {
        try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "r")) {
            assertThat(raw.length()).isEqualTo(SIZE);
            byte[] bytes = new byte[2 << 20];
            raw.readFully(bytes);
            assertThat(bytes[(1 << 20) - 1]).isZero();
            assertThat(new String(bytes, 1 << 20, 1 << 20, StandardCharsets.US_ASCII))
                    .isEqualTo("x".repeat(1 << 20));
            raw.seek(SIZE - 513);
            assertThat(raw.read()).isZero();
            assertThat(raw.read()).isEqualTo('x');
            assertThat(raw.read()).isZero();
        }
    }

    @Test
    void aVolumeIsExportedWithItsHoles() throws IOException {
        Path file = folder.resolve("db-1.raw");
        Ran ran = terminal.run("volume export db-1 disk0 " + file);
        assertThat(ran.err()).isEmpty();
        assertThat(ran.exitCode()).isEqualTo(ExitCode.OK);
        assertContent(file);
        assertThat(files()).containsExactly("db-1.raw");
    }

    @Test
    void aFileThatIsThereIsReplacedOnlyByForce() throws IOException {
        Path file = Files.writeString(folder.resolve("db-1.raw"), "mine");
        assertThat(terminal.run("volume export db-1 disk0 " + file).err()).contains("is there already");
        assertThat(file).hasContent("mine");
        assertThat(terminal.run("volume export db-1 disk0 --force " + file).exitCode())
                .isEqualTo(ExitCode.OK);
        assertContent(file);
    }

    @Test
    void anExportThatBreaksLeavesNothing() throws IOException {
        cluster.broken(true);
        Ran ran = terminal.run("volume export db-1 disk0 " + folder.resolve("db-1.raw"));
        assertThat(ran.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(ran.err()).contains("it was started meanwhile");
        assertThat(files()).isEmpty();
    }

    @Test
    void aVolumeThatCannotBeExportedIsRefusedLikeAnythingElse() throws IOException {
        cluster.started(true);
        Ran ran = terminal.run("volume export db-1 disk0 --output json " + folder.resolve("db-1.raw"));
        assertThat(Json.tree(ran.out().getBytes(StandardCharsets.UTF_8))
                        .path("code")
                        .asString())
                .isEqualTo("vm-not-stopped");
        assertThat(files()).isEmpty();
        assertThat(terminal.run("volume export db-1 disk0 " + folder).err()).contains("is a folder");
        assertThat(terminal.run("volume export db-1 disk0 " + folder.resolve("none/db-1.raw"))
                        .err())
                .contains("cannot be written");
    }

    @Test
    void aVolumeIsExportedAsQcow2() throws IOException, InterruptedException {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/qemu-img")));
        Path image = folder.resolve("db-1.qcow2");
        assertThat(terminal.run("volume export db-1 disk0 --format qcow2 " + image)
                        .err())
                .isEmpty();
        assertThat(files()).containsExactly("db-1.qcow2");
        assertThat(Files.size(image)).isLessThan(8 << 20);
        Path raw = folder.resolve("back.raw");
        assertThat(new ProcessBuilder("qemu-img", "convert", "-O", "raw", image.toString(), raw.toString())
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
        assertContent(raw);
    }

    @Test
    void aScrubSaysWhatItFound() {
        Ran ran = terminal.run("volume scrub db-1 disk0");
        assertThat(ran.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(ran.out())
                .isEqualTo(
                        "db-1 disk0: 2026-11-22T16:00:09Z: both replicas read; 3 blocks corrupt on h1, 1 on the other"
                                + " host, 0 differed; 4 mended, 0 without a good copy\n");
        assertThat(terminal.run("volume show db-1 disk0").out()).contains("3 blocks corrupt on h1");
    }

    @Test
    void aScrubThatIsUnderWayIsWaitedFor() {
        cluster.scrubRuns();
        Ran ran = terminal.run("volume scrub db-1 disk0");
        assertThat(ran.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(ran.err()).contains("db-1 disk0: a scrub is under way; this waits for it");
        assertThat(ran.out()).contains("3 blocks corrupt on h1");
    }

    @Test
    void aScrubThatLeavesDamageFails() {
        cluster.unmended(1);
        Ran ran = terminal.run("volume scrub db-1 disk0");
        assertThat(ran.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(ran.out()).contains("3 mended, 1 without a good copy");
    }

    @Test
    void scrubbingNeedsADiskOrAll() {
        assertThat(terminal.run("volume scrub").exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(terminal.run("volume scrub db-1").exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(terminal.run("volume scrub db-1 disk0 --all").exitCode()).isEqualTo(ExitCode.USAGE);
        Ran ran = terminal.run("volume scrub --all");
        assertThat(ran.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(ran.out()).isEqualTo("no VM with disks runs\n");
    }

    @Test
    void aResyncIsShownPausedAndLimited() {
        assertThat(terminal.run("volume show db-1 disk0").out())
                .contains("resync   [######------------------] 25 % to h2, of everything\n")
                .contains("left     768M, 64M a second, about 12 s\n")
                .contains("copied   256M\n");
        assertThat(terminal.run("volume resync db-1 disk0 --pause --limit 50M").out())
                .contains("of everything; paused, at most 50M a second\n");
        assertThat(terminal.run("volume resync db-1 disk0 --resume").out())
                .contains("of everything; at most 50M a second\n");
        assertThat(terminal.run("volume resync db-1 disk0 --limit none").out()).contains("of everything\n");
        for (String wrong : List.of("", " --pause --resume", " --limit 0", " --limit fast")) {
            assertThat(terminal.run("volume resync db-1 disk0" + wrong).exitCode())
                    .as(wrong)
                    .isEqualTo(ExitCode.USAGE);
        }
    }

    @Test
    void aDiskFromAnImageMayBeLarger() throws IOException {
        Path image = Files.writeString(folder.resolve("a.raw"), "x");
        assertThat(DiskOption.parse(image + ",size=3G"))
                .isEqualTo(new DiskOption(Optional.of(ByteSize.parse("3G")), Optional.of(image)));
        Ran ran = terminal.run("vm create db-1 --level component --memory 512M --disk " + image + ",size=x");
        assertThat(ran.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(ran.err()).contains("size 'x'");
        assertThat(terminal.run("vm create db-1 --level component --memory 512M --disk none.raw,size=3G")
                        .err())
                .contains("'none.raw' is neither a size such as 10G nor an image that is there");
    }
}
