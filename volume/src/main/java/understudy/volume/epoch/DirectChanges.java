package understudy.volume.epoch;

import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/// The changes that went straight to the volumes and are not answered yet, of all lanes of a VM's disks.
///
/// Threads: any.
final class DirectChanges {
    private final AtomicInteger underWay = new AtomicInteger();
    private final AtomicReference<Optional<Runnable>> awaiting = new AtomicReference<>(Optional.empty());

    /// Those of one lane.
    final class OfLane {
        private final Set<Integer> requests = ConcurrentHashMap.newKeySet();

        /// To be called before it is looked whether changes may still go straight there: so whoever lets none go
        /// there any more, and then waits, misses none.
        void begins(int request) {
            if (requests.add(request)) {
                underWay.incrementAndGet();
            }
        }

        /// To be called before the answer is passed on, after which the number may be used again. Nothing happens for
        /// a request that is no change.
        void ends(int request) {
            if (requests.remove(request) && underWay.decrementAndGet() == 0) {
                tell();
            }
        }

        /// Whoever asked for them does not wait any more.
        void endAll() {
            requests.forEach(this::ends);
        }
    }

    OfLane ofLane() {
        return new OfLane();
    }

    /// @param settled told once, when there are none: by any thread, perhaps before this returns; not any more when
    ///     this is called again before
    void await(Runnable settled) {
        awaiting.set(Optional.of(settled));
        if (underWay.get() == 0) {
            tell();
        }
    }

    private void tell() {
        awaiting.getAndSet(Optional.empty()).ifPresent(Runnable::run);
    }
}
