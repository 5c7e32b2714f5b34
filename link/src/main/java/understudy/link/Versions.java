package understudy.link;

import java.util.OptionalInt;

/// The protocol versions that an agent speaks. Every release speaks its own and the one before, for rolling
/// upgrades; versions 1 and 2 were never released.
///
/// @param min in [1, 65535]
/// @param max in [min, 65535]
public record Versions(int min, int max) {
    /// What this release speaks.
    public static final Versions CURRENT = new Versions(3, 3);

    public Versions {
        if (min < 1 || max < min || max > 0xFFFF) {
            throw new IllegalArgumentException("protocol versions " + min + " to " + max);
        }
    }

    /// The highest version that both speak.
    OptionalInt common(Versions other) {
        int version = Math.min(max, other.max);
        return version >= Math.max(min, other.min) ? OptionalInt.of(version) : OptionalInt.empty();
    }

    @Override
    public String toString() {
        return min == max ? Integer.toString(min) : min + " to " + max;
    }
}
