package understudy.lab;

/// How a host's disk is mended.
public enum DiskRepair {
    /// The same disk works again, with what it held.
    BACK,
    /// A new, empty disk is in its place.
    REPLACED;

    /// As people type it.
    public String word() {
        return Words.of(this);
    }

    /// Reads what a person typed, and offers what may be.
    public static final class Word extends Words<DiskRepair> {
        public Word() {
            super(values());
        }
    }
}
