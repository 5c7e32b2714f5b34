package understudy.volume.epoch;

import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.volume.epoch.DiskEpochs.Listener;

/// How much is kept, against the bounds, and what the owner has been told of it. Not for two threads at a time. What
/// it returns is to be run when no lock is held.
final class Pressure {
    private static final Logger LOG = LoggerFactory.getLogger(Pressure.class);

    private final String name;
    private final Bounds bounds;
    private Optional<Listener> listener = Optional.empty();
    private boolean isLettingThrough;
    private boolean isTold;
    private boolean hasFailed;

    Pressure(String name, Bounds bounds) {
        this.name = name;
        this.bounds = bounds;
    }

    void begin(Listener told) {
        listener = Optional.of(told);
        isLettingThrough = false;
        isTold = false;
        hasFailed = false;
    }

    void letThrough(boolean is) {
        isLettingThrough = is;
    }

    /// Whether the guest is to be slowed down.
    boolean isHigh(long keptBytes, int flushes) {
        return (keptBytes > bounds.softBytes() || flushes > bounds.softFlushes()) && !isLettingThrough;
    }

    /// So much is kept now.
    Runnable rises(long keptBytes) {
        if (keptBytes > bounds.maxBytes()) {
            return fail("more than %d MiB of disk writes are kept".formatted(bounds.maxBytes() >> 20));
        }
        if (keptBytes > bounds.softBytes() && !isTold) {
            isTold = true;
            return listener.<Runnable>map(one -> one::pressure).orElse(() -> {});
        }
        return () -> {};
    }

    /// So much is kept yet.
    ///
    /// @return whether it is no more than it may be
    boolean falls(long keptBytes) {
        isTold &= keptBytes > bounds.softBytes();
        return keptBytes <= bounds.softBytes();
    }

    /// The guest cannot be copied any more: that is told once.
    Runnable fail(String reason) {
        if (hasFailed) {
            return () -> {};
        }
        hasFailed = true;
        LOG.warn("{}: the disks cannot be copied any more: {}", name, reason);
        return listener.<Runnable>map(one -> () -> one.failed(reason)).orElse(() -> {});
    }
}
