package understudy.volume.mirror;

import java.util.Optional;
import java.util.concurrent.TimeUnit;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.ReplicaStore;

/// While clients change nothing, has both replicas make something small durable now and then: else a disk that died,
/// or was taken out, is noticed only when somebody writes, which may be when the other one is lost. Reads would not do,
/// since they are answered from memory.
///
/// Nobody waits for it, so it may take longer than what a client waits for: on a disk that is busy with something else,
/// for example. On the driver's thread.
final class Probes {
    static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(5);

    /// Beyond the deadline.
    static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final ServedVolume served;
    private final long patienceNanos;
    private long at;

    /// What is asked and not yet answered.
    private Optional<Probe> local = Optional.empty();

    private record Probe(ReplicaStore store, long since) {}

    Probes(ServedVolume served, ServedVolume.Options options) {
        this.served = served;
        patienceNanos = options.deadline().toNanos() + PATIENCE_NANOS;
        at = served.threads().now();
    }

    void tick() {
        Route now = served.mirrored().route();
        long time = served.threads().now();
        local = local.filter(
                probe -> now.local().filter(store -> store == probe.store).isPresent());
        if (local.isPresent() && time - local.get().since > patienceNanos) {
            ReplicaStore store = local.get().store;
            local = Optional.empty();
            served.localFailed(
                    store,
                    "a probe has not been answered for %d ms".formatted(TimeUnit.NANOSECONDS.toMillis(patienceNanos)));
        } else if (now.isHeld() || !served.mirrored().traffic().isUnchangedFor(PERIOD_NANOS)) {
            at = time;
        } else if (time - at > PERIOD_NANOS && local.isEmpty()) {
            at = time;
            now.local().ifPresent(this::probe);
            now.link().ifPresent(this::probe);
        }
    }

    private void probe(ReplicaStore store) {
        local = Optional.of(new Probe(store, served.threads().now()));
        served.threads().start("probe", () -> {
            try {
                store.probe();
                served.post(() -> local = local.filter(probe -> probe.store != store));
            } catch (DiskFailedException e) {
                served.post(() -> served.localFailed(store, "a probe: " + e.getMessage()));
            }
        });
    }

    /// Not by the driver's thread: a send may hang.
    private void probe(PeerLink link) {
        served.threads().start("probe", () -> link.probe(PATIENCE_NANOS));
    }
}
