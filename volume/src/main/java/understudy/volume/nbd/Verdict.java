package understudy.volume.nbd;

/// What becomes of a request that stands complete: it is accepted, or refused with an error and a sentence that
/// clients with structured replies are shown.
enum Verdict {
    ACCEPTED(0, ""),
    UNKNOWN_COMMAND(Nbd.EINVAL, "unknown command"),
    WRONG_FLAGS(Nbd.EINVAL, "a flag that does not belong to this command"),
    NOT_ZERO(Nbd.EINVAL, "a flush has neither offset nor length"),
    READ_ONLY(Nbd.EPERM, "the export is read-only"),
    BEYOND_END(Nbd.EINVAL, "beyond the end of the export"),
    NO_ROOM(Nbd.ENOSPC, "beyond the end of the export"),
    TOO_LONG(Nbd.EINVAL, "longer than 32 MiB"),
    TOO_LONG_FOR_ONE(Nbd.EOVERFLOW, "longer than 32 MiB"),
    NOT_FAST(Nbd.ENOTSUP, "zeroes that take space are not fast"),
    NO_CONTEXT(Nbd.EINVAL, "no metadata context was chosen"),
    EMPTY(Nbd.EINVAL, "a status of nothing");

    private final int error;
    private final String message;

    Verdict(int error, String message) {
        this.error = error;
        this.message = message;
    }

    int error() {
        return error;
    }

    /// Short, for a human.
    String message() {
        return message;
    }
}
