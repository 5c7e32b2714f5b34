package understudy.simulator.scenario;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.ValueDeserializer;
import understudy.model.ByteSize;

/// A value as it stands in the file, and where. All values are read as text first, so that whatever is wrong
/// with one is told in the same way.
///
/// @param line counts from 1
record Text(String value, int line) {
    private static final int LENGTH_MAX = 500;
    private static final Pattern DURATION = Pattern.compile("(\\d{1,7}(?:\\.\\d{1,3})?)\\s*(ms|s|min)");
    private static final Duration DURATION_MAX = Duration.ofHours(1);

    /// Takes a string, a number or a truth value, as it is written.
    static final class Reader extends ValueDeserializer<Text> {
        @Override
        public Text deserialize(JsonParser parser, DeserializationContext context) {
            int line = parser.currentTokenLocation().getLineNr();
            if (!parser.currentToken().isScalarValue()) {
                throw new Mistake(line, "Here a list or a group of keys stands for a word.", "Write one value.");
            }
            String value = parser.getString();
            if (value.length() > LENGTH_MAX) {
                throw new Mistake(
                        line, "A value of " + value.length() + " characters.", "Write at most " + LENGTH_MAX + ".");
            }
            return new Text(value.strip(), line);
        }
    }

    Mistake wrong(String what, String instead) {
        return new Mistake(line, what, instead);
    }

    /// Makes something of it that refuses what it cannot be made of.
    <T> T as(Function<String, T> maker, String instead) {
        try {
            return maker.apply(value);
        } catch (IllegalArgumentException e) {
            throw wrong(sentence(String.valueOf(e.getMessage())), instead);
        }
    }

    private static String sentence(String text) {
        return text.endsWith(".") ? text : text + ".";
    }

    ByteSize size() {
        return as(ByteSize::parse, "Write for example 512M or 16G.");
    }

    Duration duration() {
        Matcher matcher = DURATION.matcher(value);
        if (!matcher.matches()) {
            throw wrong("'" + value + "' is no time.", "Write for example 300ms, 5s or 2min.");
        }
        long unit = switch (matcher.group(2)) {
            case "ms" -> 1;
            case "s" -> 1_000;
            default -> 60_000;
        };
        BigDecimal micros = new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(unit * 1_000));
        Duration duration = Duration.ofNanos(micros.longValue() * 1_000);
        if (duration.compareTo(DURATION_MAX) > 0) {
            throw wrong("'" + value + "' is too long.", "Write at most 60min.");
        }
        return duration;
    }

    int number(String what, int min, int max) {
        int number;
        try {
            number = Integer.parseInt(value);
        } catch (NumberFormatException _) {
            number = -1;
        }
        if (number < min || number > max) {
            throw wrong("'" + value + "' is no number of " + what + ".", "Write " + min + " to " + max + ".");
        }
        return number;
    }

    boolean truth() {
        return switch (value) {
            case "true" -> true;
            case "false" -> false;
            default -> throw wrong("'" + value + "' is neither true nor false.", "Write true or false.");
        };
    }

    List<String> words() {
        return List.of(value.split("\\s+", -1));
    }
}
