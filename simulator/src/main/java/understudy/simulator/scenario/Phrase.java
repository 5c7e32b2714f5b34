package understudy.simulator.scenario;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/// One way to say something in a scenario file: fixed words in lower case, and names in their places.
///
/// @param form    such as `cut NODE from NODE`; `NODE...`, last, stands for one or more
/// @param meaning makes a thing of the names
record Phrase<T>(String form, Function<Match, T> meaning) {

    /// What stood in the places of names.
    record Match(Text text, List<String> names, Cast cast) {
        Text name(int index) {
            return new Text(names.get(index), text.line());
        }

        List<Text> all() {
            return names.stream().map(it -> new Text(it, text.line())).toList();
        }
    }

    Optional<T> read(Text text, Cast cast) {
        return names(text.words()).map(names -> meaning.apply(new Match(text, names, cast)));
    }

    private Optional<List<String>> names(List<String> words) {
        List<String> parts = List.of(form.split(" ", -1));
        boolean open = form.endsWith("...");
        if (open ? words.size() < parts.size() : words.size() != parts.size()) {
            return Optional.empty();
        }
        List<String> names = new ArrayList<>();
        for (int i = 0; i < words.size(); i++) {
            String part = parts.get(Math.min(i, parts.size() - 1));
            if (isPlace(part)) {
                names.add(words.get(i));
            } else if (!part.equals(words.get(i))) {
                return Optional.empty();
            }
        }
        return Optional.of(names);
    }

    private static boolean isPlace(String part) {
        return !part.equals(part.toLowerCase(Locale.ROOT));
    }

    /// The meaning of the first phrase that fits.
    ///
    /// @throws Mistake if none does
    static <T> T read(List<Phrase<T>> phrases, String kind, Text text, Cast cast) {
        for (Phrase<T> phrase : phrases) {
            Optional<T> meaning = phrase.read(text, cast);
            if (meaning.isPresent()) {
                return meaning.get();
            }
        }
        List<String> similar = phrases.stream()
                .map(Phrase::form)
                .filter(form -> shared(form, text.words()) > 0)
                .toList();
        List<String> forms =
                similar.isEmpty() ? phrases.stream().map(Phrase::form).toList() : similar;
        throw text.wrong(
                "'" + text.value() + "' is no " + kind + ".", "Write one of: '" + String.join("', '", forms) + "'.");
    }

    private static long shared(String form, List<String> words) {
        return List.of(form.split(" ", -1)).stream()
                .filter(part -> !isPlace(part) && words.contains(part))
                .count();
    }
}
