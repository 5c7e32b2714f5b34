package understudy.volume.store;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/// Whether a store has failed for good, and why.
final class Failure {
    private final AtomicReference<Optional<DiskFailedException>> reason = new AtomicReference<>(Optional.empty());

    Optional<DiskFailedException> reason() {
        return reason.get();
    }

    /// @throws DiskFailedException if it has
    void refuse() throws DiskFailedException {
        Optional<DiskFailedException> first = reason.get();
        if (first.isPresent()) {
            DiskFailedException cause = first.get();
            throw new DiskFailedException(cause.errno(), "failed before: " + cause.getMessage(), cause);
        }
    }

    /// It has, with this; the first reason stays.
    DiskFailedException now(DiskFailedException why) {
        reason.compareAndSet(Optional.empty(), Optional.of(why));
        return why;
    }

    /// Makes a disk durable; if that fails, it has failed for good.
    void sync(Disk disk) throws DiskFailedException {
        refuse();
        try {
            disk.sync();
        } catch (DiskFailedException e) {
            throw now(e);
        }
    }
}
