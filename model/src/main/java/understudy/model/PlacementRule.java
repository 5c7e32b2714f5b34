package understudy.model;

import java.util.Comparator;
import java.util.Locale;

/// What people want of the hosts of two VMs. By their names, so that it may be said before they are created, and holds
/// for one that is created again.
///
/// @param one   the one whose name comes first
/// @param other the other one
public record PlacementRule(Kind kind, VmName one, VmName other) implements Comparable<PlacementRule> {
    private static final Comparator<PlacementRule> ORDER = Comparator.comparing(PlacementRule::one)
            .thenComparing(PlacementRule::other)
            .thenComparing(PlacementRule::kind);

    /// What is wanted.
    public enum Kind {
        /// They begin on different hosts, and share as few as can be.
        APART,
        /// They begin on the same host, and have the same other one.
        TOGETHER;

        /// @throws IllegalArgumentException with a text for people
        public static Kind parse(String text) {
            return switch (text) {
                case "apart" -> APART;
                case "together" -> TOGETHER;
                default -> throw new IllegalArgumentException("'" + text + "' is neither apart nor together");
            };
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// @throws IllegalArgumentException if they are not two, or not in order; see [#of]
    public PlacementRule {
        if (one.compareTo(other) >= 0) {
            throw new IllegalArgumentException("a rule for " + one + " and " + other + ": two VMs, in order");
        }
    }

    /// For two VMs in whatever order.
    ///
    /// @throws IllegalArgumentException with a text for people, if they are one
    public static PlacementRule of(Kind kind, VmName one, VmName other) {
        if (one.equals(other)) {
            throw new IllegalArgumentException(one + " and " + other + " are one VM; a rule is for two");
        }
        return one.compareTo(other) < 0 ? new PlacementRule(kind, one, other) : new PlacementRule(kind, other, one);
    }

    public boolean isAbout(VmName vm) {
        return one.equals(vm) || other.equals(vm);
    }

    /// The other one of the two.
    public VmName otherThan(VmName vm) {
        return one.equals(vm) ? other : one;
    }

    /// Whether it is for the same two.
    public boolean isForThoseOf(PlacementRule rule) {
        return one.equals(rule.one) && other.equals(rule.other);
    }

    @Override
    public int compareTo(PlacementRule rule) {
        return ORDER.compare(this, rule);
    }

    @Override
    public String toString() {
        return one + " and " + other + " " + kind;
    }
}
