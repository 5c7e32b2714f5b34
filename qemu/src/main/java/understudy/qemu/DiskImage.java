package understudy.qemu;

import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import understudy.model.ByteSize;
import understudy.model.VolumeSpec;

/// A disk image that somebody gave us, looked at and converted by `qemu-img`.
///
/// The file is a stranger's. A qcow2 file can name other files of this machine as its backing or data file, so
/// one that does is refused; the format is found out once and told from then on, since what a guest writes into
/// a raw disk may look like a header. Time, memory and output of the program are bounded.
///
/// @param size of the disk in it, not of the file
public record DiskImage(VolumeSpec.Image.Format format, ByteSize size) {
    private static final String PROGRAM = "qemu-img";
    private static final Duration PROBE_MAX = Duration.ofSeconds(20);
    private static final long SECONDS_PER_GIBIBYTE = 120;
    private static final Duration CONVERT_MIN = Duration.ofMinutes(5);
    private static final int OUTPUT_MAX = 1 << 20;
    private static final long ADDRESS_SPACE_MAX = 2L << 30;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /// Looks at a file.
    ///
    /// @throws IOException with a text for people, if it is no image that can be used, or the program cannot be
    ///     run
    public static DiskImage probe(Path file) throws IOException {
        return parse(run(PROBE_MAX, List.of("info", "--output", "json", "--", file.toString())));
    }

    /// Writes the disk into a raw file that is there already and large enough; what is zero stays a hole.
    ///
    /// @throws IOException with a text for people; the target then holds a part of it
    public void convert(Path file, Path target) throws IOException {
        Duration patience = Duration.ofSeconds(SECONDS_PER_GIBIBYTE * (size.bytes() >> 30));
        run(
                patience.compareTo(CONVERT_MIN) > 0 ? patience : CONVERT_MIN,
                List.of(
                        "convert",
                        "-n",
                        "--target-is-zero",
                        "-f",
                        format.toString(),
                        "-O",
                        "raw",
                        "--",
                        file.toString(),
                        target.toString()));
    }

    /// @param json what `qemu-img info --output json` says
    static DiskImage parse(byte[] json) throws IOException {
        JsonNode info;
        try {
            info = JSON.readTree(json);
        } catch (JacksonException e) {
            throw new IOException("qemu-img does not say what is in the image", e);
        }
        VolumeSpec.Image.Format format;
        try {
            format = VolumeSpec.Image.Format.parse(info.path("format").asString(""));
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
        boolean names = info.has("backing-filename")
                || info.has("full-backing-filename")
                || info.path("format-specific").path("data").has("data-file");
        if (names) {
            throw new IOException("the image stands on another file (a backing or data file): flatten it first,"
                    + " with qemu-img convert");
        }
        if (info.path("encrypted").asBoolean(false)) {
            throw new IOException("the image is encrypted");
        }
        long size = info.path("virtual-size").asLong(-1);
        if (size < 0) {
            throw new IOException("qemu-img does not say how large the disk in the image is");
        }
        return new DiskImage(format, new ByteSize(size));
    }

    private static byte[] run(Duration patience, List<String> arguments) throws IOException {
        List<String> command =
                new java.util.ArrayList<>(List.of("prlimit", "--as=" + ADDRESS_SPACE_MAX, "--core=0", PROGRAM));
        command.addAll(arguments);
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            throw new IOException(PROGRAM + " cannot be run: install the package qemu-utils", e);
        }
        Thread watchdog = Thread.ofVirtual().start(() -> end(process, patience));
        try (InputStream out = process.getInputStream()) {
            byte[] output = out.readNBytes(OUTPUT_MAX);
            if (output.length == OUTPUT_MAX || process.waitFor() != 0) {
                String said = new String(output, StandardCharsets.UTF_8).strip();
                throw new IOException("qemu-img failed: " + said.substring(0, Math.min(said.length(), 300)));
            }
            return output;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            process.destroyForcibly();
            watchdog.interrupt();
        }
    }

    private static void end(Process process, Duration patience) {
        try {
            if (!process.waitFor(patience.toNanos(), TimeUnit.NANOSECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
