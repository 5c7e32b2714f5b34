package understudy.agent;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import understudy.model.Moment;

/// Tells news from what was told a moment ago: a disk that fails whenever it is tried again says the same each
/// time, but for addresses and counts.
final class Repeats {
    private static final Duration QUIET = Duration.ofMinutes(1);
    private static final int TEXTS_MAX = 32;
    private static final Pattern NUMBER = Pattern.compile("\\d+");

    /// When each text was told last, the oldest first.
    private final Map<String, Moment> told = new LinkedHashMap<>();

    /// Whether it is to be told now; then it was. From any thread.
    synchronized boolean isNews(String text, Moment now) {
        String shape = NUMBER.matcher(text).replaceAll("#");
        Moment before = told.get(shape);
        if (before != null && now.since(before).compareTo(QUIET) < 0) {
            return false;
        }
        told.remove(shape);
        told.put(shape, now);
        if (told.size() > TEXTS_MAX) {
            told.remove(told.keySet().iterator().next());
        }
        return true;
    }
}
