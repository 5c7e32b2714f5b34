package understudy.volume.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import understudy.volume.nbd.MemoryVolume.Kind;

/// Clients that others wrote: libnbd's tools, QEMU's and fio. They belong to the packages of the lab
/// (packaging/setup.bash).
@Timeout(180)
class InteropTest {
    private static final int SIZE = 32 << 20;

    @TempDir
    Path folder;

    private final MemoryVolume volume = new MemoryVolume(SIZE);
    private NbdServer server;
    private String uri;

    @BeforeEach
    void listen() throws IOException {
        Path socket = folder.resolve("socket");
        server = NbdServer.listen(
                socket,
                List.of(new Export("disk", volume, false), new Export("image", volume, true)),
                NbdLimits.DEFAULT);
        uri = "nbd+unix:///disk?socket=" + socket;
    }

    @AfterEach
    void close() {
        server.close();
        assertThat(volume.openLanes()).isZero();
    }

    private String run(String... command) throws Exception {
        Path output = Files.createTempFile(folder, "output", "");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().put("PATH", "/usr/bin:/bin"); // nbdsh wants the Python of its package
        Process process = builder.start();
        try {
            assertThat(process.waitFor(120, TimeUnit.SECONDS))
                    .as("%s ends", List.of(command))
                    .isTrue();
        } finally {
            process.destroyForcibly();
        }
        // Leniently: nbdinfo without the program `file` prints bytes at random where the content's kind belongs.
        String text = new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
        assertThat(process.exitValue()).as("%s:%n%s", List.of(command), text).isZero();
        return text;
    }

    private Path image(long seed) throws IOException {
        byte[] bytes = new byte[SIZE];
        System.arraycopy(NbdServerTest.noise(seed, 5 << 20), 0, bytes, 3 << 20, 5 << 20);
        System.arraycopy(NbdServerTest.noise(seed + 1, 4096), 0, bytes, SIZE - 4096, 4096);
        return Files.write(folder.resolve("image-" + seed), bytes);
    }

    @Test
    void nbdinfoSeesWhatIsOffered() throws Exception {
        assertThat(run("nbdinfo", uri))
                .contains("newstyle-fixed without TLS, using structured packets")
                .contains("export-size: " + SIZE, "base:allocation", "is_read_only: false")
                .contains("can_cache: true", "can_df: true", "can_fast_zero: true", "can_flush: true")
                .contains("can_fua: true", "can_multi_conn: true", "can_trim: true", "can_zero: true")
                .contains("block_size_minimum: 1", "block_size_preferred: 4096", "block_size_maximum: 33554432");
        assertThat(run("nbdinfo", "--list", uri)).contains("export=\"disk\"", "export=\"image\"", "is_read_only: true");
        run("qemu-io", "-f", "raw", "-c", "write -P 5 1M 64k", uri);
        assertThat(run("nbdinfo", "--map", uri).lines().map(line -> line.strip().replaceAll("\\s+", " ")))
                .containsExactly("0 1048576 3 hole,zero", "1048576 65536 0 data", "1114112 32440320 3 hole,zero");
    }

    @Test
    void nbdcopyCopiesInAndOut() throws Exception {
        Path image = image(1);
        run("nbdcopy", "--flush", image.toString(), uri);
        assertThat(volume.content(0, SIZE)).isEqualTo(Files.readAllBytes(image));
        assertThat(volume.calls()).anyMatch(call -> call.kind() == Kind.FLUSH);
        run("nbdcopy", "--connections=4", "--requests=64", uri, "back");
        assertThat(Files.mismatch(image, folder.resolve("back"))).isEqualTo(-1);
    }

