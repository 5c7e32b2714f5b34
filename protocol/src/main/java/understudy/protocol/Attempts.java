package understudy.protocol;

/// What a host tried of late with a guest.
///
/// @param failures    boots and copies that failed in a row
/// @param copiedUnder the view on top of which a copy was begun last, in this life; 0 for none
record Attempts(int failures, long copiedUnder) {
    static final Attempts NONE = new Attempts(0, 0);

    Attempts failed() {
        return new Attempts(failures + 1, copiedUnder);
    }

    Attempts withoutFailures() {
        return new Attempts(0, copiedUnder);
    }

    Attempts copying(long view) {
        return new Attempts(failures, view);
    }
}
