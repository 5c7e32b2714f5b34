package understudy.cli;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import understudy.model.Problem;

/// QEMU's program for disk images, on this machine.
final class QemuImg {
    private static final String PROGRAM = "qemu-img";
    private static final int OUTPUT_MAX = 64 << 10;

    private QemuImg() {}

    /// @throws Problem.Refused with `no-qemu-img` if it is not there
    static void require() {
        run(List.of("--version"));
    }

    /// @throws Problem.Refused with `conversion-failed`
    static void toQcow2(Path raw, Path image) {
        run(List.of("convert", "-f", "raw", "-O", "qcow2", "--", raw.toString(), image.toString()));
    }

    private static void run(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(PROGRAM));
        command.addAll(arguments);
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            throw Problem.of(
                            "no-qemu-img",
                            PROGRAM + " cannot be run",
                            "install the package qemu-utils, or use --format raw")
                    .because(e.toString())
                    .refused();
        }
        try (var out = process.getInputStream()) {
            String said = new String(out.readNBytes(OUTPUT_MAX), StandardCharsets.UTF_8).strip();
            if (process.waitFor() != 0) {
                throw failed(said);
            }
        } catch (IOException e) {
            throw failed(e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Problem.of("interrupted", "interrupted while converting", "").refused();
        } finally {
            process.destroyForcibly();
        }
    }

    private static Problem.Refused failed(String why) {
        return Problem.of("conversion-failed", PROGRAM + " could not convert the disk", "is there enough room?")
                .because(why)
                .refused();
    }
}
