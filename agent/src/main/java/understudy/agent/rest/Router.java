package understudy.agent.rest;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import understudy.model.Problem;

/// Finds the route for a request. Templates must not overlap: the first that fits is taken.
final class Router {
    static final String PREFIX = "/api/v1";

    private final List<Route> routes;
    private final List<Route> others;

    /// @param routes below [#PREFIX]
    /// @param others beside it
    Router(List<Route> routes, List<Route> others) {
        this.routes = List.copyOf(routes);
        this.others = List.copyOf(others);
    }

    /// A route and the path's parameters.
    record Match(Route route, Map<String, String> parameters) {}

    List<Route> routes() {
        return routes;
    }

    /// @throws Problem.Refused with `no-such-path` or `no-such-method`
    Match match(String method, String path) {
        boolean isBelow = path.startsWith(PREFIX + "/");
        String below = isBelow ? path.substring(PREFIX.length()) : path;
        List<Route> fitting = (isBelow ? routes : others)
                .stream().filter(r -> r.parameters(below).isPresent()).toList();
        if (fitting.isEmpty()) {
            throw noSuchPath(path).refused();
        }
        for (Route route : fitting) {
            Optional<Map<String, String>> parameters = route.parameters(below);
            if (route.method().equals(method) && parameters.isPresent()) {
                return new Match(route, parameters.orElseThrow());
            }
        }
        String allowed = fitting.stream().map(Route::method).sorted().collect(Collectors.joining(", "));
        throw Problem.of("no-such-method", path + " does not know " + clipped(method), "it knows " + allowed)
                .with("allow", allowed)
                .refused();
    }

    private static Problem noSuchPath(String path) {
        return Problem.of(
                "no-such-path", "there is no " + clipped(path), "the paths are listed in " + PREFIX + "/openapi.json");
    }

    private static String clipped(String text) {
        return text.length() <= 100 ? text : text.substring(0, 100) + "…";
    }
}
