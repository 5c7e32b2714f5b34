package understudy.volume.epoch;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// The changes that went straight to the volumes and are not answered yet, of all lanes of a VM's disks.
///
/// A long change comes in pieces of one number, each with an answer of its own: every piece counts.
///
/// Threads: any.
final class DirectChanges {
    private int underWay;
    private Optional<Runnable> awaiting = Optional.empty();

    /// Those of one lane.
    final class OfLane {
        private final Map<Integer, Integer> pieces = new HashMap<>();

        /// To be called before it is looked whether changes may still go straight there: so whoever lets none go
        /// there any more, and then waits, misses none.
        void begins(int request) {
            synchronized (DirectChanges.this) {
                pieces.merge(request, 1, Integer::sum);
                underWay++;
            }
        }

        /// To be called before the answer is passed on, after which the number may be used again. Nothing happens for
        /// a request that is no change.
        void ends(int request) {
            Optional<Runnable> settled;
            synchronized (DirectChanges.this) {
                if (!pieces.containsKey(request)) {
                    return;
                }
                pieces.computeIfPresent(request, (_, left) -> left == 1 ? null : left - 1);
                settled = fewer(1);
            }
            settled.ifPresent(Runnable::run);
        }

        /// Whoever asked for them does not wait any more.
        void endAll() {
            Optional<Runnable> settled;
            synchronized (DirectChanges.this) {
                int left = pieces.values().stream().mapToInt(Integer::intValue).sum();
                pieces.clear();
                settled = fewer(left);
            }
            settled.ifPresent(Runnable::run);
        }
    }

    OfLane ofLane() {
        return new OfLane();
    }

    /// @param settled told once, when there are none: by any thread, perhaps before this returns; not any more when
    ///     this is called again before
    void await(Runnable settled) {
        Optional<Runnable> now;
        synchronized (this) {
            awaiting = Optional.of(settled);
            now = fewer(0);
        }
        now.ifPresent(Runnable::run);
    }

    /// Under the lock.
    ///
    /// @return what is to be run without it
    private Optional<Runnable> fewer(int ended) {
        underWay -= ended;
        if (underWay > 0) {
            return Optional.empty();
        }
        Optional<Runnable> settled = awaiting;
        awaiting = Optional.empty();
        return settled;
    }
}
