package understudy.lab.demo;

import java.util.List;

/// A demonstration of several parts, each in a lab of its own.
record Parts(boolean passed, List<Outcome> parts) implements Outcome {
    static Parts of(List<Outcome> parts) {
        return new Parts(parts.stream().allMatch(Outcome::passed), List.copyOf(parts));
    }
}
