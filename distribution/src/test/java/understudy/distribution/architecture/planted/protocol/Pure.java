package understudy.distribution.architecture.planted.protocol;

import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/// What a machine may do.
public final class Pure {
    /// A state and an effect.
    public sealed interface Part {
        /// Nothing.
        record Idle(UUID proposal) implements Part {}

        /// Something.
        record Running(Duration since) implements Part {}
    }

    private enum Kind {
        ONE,
        OTHER
    }

    /// Of sorted and listed things only.
    public long sum() {
        SortedMap<String, Long> map = List.of(1L, 2L).stream()
                .collect(Collectors.toMap(Object::toString, number -> number, Long::sum, TreeMap::new));
        return map.values().stream().mapToLong(Long::longValue).sum();
    }

    /// A pattern switch, which the compiler turns into a bootstrap call.
    public String name(Part part) {
        return switch (part) {
            case Part.Idle(UUID proposal) -> "idle " + proposal;
            case Part.Running(Duration since) when since.isPositive() -> "running " + Kind.ONE;
            case Part.Running _ -> kind(Kind.OTHER);
        };
    }

    private static String kind(Kind kind) {
        return switch (kind) {
            case ONE -> "one";
            case OTHER -> "other";
        };
    }
}
