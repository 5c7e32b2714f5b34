package understudy.benchmarks.volume;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import understudy.api.Json;
import understudy.benchmarks.server.NbdTarget;
import understudy.benchmarks.server.ServerProcess;
import understudy.benchmarks.server.Servers;
import understudy.model.ByteSize;

/// Runs `fio` against disks, one job at a time.
final class Fio {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration FILL = Duration.ofMinutes(5);

    private final Servers servers;

    Fio(Servers servers) {
        this.servers = servers;
    }

    /// What one job did.
    ///
    /// @param requests      reads or writes; flushes are not counted
    /// @param bytesPerSecond of the same
    /// @param p50Micros     of the reads or writes, or of the flushes if there were any
    record Outcome(
            long requests, double requestsPerSecond, double bytesPerSecond, double p50Micros, double p99Micros) {}

    /// Does one kind of work for a while.
    ///
    /// @throws IOException if it fails, or gets stuck: some servers do that to it
    Outcome run(NbdTarget disk, Workload workload, ByteSize size, Duration time) throws IOException {
        List<String> words = new ArrayList<>(workload.fio());
        // As whole seconds or milliseconds: fio takes a fraction for no limit.
        words.addAll(List.of("--time_based", "--runtime=" + time.toMillis() + "ms", "--norandommap"));
        return outcome(run(disk, size, words, time.plus(PATIENCE)), workload.reads() ? "read" : "write");
    }

    /// Writes all of a disk once, with random bytes.
    Outcome fill(NbdTarget disk, ByteSize size) throws IOException {
        return outcome(
                run(disk, size, List.of("--rw=write", "--bs=1M", "--iodepth=4", "--refill_buffers"), FILL), "write");
    }

    /// Writes so many blocks of 4 KiB, no two of them the same, anywhere on a disk.
    Outcome scatter(NbdTarget disk, ByteSize size, ByteSize amount) throws IOException {
        List<String> words =
                List.of("--rw=randwrite", "--bs=4k", "--iodepth=32", "--refill_buffers", "--io_size=" + amount.bytes());
        return outcome(run(disk, size, words, FILL), "write");
    }

    private JsonNode run(NbdTarget disk, ByteSize size, List<String> work, Duration patience) throws IOException {
        Path report = servers.folder().resolve("fio.json");
        Files.deleteIfExists(report);
        List<String> command = new ArrayList<>(List.of(
                "fio",
                "--name=bench",
                "--ioengine=nbd",
                "--uri=" + disk.uri(),
                "--size=" + size.bytes(),
                "--invalidate=0",
                "--randrepeat=0",
                "--output-format=json",
                "--output=" + report));
        command.addAll(work);
        ServerProcess fio = servers.start("fio", command);
        if (fio.awaitEnd(patience) != 0) {
            throw new IOException("fio failed: " + fio.lastWords());
        }
        return Json.tree(json(Files.readString(report)).getBytes(StandardCharsets.UTF_8));
    }

    /// The library in fio's NBD engine writes lines of its own before the report.
    static String json(String report) throws IOException {
        int begin = report.startsWith("{") ? 0 : report.indexOf("\n{") + 1;
        if (begin == 0 && !report.startsWith("{")) {
            throw new IOException("fio reported: " + report);
        }
        return report.substring(begin);
    }

    static Outcome outcome(JsonNode report, String direction) throws IOException {
        JsonNode job = report.path("jobs").path(0);
        JsonNode done = job.path(direction);
        if (job.path("error").asInt(-1) != 0 || done.path("total_ios").asLong(0) == 0) {
            throw new IOException("fio did nothing, or failed with error " + job.path("error"));
        }
        JsonNode flushes = job.path("sync").path("lat_ns").path("percentile");
        JsonNode times = flushes.isEmpty() ? done.path("clat_ns").path("percentile") : flushes;
        return new Outcome(
                done.path("total_ios").asLong(),
                done.path("iops").asDouble(),
                done.path("bw_bytes").asDouble(),
                times.path("50.000000").asDouble(0) / 1e3,
                times.path("99.000000").asDouble(0) / 1e3);
    }
}
