package understudy.lab;

import java.io.PrintStream;

/// Tells a person what is going on, on the standard error.
public final class Progress {
    private static final long REPEAT_NANOS = 1_000_000_000L;

    private final PrintStream to;
    private final long began = System.nanoTime();
    private long said = began;

    public Progress(PrintStream to) {
        this.to = to;
    }

    /// Says nothing, ever.
    public static Progress silent() {
        return new Progress(new PrintStream(PrintStream.nullOutputStream()));
    }

    /// Something begins or has come to pass: said at once.
    public void step(String what) {
        said = System.nanoTime();
        to.printf("[%5.1f s] %s%n", (said - began) / 1e9, what);
    }

    /// Something goes on: said once a second, however often this is called.
    public void waiting(String what) {
        if (System.nanoTime() - said >= REPEAT_NANOS) {
            step(what);
        }
    }
}
