package understudy.agent;

/// How copying a guest to its standby has gone since it was last protected: for people, who must be able to read
/// why it is not.
///
/// Threads: one tells, any reads.
final class CopyAttempts {
    /// Each of the first few failures is an event of its own, then every so many: attempts go on for ever.
    private static final int TOLD_ALWAYS = 3;
    private static final int TOLD_EACH = 10;

    private record Failures(int count, String last) {}

    private volatile Failures failures = new Failures(0, "");

    /// @return whether people are to be told of this one, too
    boolean failed(String reason) {
        Failures now = new Failures(failures.count + 1, reason);
        failures = now;
        return now.count <= TOLD_ALWAYS || now.count % TOLD_EACH == 0;
    }

    /// The guest is protected, or gone.
    void forget() {
        failures = new Failures(0, "");
    }

    /// Empty while none has failed.
    String told() {
        Failures now = failures;
        return switch (now.count) {
            case 0 -> "";
            case 1 -> "an attempt failed: " + now.last;
            default -> "%d attempts failed, the last one: %s".formatted(now.count, now.last);
        };
    }
}
