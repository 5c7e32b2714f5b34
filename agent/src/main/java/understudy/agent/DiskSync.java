package understudy.agent;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import java.util.function.Supplier;
import understudy.model.Moment;
import understudy.model.VolumeId;

/// What the disks of a guest that was booted or taken up hold becomes durable: others wrote it, and it may lie in
/// caches
/// (design, section 3.1, rule 7).
///
/// Threads: the driver's.
final class DiskSync {
    private final Executor mailbox;
    private final Supplier<Moment> clock;
    private final Duration patience;

    /// Those whose flush is not done: since when nobody could read it, if so.
    private Map<VolumeId, Optional<Moment>> open = new TreeMap<>();

    /// Flushes a volume.
    @FunctionalInterface
    interface Flush {
        /// @param done to be told from any thread; not if the volume is closed before
        void of(VolumeId volume, Runnable done);
    }

    /// @param mailbox  the driver's
    /// @param patience for how long a disk that nobody can read is waited for
    DiskSync(Executor mailbox, Supplier<Moment> clock, Duration patience) {
        this.mailbox = mailbox;
        this.clock = clock;
        this.patience = patience;
    }

    /// Flushes them; what was begun for an earlier guest counts no more.
    ///
    /// @param news told when one of them is durable
    void begin(Iterable<VolumeId> volumes, Flush flush, Runnable news) {
        Map<VolumeId, Optional<Moment>> begun = new TreeMap<>();
        volumes.forEach(volume -> begun.put(volume, Optional.empty()));
        open = begun;
        volumes.forEach(volume -> flush.of(
                volume,
                () -> mailbox.execute(() -> {
                    begun.remove(volume);
                    news.run();
                })));
    }

    /// No guest is left.
    void end() {
        open = new TreeMap<>();
    }

    /// Whether they are durable, but for those that nobody has been able to read for a while: each change of the
    /// replicas
    /// in sync holds requests for a moment. To be asked again and again.
    ///
    /// @param isWaiting whether requests to a volume wait for a replica or a view now
    boolean isDone(Predicate<VolumeId> isWaiting) {
        Moment now = clock.get();
        open.replaceAll((volume, since) ->
                isWaiting.test(volume) ? since.or(() -> Optional.of(now)) : Optional.<Moment>empty());
        return open.values().stream()
                .allMatch(since -> since.filter(at -> now.since(at).compareTo(patience) > 0)
                        .isPresent());
    }
}
