package understudy.agent.rest;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One operation of the API.
///
/// @param template a path below `/api/v1`, with `{…}` for a segment that is a parameter
/// @param queries  the query parameters that it knows
record Route(String method, String template, List<String> queries, Action action) {
    Route {
        queries = List.copyOf(queries);
    }

    static Route of(String method, String template, Action action) {
        return new Route(method, template, List.of(), action);
    }

    Route with(String... names) {
        return new Route(method, template, List.of(names), action);
    }

    @FunctionalInterface
    interface Action {
        void answer(Exchange exchange) throws IOException;
    }

    /// The path's parameters, if this route's template fits it.
    Optional<Map<String, String>> parameters(String path) {
        String[] wanted = template.split("/", -1);
        String[] given = path.split("/", -1);
        if (wanted.length != given.length) {
            return Optional.empty();
        }
        Map<String, String> parameters = new HashMap<>();
        for (int i = 0; i < wanted.length; i++) {
            if (wanted[i].startsWith("{")) {
                parameters.put(wanted[i].substring(1, wanted[i].length() - 1), given[i]);
            } else if (!wanted[i].equals(given[i])) {
                return Optional.empty();
            }
        }
        return Optional.of(parameters);
    }
}
