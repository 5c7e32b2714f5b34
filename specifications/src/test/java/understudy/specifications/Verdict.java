package understudy.specifications;

/// What TLC found.
sealed interface Verdict {

    /// All states within the bounds were visited.
    record Holds(long distinctStates, int depth) implements Verdict {}

    /// @param steps how long the shortest way there is; 0 where that is not told
    record Violated(String property, int steps) implements Verdict {}
}
