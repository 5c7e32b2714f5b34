package understudy.model;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/// A caller's mistake or a refusal, told the same way in REST, CLI and console: what is wrong, why, and what to
/// do.
///
/// @param code       stable, lower-case words with dashes, for programs
/// @param message    one sentence for people
/// @param cause      why, or empty
/// @param correction what to do next, or empty
/// @param details    the values that matter, by name and in that order, so that the same problem is told the
///              same each time
public record Problem(String code, String message, String cause, String correction, Map<String, String> details) {
    public Problem {
        details = Collections.unmodifiableMap(new TreeMap<>(details));
    }

    public static Problem of(String code, String message, String correction) {
        return new Problem(code, message, "", correction, new TreeMap<>());
    }

    public Problem because(String why) {
        return new Problem(code, message, why, correction, details);
    }

    public Problem with(String name, Object value) {
        Map<String, String> more = new TreeMap<>(details);
        more.put(name, value.toString());
        return new Problem(code, message, cause, correction, more);
    }

    public Refused refused() {
        return new Refused(this);
    }

    /// Carries a problem to the one place that answers the caller.
    public static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final transient Problem problem;

        Refused(Problem problem) {
            super(problem.message());
            this.problem = problem;
        }

        public Problem problem() {
            return problem;
        }
    }
}
