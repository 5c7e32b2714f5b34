package understudy.api;

import java.util.Locale;

/// What a VM is doing. The names are part of the outer surface.
public enum VmState {
    /// Nobody runs it, and nobody wants it to run.
    STOPPED,
    /// A host is bringing it up.
    STARTING,
    /// Its guest runs.
    RUNNING,
    /// Its guest stands still for longer than a checkpoint takes.
    PAUSED,
    /// It should run and does not; the reason says why.
    FAILED;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
