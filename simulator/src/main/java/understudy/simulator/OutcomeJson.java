package understudy.simulator;

import java.util.stream.Collectors;

/// An [Outcome] as the one-line JSON object of the outer surface. Written by hand: this module has no JSON
/// library, and needs no more than strings and numbers.
final class OutcomeJson {
    private OutcomeJson() {}

    static String of(Outcome outcome) {
        return "{" + fields(outcome, outcome.verdict()) + "}";
    }

    static String of(ScenarioOutcome played) {
        String failures = played.failures().stream()
                .map(it -> "{\"ms\":%d,\"line\":%d,\"text\":%s}".formatted(it.ms(), it.line(), quoted(it.text())))
                .collect(Collectors.joining(","));
        return "{\"scenario\":%s,\"file\":%s,%s,\"failures\":[%s]}"
                .formatted(
                        quoted(played.scenario().name()),
                        quoted(played.scenario().file()),
                        fields(played.outcome(), played.verdict()),
                        failures);
    }

    private static String fields(Outcome outcome, String verdict) {
        String violations = outcome.violations().stream()
                .map(it -> "{\"ms\":%d,\"invariant\":%s,\"text\":%s}"
                        .formatted(it.ms(), quoted(it.invariant()), quoted(it.text())))
                .collect(Collectors.joining(","));
        String timeline = outcome.timeline().stream().map(OutcomeJson::entry).collect(Collectors.joining(","));
        String vms = outcome.end().stream()
                .map(it -> "%s:{\"state\":%s,\"active\":%s,\"standby\":%s}"
                        .formatted(quoted(it.vm()), quoted(it.state()), orNull(it.active()), orNull(it.standby())))
                .collect(Collectors.joining(","));
        return "\"seed\":%d,\"verdict\":%s,\"violations\":[%s],\"timeline\":[%s],\"end\":{\"vms\":{%s}}"
                .formatted(outcome.seed(), quoted(verdict), violations, timeline, vms);
    }

    private static String entry(TimelineEntry it) {
        return "{\"ms\":%d,\"event\":%s,\"vm\":%s,\"host\":%s,\"text\":%s}"
                .formatted(it.ms(), quoted(it.event()), orNull(it.vm()), orNull(it.host()), quoted(it.text()));
    }

    private static String orNull(String text) {
        return text.isEmpty() ? "null" : quoted(text);
    }

    static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> quoted.append('\\').append(c);
                default -> {
                    if (c < ' ') {
                        quoted.append("\\u%04x".formatted((int) c));
                    } else {
                        quoted.append(c);
                    }
                }
            }
        }
        return quoted.append('"').toString();
    }
}
