package understudy.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/// Names and values below each other.
final class Facts {
    private final Map<String, String> facts = new LinkedHashMap<>();

    /// @param value an empty one is shown as `-`
    Facts with(String name, Object value) {
        facts.put(name, value.toString().isEmpty() ? "-" : value.toString());
        return this;
    }

    @Override
    public String toString() {
        int width = facts.keySet().stream().mapToInt(String::length).max().orElse(0) + 2;
        return facts.entrySet().stream()
                .map(fact -> Table.padded(fact.getKey(), width) + fact.getValue())
                .collect(Collectors.joining("\n"));
    }
}
