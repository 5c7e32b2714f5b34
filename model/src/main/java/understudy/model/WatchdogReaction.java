package understudy.model;

import java.util.Locale;

/// What to do with a guest that started its watchdog and does not feed it any more. The names are part of the outer
/// surface.
public enum WatchdogReaction {
    /// It is reset, as often as its [RestartLimit] allows.
    RESET,
    /// The VM is stopped, and is failed until somebody starts it.
    STOP,
    /// It is told as an event.
    NONE;

    /// @throws IllegalArgumentException with a text for people, if there is no such reaction
    public static WatchdogReaction parse(String text) {
        for (WatchdogReaction reaction : values()) {
            if (reaction.toString().equals(text)) {
                return reaction;
            }
        }
        throw new IllegalArgumentException("no reaction '" + text + "': reset, stop or none");
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
