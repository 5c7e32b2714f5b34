package understudy.agent;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import understudy.api.Json;
import understudy.linux.BlockFile;

/// What people made this agent do that cannot be undone: one line of JSON for each, on disk before it is done. What a
/// loss of power left of a line is a line of its own.
///
/// Threads: any.
final class AuditLog {
    private final Path file;

    /// @param file made with the first entry
    AuditLog(Path file) {
        this.file = file;
    }

    /// @param by     who asked, as far as it is known
    /// @param action what for, as the API calls it
    /// @throws IOException if it cannot be kept: then it is not to be done
    synchronized void record(String by, String action, String subject, String text) throws IOException {
        var entry = Json.object();
        entry.put("time", Instant.now().toString());
        entry.put("by", by);
        entry.put("action", action);
        entry.put("subject", subject);
        entry.put("text", text);
        try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "rw")) {
            long length = log.length();
            boolean isTorn = false;
            if (length > 0) {
                log.seek(length - 1);
                isTorn = log.read() != '\n';
            }
            log.seek(length);
            log.write(((isTorn ? "\n" : "") + entry + "\n").getBytes(StandardCharsets.UTF_8));
            log.getChannel().force(true);
        }
        BlockFile.syncFolder(Objects.requireNonNull(file.toAbsolutePath().getParent()));
    }
}
