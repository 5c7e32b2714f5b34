package understudy.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import understudy.api.ApiClient;
import understudy.api.Sha256;
import understudy.model.Problem;

/// A file on this machine, on its way into a cluster: to boot from, or what a disk or CD drive holds.
///
/// @param what   such as `kernel` or `cdrom`
/// @param sha256 of its content
record LocalFile(String what, Path path, String sha256, long size) {
    private static final long SIZE_MAX = 16L << 30;
    private static final long TELL_NANOS = TimeUnit.SECONDS.toNanos(1);

    /// Reads the whole file.
    ///
    /// @throws Problem.Refused if it cannot be read or is too large
    static LocalFile of(String what, Path path) {
        try {
            if (!Files.isRegularFile(path)) {
                throw new NoSuchFileException(path.toString(), null, "not a file");
            }
            long size = Files.size(path);
            if (size > SIZE_MAX) {
                throw Problem.of("too-large", path + " has more than 16 GiB", "use a smaller " + what)
                        .refused();
            }
            return new LocalFile(what, path, Sha256.of(path), size);
        } catch (IOException e) {
            throw unreadable(path, e).refused();
        }
    }

    /// Sends it, unless the cluster holds its content.
    void handOver(ApiClient client, ClusterOptions cluster) {
        if (client.holds(sha256)) {
            return;
        }
        AtomicLong toldAt = new AtomicLong(System.nanoTime());
        String arrived = client.upload(path, sent -> {
            long now = System.nanoTime();
            long last = toldAt.get();
            if (now - last >= TELL_NANOS && toldAt.compareAndSet(last, now)) {
                cluster.tell("%s %s: %d of %d MiB sent".formatted(what, path, sent >> 20, size >> 20));
            }
        });
        if (!arrived.equals(sha256)) {
            throw Problem.of("file-changed", path + " changed while it was sent", "do it again")
                    .refused();
        }
    }

    static Problem unreadable(Path path, IOException failure) {
        String why = failure instanceof NoSuchFileException ? "there is no such file" : String.valueOf(failure);
        return Problem.of("unreadable", path + " cannot be read", "check the path and the rights")
                .because(why);
    }
}
