package understudy.lab;

import com.fasterxml.jackson.annotation.JsonValue;

/// How a host's disk fails.
public enum DiskFault {
    /// Every read and write fails with EIO, and what was not synced is gone.
    ERROR,
    /// Whoever writes, or reads what is not cached, waits without end. Nothing is lost.
    HANG,
    /// No block is free: a write that needs a new one fails with ENOSPC.
    FULL,
    /// Bits of what is stored are flipped, and nobody is told.
    CORRUPT;

    /// As people type it.
    @JsonValue
    public String word() {
        return Words.of(this);
    }

    /// Reads what a person typed, and offers what may be.
    public static final class Word extends Words<DiskFault> {
        public Word() {
            super(values());
        }
    }
}
