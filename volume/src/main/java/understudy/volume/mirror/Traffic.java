package understudy.volume.mirror;

/// When clients last asked for something, for those who make way for them.
final class Traffic {
    private final Threads threads;
    private volatile long lastNanos;
    private volatile long changedNanos;

    Traffic(Threads threads) {
        this.threads = threads;
        lastNanos = threads.now();
        changedNanos = lastNanos;
    }

    Threads threads() {
        return threads;
    }

    void touch() {
        lastNanos = threads.now();
    }

    /// They change something.
    void change() {
        lastNanos = threads.now();
        changedNanos = lastNanos;
    }

    boolean isUnchangedFor(long nanos) {
        return threads.now() - changedNanos > nanos;
    }

    boolean isQuietFor(long nanos) {
        return threads.now() - lastNanos > nanos;
    }
}
