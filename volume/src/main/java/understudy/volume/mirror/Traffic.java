package understudy.volume.mirror;

/// When clients last asked for something, for those who make way for them.
final class Traffic {
    private final Threads threads;
    private volatile long lastNanos;

    Traffic(Threads threads) {
        this.threads = threads;
        lastNanos = threads.now();
    }

    Threads threads() {
        return threads;
    }

    void touch() {
        lastNanos = threads.now();
    }

    boolean isQuietFor(long nanos) {
        return threads.now() - lastNanos > nanos;
    }
}
