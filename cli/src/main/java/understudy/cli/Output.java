package understudy.cli;

import java.util.Locale;

/// How a command prints its answer.
public enum Output {
    /// For people.
    TEXT,
    /// The documents of the REST API, indented; streams print one document a line.
    JSON;

    /// @throws IllegalArgumentException with a text for people, if there is no such output
    public static Output parse(String text) {
        for (Output output : values()) {
            if (output.toString().equals(text)) {
                return output;
            }
        }
        throw new IllegalArgumentException("no output '" + text + "': text or json");
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
