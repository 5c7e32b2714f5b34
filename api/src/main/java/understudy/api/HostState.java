package understudy.api;

import java.util.Locale;

/// What the answering agent knows of another host. The names are part of the outer surface.
public enum HostState {
    /// It is heard of.
    UP,
    /// It is silent, or its agent has gone: nothing new is built on it.
    DOUBTED,
    /// It has been silent for so long that it counts as dead.
    LOST;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
