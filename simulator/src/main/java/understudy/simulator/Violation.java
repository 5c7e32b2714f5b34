package understudy.simulator;

/// A promise that a run broke.
///
/// @param invariant the checker's name
/// @param text      what happened, for people
public record Violation(long ms, String invariant, String text) {
    @Override
    public String toString() {
        return "%s at %d ms: %s".formatted(invariant, ms, text);
    }
}
