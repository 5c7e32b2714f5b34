package understudy.agent;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.model.VolumeId;

/// The ends of roles in which replicas were open: each on a thread of its own, since a disk that hangs keeps it
/// as long as it hangs, for ever if need be. A replica that is not given back stays locked; the next role waits
/// a little for it, is refused by the lock then, and tries again, while the volume goes on with the other one.
///
/// Bounded by the roles: a volume has one more to end only after a new one was opened.
final class Closings {
    private static final Logger LOG = LoggerFactory.getLogger(Closings.class);

    private final String name;
    private final Map<VolumeId, CompletableFuture<Void>> underWay = new HashMap<>();

    /// @param name of the VM
    Closings(String name) {
        this.name = name;
    }

    /// Something that may take for ever.
    interface Closing {
        void run() throws IOException;
    }

    /// Ends the role of a volume; returns at once. An earlier end may still be under way.
    void begin(VolumeId volume, Closing closing) {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        synchronized (this) {
            underWay.merge(volume, ended, CompletableFuture::allOf);
        }
        Thread.ofPlatform().daemon().name("closing-" + name).start(() -> {
            try {
                closing.run();
            } catch (IOException e) {
                LOG.warn("{}: a replica is not closed cleanly: {}", name, DriverDesk.reason(e));
            } finally {
                ended.complete(null);
            }
        });
    }

    /// Waits until all ends of this volume's roles are through.
    ///
    /// @return whether they are
    boolean await(VolumeId volume, Duration atMost) {
        CompletableFuture<Void> last;
        synchronized (this) {
            last = underWay.getOrDefault(volume, CompletableFuture.completedFuture(null));
        }
        try {
            last.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException | ExecutionException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
