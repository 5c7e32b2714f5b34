package understudy.systemtests.volume;

/// What a client did to one block, and when it began and ended on the client's clock. A request for several blocks
/// is an operation on each.
///
/// @param client    who did it
/// @param value     what was written, or read
/// @param completed [#NEVER] if it was not answered: it has happened, or will, or never will
record Operation(int client, long block, Kind kind, long value, long invoked, long completed) {
    static final long NEVER = Long.MAX_VALUE;

    enum Kind {
        READ,
        WRITE
    }

    Operation {
        if (completed < invoked) {
            throw new IllegalArgumentException("completed before it was invoked");
        }
    }

    boolean isCompleted() {
        return completed != NEVER;
    }

    boolean overlaps(Operation other) {
        return invoked <= other.completed && other.invoked <= completed;
    }

    @Override
    public String toString() {
        String what = kind == Kind.READ ? "read " : "wrote ";
        String end = isCompleted() ? Long.toString(completed) : "?";
        return "[%d, %s] client %d %s%d".formatted(invoked, end, client, what, value);
    }
}
