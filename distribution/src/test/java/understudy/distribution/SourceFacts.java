package understudy.distribution;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// What the sources say that users rely on: codes of problems, kinds of events.
final class SourceFacts {
    private static final String CODE = "[a-z][a-z0-9-]*";
    private static final Pattern PROBLEM = Pattern.compile("\\bProblem\\s*\\.of\\(");
    /// Methods that make a problem of a code, a message and more.
    private static final Pattern MAKER = Pattern.compile("\\b(?:problem|refuse)\\(\\s*\"(" + CODE + ")\",");
    private static final Pattern MAKER_DECLARED = Pattern.compile("\\b(?:problem|refuse)\\(String code,");
    private static final Pattern LITERAL = Pattern.compile("\"([^\"]*)\"");
    private static final Pattern NAMED = Pattern.compile("(?:\\w+\\.)?([A-Z_]+)");
    private static final Pattern CONSTANT = Pattern.compile("static final String ([A-Z_]+) = \"(" + CODE + ")\";");
    private static final Pattern EVENT =
            Pattern.compile("\\b(?:event|info|warning|happened)\\(\\s*(?:Optional[^\"]*?,\\s*)?\"(" + CODE + ")\"");

    private static final Pattern METRIC = Pattern.compile("\\b(gauge|counter)\\(\\s*\"([a-z_]+)\"");
    private static final Pattern STATUS = Pattern.compile("case ([^>]*) -> (\\d{3});");

    private static final Pattern NOTE = Pattern.compile("\\bnote\\(([^,;]*\"[^,;]*),");

    private SourceFacts() {}

    /// The events of a simulation's timeline.
    static SortedSet<String> timelineEvents() {
        SortedSet<String> events = new TreeSet<>();
        for (Path source : Documents.sources("simulator")) {
            NOTE.matcher(Documents.read(source))
                    .results()
                    .flatMap(note -> LITERAL.matcher(note.group(1)).results())
                    .forEach(event -> events.add(event.group(1)));
        }
        return events;
    }

    /// The HTTP status of each problem that has one of its own.
    static Map<String, String> statusOfProblems() {
        Map<String, String> statuses = new TreeMap<>();
        Path source = Documents.root().resolve("agent/src/main/java/understudy/agent/rest/HttpStatus.java");
        Matcher matcher = STATUS.matcher(Documents.read(source));
        while (matcher.find()) {
            String status = matcher.group(2);
            LITERAL.matcher(matcher.group(1)).results().forEach(code -> statuses.put(code.group(1), status));
        }
        return statuses;
    }

    /// The codes of all problems that the main sources make.
    ///
    /// @throws IllegalStateException if a code is written in a way that is not understood here
    static SortedSet<String> problemCodes() {
        SortedSet<String> codes = new TreeSet<>();
        Map<String, String> constants = constants();
        for (Path source : Documents.sources()) {
            String text = Documents.read(source);
            boolean hasMaker = MAKER_DECLARED.matcher(text).find();
            Matcher made = MAKER.matcher(text);
            while (hasMaker && made.find()) {
                codes.add(made.group(1));
            }
            Matcher problem = PROBLEM.matcher(text);
            while (problem.find()) {
                String argument = firstArgument(text, problem.end());
                if (!(hasMaker && argument.equals("code"))) {
                    codes.addAll(codes(source, argument, constants));
                }
            }
        }
        return codes;
    }

    private static List<String> codes(Path source, String argument, Map<String, String> constants) {
        List<String> literals =
                LITERAL.matcher(argument).results().map(found -> found.group(1)).toList();
        Matcher named = NAMED.matcher(argument);
        if (named.matches() && constants.containsKey(named.group(1))) {
            return List.of(constants.get(named.group(1)));
        }
        if (literals.isEmpty() || !literals.stream().allMatch(code -> code.matches(CODE))) {
            throw new IllegalStateException(source + ": which code is " + argument + "?");
        }
        return literals;
    }

    /// From `start` to the comma that ends it.
    private static String firstArgument(String text, int start) {
        int end = start;
        boolean quoted = false;
        while (quoted || text.charAt(end) != ',') {
            quoted ^= text.charAt(end) == '"';
            end++;
        }
        return text.substring(start, end).strip();
    }

    private static Map<String, String> constants() {
        Map<String, String> constants = new TreeMap<>();
        for (Path source : Documents.sources()) {
            Matcher matcher = CONSTANT.matcher(Documents.read(source));
            while (matcher.find()) {
                constants.put(matcher.group(1), matcher.group(2));
            }
        }
        return constants;
    }

    /// The names of all metrics, as `GET /metrics` gives them.
    static SortedSet<String> metrics() {
        String text = Documents.read(Documents.sources("agent").stream()
                .filter(source -> source.endsWith("rest/Metrics.java"))
                .findFirst()
                .orElseThrow());
        return METRIC.matcher(text)
                .results()
                .map(found -> "understudy_" + found.group(2) + (found.group(1).equals("counter") ? "_total" : ""))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /// The kinds of all events that agents tell.
    static SortedSet<String> eventKinds() {
        SortedSet<String> kinds = new TreeSet<>();
        for (Path source : Documents.sources("agent")) {
            Matcher matcher = EVENT.matcher(Documents.read(source));
            while (matcher.find()) {
                kinds.add(matcher.group(1));
            }
        }
        return kinds;
    }
}
