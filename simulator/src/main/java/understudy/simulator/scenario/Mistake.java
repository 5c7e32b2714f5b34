package understudy.simulator.scenario;

/// Something wrong in a file whose name is not known here; [ScenarioFile] makes a [BadScenario] of it.
final class Mistake extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final int line;
    private final String instead;

    /// @param line counts from 1; 0 if it is not about one
    Mistake(int line, String what, String instead) {
        super(what);
        this.line = line;
        this.instead = instead;
    }

    BadScenario in(String file) {
        return new BadScenario(file, line, String.valueOf(getMessage()), instead);
    }
}
