package understudy.model;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How often a guest may die before nobody starts it again: a guest that dies at once whenever it is started would be
/// started for ever. Written as `5/10m`, or `none`.
///
/// @param deaths that are forgiven within the time, 1 to 100; 0: all are
/// @param within 1 s to 24 h, whole seconds; zero exactly if all are forgiven
public record RestartLimit(int deaths, Duration within) {
    private static final int DEATHS_MAX = 100;
    private static final Duration WITHIN_MAX = Duration.ofHours(24);
    private static final Pattern TEXT = Pattern.compile("(\\d{1,3})/(\\d{1,5})([smh])");

    /// The guest is started again however often it dies.
    public static final RestartLimit NONE = new RestartLimit(0, Duration.ZERO);

    /// Five deaths within ten minutes.
    public static final RestartLimit DEFAULT = new RestartLimit(5, Duration.ofMinutes(10));

    public RestartLimit {
        boolean isNone = deaths == 0 && within.isZero();
        boolean isLimit = deaths >= 1
                && deaths <= DEATHS_MAX
                && within.isPositive()
                && within.compareTo(WITHIN_MAX) <= 0
                && within.toNanosPart() == 0;
        if (!isNone && !isLimit) {
            throw new IllegalArgumentException(
                    "%d deaths within %s: 1 to %d, within 1 s to 24 h".formatted(deaths, within, DEATHS_MAX));
        }
    }

    public boolean isNone() {
        return deaths == 0;
    }

    /// @throws IllegalArgumentException with a text for people, if it is no limit
    public static RestartLimit parse(String text) {
        if (text.equals("none")) {
            return NONE;
        }
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text + "' is no restart limit: as in 5/10m, or none");
        }
        long count = Long.parseLong(matcher.group(2));
        Duration within = switch (matcher.group(3)) {
            case "h" -> Duration.ofHours(count);
            case "m" -> Duration.ofMinutes(count);
            default -> Duration.ofSeconds(count);
        };
        int deaths = Integer.parseInt(matcher.group(1));
        if (deaths == 0) {
            throw new IllegalArgumentException("'" + text + "': at least one death, or none for no limit");
        }
        return new RestartLimit(deaths, within);
    }

    @Override
    public String toString() {
        return isNone() ? "none" : deaths + "/" + time();
    }

    private String time() {
        if (within.toSecondsPart() != 0) {
            return within.toSeconds() + "s";
        }
        return within.toMinutesPart() == 0 ? within.toHours() + "h" : within.toMinutes() + "m";
    }
}
