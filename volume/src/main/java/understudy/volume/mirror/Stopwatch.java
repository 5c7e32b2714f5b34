package understudy.volume.mirror;

/// Times of one process in nanoseconds that are never 0, so that 0 can mean "no time".
final class Stopwatch {
    private Stopwatch() {}

    static long now() {
        return System.nanoTime() | 1;
    }
}
