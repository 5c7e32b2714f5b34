package understudy.api;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.exc.InvalidFormatException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.exc.ValueInstantiationException;
import understudy.model.Problem;

/// Says in our words what was wrong with JSON that somebody sent. The library's own texts name Java classes and
/// its options, which mean nothing to whoever sent it.
public final class JsonProblems {
    private static final int QUOTE_MAX = 80;

    private JsonProblems() {}

    /// `bad-json` where it cannot be read at all, `bad-value` where a field is not what it should be.
    public static Problem of(JacksonException failure) {
        return switch (failure) {
            case UnrecognizedPropertyException unknown -> unknownField(unknown);
            case InvalidFormatException format -> badValue(format, formatText(format));
            case ValueInstantiationException refused -> badValue(refused, causeText(refused));
            case MismatchedInputException mismatch when isOfNoType(mismatch) -> notJson(mismatch);
            case MismatchedInputException mismatch -> badValue(mismatch, mismatchText(mismatch));
            case DatabindException other -> badValue(other, "cannot be read");
            default -> notJson(failure);
        };
    }

    private static Problem notJson(JacksonException failure) {
        Problem problem = Problem.of("bad-json", "what was sent is not JSON", "send one JSON object in UTF-8")
                .because(clipped(String.valueOf(failure.getOriginalMessage())));
        return failure.getLocation() == null || failure.getLocation().getLineNr() < 1
                ? problem
                : problem.with("line", failure.getLocation().getLineNr())
                        .with("column", failure.getLocation().getColumnNr());
    }

    /// As more text after the end is, when no more than JSON was asked for.
    private static boolean isOfNoType(MismatchedInputException mismatch) {
        Class<?> type = mismatch.getTargetType();
        return type != null && JsonNode.class.isAssignableFrom(type);
    }

    private static Problem unknownField(UnrecognizedPropertyException unknown) {
        String known = Objects.requireNonNullElse(unknown.getKnownPropertyIds(), List.of()).stream()
                .map(Object::toString)
                .sorted()
                .collect(Collectors.joining(", "));
        return Problem.of("bad-value", "unknown field '" + clipped(path(unknown)) + "'", "the fields are " + known)
                .with("field", clipped(path(unknown)));
    }

    private static Problem badValue(DatabindException failure, String text) {
        String path = clipped(path(failure));
        Problem problem =
                Problem.of("bad-value", path.isEmpty() ? text : path + ": " + text, "correct it and send it again");
        return path.isEmpty() ? problem : problem.with("field", path);
    }

    private static String formatText(InvalidFormatException format) {
        Class<?> type = format.getTargetType();
        if (type != null && type.isEnum()) {
            String choices =
                    Arrays.stream(type.getEnumConstants()).map(Object::toString).collect(Collectors.joining(", "));
            return "no '%s': one of %s".formatted(clipped(String.valueOf(format.getValue())), choices);
        }
        // Only values of ours say in our words what is wrong with them.
        boolean isOurs = type != null && type.getName().startsWith("understudy.");
        return isOurs ? clippedText(String.valueOf(format.getOriginalMessage())) : mismatchText(format);
    }

    private static String causeText(ValueInstantiationException refused) {
        return refused.getCause() instanceof IllegalArgumentException own && own.getMessage() != null
                ? clippedText(own.getMessage())
                : "cannot be read";
    }

    private static String mismatchText(MismatchedInputException mismatch) {
        Class<?> type = mismatch.getTargetType();
        String message = String.valueOf(mismatch.getOriginalMessage());
        if (message.startsWith("Null value for creator property") || message.startsWith("Missing")) {
            return "is missing";
        }
        return type == null ? "has the wrong type" : "must be " + kind(type);
    }

    private static String kind(Class<?> type) {
        if (type == int.class || type == long.class || type == Integer.class || type == Long.class) {
            return "a whole number";
        }
        if (type == boolean.class || type == Boolean.class) {
            return "true or false";
        }
        if (type == double.class || type == Double.class) {
            return "a number";
        }
        if (Collection.class.isAssignableFrom(type)) {
            return "a list";
        }
        boolean isObject = type == VmRequest.class || type == Nic.class || type == Disk.class;
        return isObject ? "an object" : "a string";
    }

    private static String path(DatabindException failure) {
        StringBuilder path = new StringBuilder();
        for (JacksonException.Reference step : failure.getPath()) {
            if (step.getPropertyName() == null) {
                path.append('[').append(step.getIndex()).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(step.getPropertyName());
            }
        }
        return path.toString();
    }

    private static String clipped(String text) {
        return text.length() <= QUOTE_MAX ? text : text.substring(0, QUOTE_MAX) + "…";
    }

    private static String clippedText(String text) {
        return text.length() <= 4 * QUOTE_MAX ? text : text.substring(0, 4 * QUOTE_MAX) + "…";
    }
}
