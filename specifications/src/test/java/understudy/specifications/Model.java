package understudy.specifications;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One of the modules in `src/main/tla`, under one of its configurations.
///
/// @param config the name of the configuration: the module's, or the module's, a hyphen and more
record Model(String config) {
    static final Path FOLDER = Path.of("src/main/tla").toAbsolutePath();
    private static final Pattern RULES = Pattern.compile("(?s)Rules == \\{(.*?)\\n\\S*ASSUME");
    private static final Pattern RULE = Pattern.compile("(?m)^  \"(\\w+)\"");

    String module() {
        return config.replaceFirst("-.*", "");
    }

    /// Whether a run is about this module: `-Dmodel=NAME` leaves out the others.
    boolean isAskedFor() {
        return module().matches(System.getProperty("model", ".*"));
    }

    /// The rules of which the module can break one.
    List<String> rules() {
        Matcher rules = RULES.matcher(read(FOLDER.resolve(module() + ".tla")));
        if (!rules.find()) {
            throw new IllegalStateException(module() + " names no rules");
        }
        return RULE.matcher(rules.group(1)).results().map(it -> it.group(1)).toList();
    }

    /// The configuration with other values for some of its constants.
    String with(Map<String, String> constants) {
        String text = read(FOLDER.resolve(config + ".cfg"));
        for (Map.Entry<String, String> constant : constants.entrySet()) {
            Matcher line =
                    Pattern.compile("(?m)^  " + constant.getKey() + " = .*$").matcher(text);
            if (!line.find()) {
                throw new IllegalArgumentException(config + " has no constant " + constant.getKey());
            }
            text = line.replaceFirst(
                    Matcher.quoteReplacement("  %s = %s".formatted(constant.getKey(), constant.getValue())));
        }
        return text;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
