package understudy.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.TimeUnit;
import understudy.api.HostStatus;
import understudy.lab.Installation;

/// What was measured on, so that figures can be compared with others, or not be.
///
/// @param load   the machine's load average over a minute when the measurement began; it should be near 0
/// @param commit of the program, with `-dirty` if it had been changed since; `unknown` outside a checkout
public record MachineFacts(
        Instant time,
        String processor,
        int cores,
        double memoryGib,
        String kernel,
        String qemu,
        String accelerator,
        String java,
        double load,
        String commit) {
    private static final Duration GIT = Duration.ofSeconds(10);

    public static MachineFacts take(List<HostStatus> hosts) throws IOException {
        HostStatus host = hosts.stream()
                .filter(it -> !it.qemu().isEmpty())
                .findFirst()
                .orElseThrow(() -> new IOException("no host of the lab says which QEMU it has"));
        return take(host.qemu(), host.accelerator());
    }

    public static MachineFacts take(String qemu, String accelerator) throws IOException {
        return new MachineFacts(
                Instant.now().truncatedTo(ChronoUnit.SECONDS),
                field("/proc/cpuinfo", "model name"),
                Runtime.getRuntime().availableProcessors(),
                Math.round(Long.parseLong(field("/proc/meminfo", "MemTotal").replace(" kB", "")) / 1048576.0 * 10)
                        / 10.0,
                System.getProperty("os.version"),
                qemu,
                accelerator,
                Runtime.version().toString(),
                loadNow(),
                describe());
    }

    /// The machine's load average over the last minute.
    private static double loadNow() throws IOException {
        return Double.parseDouble(Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0]);
    }

    public String markdown() {
        return """
                Measured %s on %s, %d cores, %.1f GiB, Linux %s, QEMU %s (%s), Java %s; load before: %.1f; commit %s.
                """.formatted(time, processor, cores, memoryGib, kernel, qemu, accelerator, java, load, commit)
                .strip();
    }

    private static String field(String file, String name) throws IOException {
        return Files.readAllLines(Path.of(file)).stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("unknown");
    }

    private static String describe() {
        Path checkout = Installation.cacheFolder().toAbsolutePath().getParent();
        try {
            Process git = new ProcessBuilder("git", "-C", String.valueOf(checkout), "describe", "--always", "--dirty")
                    .redirectErrorStream(true)
                    .start();
            boolean ended = git.waitFor(GIT.toMillis(), TimeUnit.MILLISECONDS);
            if (!ended) {
                git.destroyForcibly();
            }
            String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return ended && git.exitValue() == 0 ? said : "unknown";
        } catch (IOException e) {
            return "unknown";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "unknown";
        }
    }
}