    @Test
    void nbdshSpeaksEachCommand() throws Exception {
        String script = """
                h.set_strict_mode(0)
                h.connect_uri("%s")
                assert h.get_size() == %d
                h.pwrite(b"x" * 100000, 12345, nbd.CMD_FLAG_FUA)
                assert h.pread(100000, 12345, nbd.CMD_FLAG_DF) == b"x" * 100000
                h.zero(50000, 20000, nbd.CMD_FLAG_NO_HOLE)
                assert h.pread(50000, 20000) == bytearray(50000)
                h.zero(4096, 12288, nbd.CMD_FLAG_FAST_ZERO)
                h.trim(8192, 40960, nbd.CMD_FLAG_FUA)
                h.cache(4096, 0)
                h.flush()
                def f(context, offset, entries, error):
                    pass
                def expect(errno, call):
                    try:
                        call()
                    except nbd.Error as e:
                        assert e.errno == errno, e.errno
                    else:
                        assert False, errno
                expect("EINVAL", lambda: h.pread(1, %d))
                expect("ENOSPC", lambda: h.pwrite(b"y", %d))
                expect("EINVAL", lambda: h.trim(1, %d))
                expect("ENOSPC", lambda: h.zero(1, %d))
                expect("EINVAL", lambda: h.pread(1, 0, nbd.CMD_FLAG_NO_HOLE))
                expect("ENOTSUP", lambda: h.zero(1, 0, nbd.CMD_FLAG_NO_HOLE | nbd.CMD_FLAG_FAST_ZERO))
                expect("EINVAL", lambda: h.block_status(1, 0, f))
                h.shutdown()
                """.formatted(uri, SIZE, SIZE, SIZE, SIZE, SIZE);
        run("nbdsh", "-c", script);
    }

    @Test
    void clientsOfTheOldHandshakeAreServed() throws Exception {
        String script = """
                h.set_handshake_flags(0)
                h.set_request_structured_replies(False)
                h.connect_uri("%s")
                h.pwrite(b"x" * 512, 0)
                assert h.pread(512, 0) == b"x" * 512
                h.shutdown()
                """.formatted(uri);
        run("nbdsh", "-c", script);
    }

    @Test
    void qemuImgConvertsComparesAndMeasures() throws Exception {
        Path image = image(2);
        assertThat(run("qemu-img", "info", uri)).contains("virtual size: 32 MiB");
        run("qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", image.toString(), uri);
        assertThat(volume.content(0, SIZE)).isEqualTo(Files.readAllBytes(image));
        assertThat(run("qemu-img", "compare", "-f", "raw", "-F", "raw", image.toString(), uri))
                .contains("Images are identical");
        run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", uri, "copy.qcow2");
        assertThat(run("qemu-img", "compare", "-f", "qcow2", "-F", "raw", "copy.qcow2", uri))
                .contains("Images are identical");
        assertThat(run("qemu-img", "map", "--output=json", "-f", "raw", uri)).contains("\"zero\": true");
        run("qemu-img", "bench", "-f", "raw", "-w", "-c", "2000", "-d", "32", "-s", "4096", "--flush-interval=64", uri);
        run("qemu-img", "bench", "-f", "raw", "-c", "2000", "-d", "16", "-s", "65536", uri);
    }

    @Test
    void qemuIoWritesReadsDiscardsAndZeroes() throws Exception {
        String text = run(
                "qemu-io",
                "-f",
                "raw",
                "-c",
                "write -P 1 511 70000",
                "-c",
                "read -P 1 511 70000",
                "-c",
                "writev -P 2 1M 4k 8k 64k",
                "-c",
                "read -P 2 1M 76k",
                "-c",
                "write -z 1M 64k",
                "-c",
                "read -P 0 1M 64k",
                "-c",
                "write -z -u 0 8k",
                "-c",
                "read -P 0 0 8k",
                "-c",
                "discard 2M 1M",
                "-c",
                "write -f -P 3 30M 2M",
                "-c",
                "read -P 3 30M 2M",
                "-c",
                "flush",
                uri);
        assertThat(text).doesNotContain("failed", "error");
        assertThat(volume.isDurable(0, SIZE)).isTrue();
    }

    @Test
    void fioVerifiesWhatItWrote() throws Exception {
        for (Map.Entry<String, String> mix :
                Map.of("4k-256k", "16", "4k", "32", "512-4k", "4").entrySet()) {
            String text = run(
                    "fio",
                    "--name=verify",
                    "--ioengine=nbd",
                    "--uri=" + uri,
                    "--rw=randrw",
                    "--bsrange=" + (mix.getKey().contains("-") ? mix.getKey() : mix.getKey() + "-" + mix.getKey()),
                    "--iodepth=" + mix.getValue(),
                    "--size=8m",
                    "--verify=crc32c",
                    "--verify_backlog=64",
                    "--verify_fatal=1",
                    "--fsync=32");
            assertThat(text).contains("err= 0");
        }
    }
}
