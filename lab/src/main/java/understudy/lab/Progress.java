package understudy.lab;

import java.io.PrintStream;

/// Tells a person what is going on, on the standard error.
public final class Progress {
    private static final long FIRST_REPEAT_NANOS = 1_000_000_000L;
    private static final long LAST_REPEAT_NANOS = 8_000_000_000L;

    private final PrintStream to;
    private final long began = System.nanoTime();
    private long said = began;
    private long repeat = FIRST_REPEAT_NANOS;

    public Progress(PrintStream to) {
        this.to = to;
    }

    /// Says nothing, ever.
    public static Progress silent() {
        return new Progress(new PrintStream(PrintStream.nullOutputStream()));
    }

    /// Something begins or has come to pass: said at once.
    public void step(String what) {
        repeat = FIRST_REPEAT_NANOS;
        say(what);
    }

    private void say(String what) {
        said = System.nanoTime();
        to.printf("[%5.1f s] %s%n", (said - began) / 1e9, what);
    }

    /// Something goes on: said after a second, and then ever more seldom, however often this is called.
    public void waiting(String what) {
        if (System.nanoTime() - said >= repeat) {
            repeat = Math.min(repeat * 2, LAST_REPEAT_NANOS);
            say(what);
        }
    }
}
