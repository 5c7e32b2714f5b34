package understudy.simulator.scenario;

/// A scenario file that cannot be played: where, what is wrong, and what to write instead.
public final class BadScenario extends Exception {
    private static final long serialVersionUID = 1;

    /// @param line    counts from 1; 0 if it is about the file as a whole
    /// @param instead one sentence
    BadScenario(String file, int line, String what, String instead) {
        super(file + (line > 0 ? ":" + line : "") + ": " + what + " " + instead);
    }
}
