package understudy.model;

import java.util.Locale;

/// How far a VM is protected. The names are part of the outer surface.
public enum Level {
    /// It starts again on the other host.
    RESTART,
    /// A failed disk or network card is replaced, live, by the other host's.
    COMPONENT,
    /// A whole host dies, and neither the guest nor its clients notice.
    SYSTEM;

    /// @throws IllegalArgumentException with a text for people, if there is no such level
    public static Level parse(String text) {
        for (Level level : values()) {
            if (level.toString().equals(text)) {
                return level;
            }
        }
        throw new IllegalArgumentException("no level '" + text + "': restart, component or system");
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
