package understudy.model;

import java.util.Locale;

/// What to do with a guest that says of itself that it crashed. The names are part of the outer surface.
public enum CrashReaction {
    /// It is reset, as often as its [RestartLimit] allows.
    RESTART,
    /// The VM is stopped, and is failed until somebody starts it.
    STOP,
    /// It stands still, for somebody to look at. Not at level `system`: what stands still cannot be copied.
    PAUSE;

    /// @throws IllegalArgumentException with a text for people, if there is no such reaction
    public static CrashReaction parse(String text) {
        for (CrashReaction reaction : values()) {
            if (reaction.toString().equals(text)) {
                return reaction;
            }
        }
        throw new IllegalArgumentException("no reaction '" + text + "': restart, stop or pause");
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
