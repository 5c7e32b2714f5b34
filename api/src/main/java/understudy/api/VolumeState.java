package understudy.api;

import java.util.Locale;

/// How a volume is doing. The names are part of the outer surface.
public enum VolumeState {
    /// Every host of its VM has all of it.
    IN_SYNC,
    /// A host has not all of it, and what it lacks is being copied.
    RESYNCING,
    /// A host has not all of it, and nothing is being copied: its replica failed, or its VM is stopped.
    DEGRADED,
    /// No replica that is in sync can be reached; the guest's requests wait.
    WAITING;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
