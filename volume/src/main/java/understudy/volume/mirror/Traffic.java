package understudy.volume.mirror;

/// When clients last asked for something, for those who make way for them.
final class Traffic {
    private volatile long lastNanos = Stopwatch.now();

    void touch() {
        lastNanos = Stopwatch.now();
    }

    boolean isQuietFor(long nanos) {
        return Stopwatch.now() - lastNanos > nanos;
    }
}
