package understudy.agent.rest;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Fields;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import understudy.api.Json;
import understudy.api.JsonProblems;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.PlacementRule;
import understudy.model.PlacementRule.Kind;
import understudy.model.Problem;
import understudy.model.VmName;
import understudy.model.VolumeSpec;

/// One request and its answer. Used by one thread.
final class Exchange {
    static final long JSON_BYTES_MAX = 1L << 20;
    static final long FILE_BYTES_MAX = 16L << 30;

    private final Request request;
    private final Response response;
    private final Map<String, String> parameters;
    private final Map<String, String> queries;

    private Exchange(Request request, Response response, Map<String, String> parameters, Map<String, String> queries) {
        this.request = request;
        this.response = response;
        this.parameters = parameters;
        this.queries = queries;
    }

    /// @throws Problem.Refused with `bad-value` for a query parameter that the route does not know or that is
    /// repeated
    static Exchange of(Request request, Response response, Router.Match match) {
        return new Exchange(request, response, match.parameters(), queries(request, match.route()));
    }

    /// Of which no more is known yet than that it must be answered.
    static Exchange unmatched(Request request, Response response) {
        return new Exchange(request, response, Map.of(), Map.of());
    }

    /// A segment of the path; empty if the template has no such parameter.
    String parameter(String name) {
        return parameters.getOrDefault(name, "");
    }

    VmName vm() {
        try {
            return new VmName(parameter("name"));
        } catch (IllegalArgumentException e) {
            throw badValue(String.valueOf(e.getMessage()), "name").refused();
        }
    }

    HostName host() {
        try {
            return new HostName(parameter("name"));
        } catch (IllegalArgumentException e) {
            throw badValue(String.valueOf(e.getMessage()), "name").refused();
        }
    }

    /// @throws Problem.Refused with `bad-value` if the query parameter is there and no name of a host
    Optional<HostName> optionalHost(String name) {
        try {
            return query(name).map(HostName::new);
        } catch (IllegalArgumentException e) {
            throw badValue(name + ": " + e.getMessage(), name).refused();
        }
    }

    /// Where the request comes from.
    String caller() {
        return Request.getRemoteAddr(request);
    }

    Optional<String> header(String name) {
        return Optional.ofNullable(request.getHeaders().get(name));
    }

    Optional<String> query(String name) {
        return Optional.ofNullable(queries.get(name));
    }

    /// @throws Problem.Refused with `bad-value` if the query parameter is not a whole number from `min` to `max`
    ///
    long number(String name, long otherwise, long min, long max) {
        return number(name, query(name).orElse(Long.toString(otherwise)), min, max);
    }

    static long number(String name, String text, long min, long max) {
        try {
            long number = Long.parseLong(text);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Refused below, like a number out of range.
        }
        throw badValue("%s: '%s' is no whole number from %d to %d".formatted(name, text, min, max), name)
                .refused();
    }

    /// @throws Problem.Refused with `bad-value` if the query parameter is missing or no size that a disk can have
    ByteSize size(String name) {
        try {
            ByteSize size = ByteSize.parse(query(name).orElse(""));
            VolumeSpec.checkSize(size);
            return size;
        } catch (IllegalArgumentException e) {
            throw badValue(name + ": " + e.getMessage(), name).refused();
        }
    }

    /// @throws Problem.Refused with `bad-value` if the query parameter is missing or no level
    Level level(String name) {
        try {
            return Level.parse(query(name).orElse(""));
        } catch (IllegalArgumentException e) {
            throw badValue(name + ": " + e.getMessage(), name).refused();
        }
    }

    /// @throws Problem.Refused with `bad-value` if a query parameter is missing, or the two VMs are one
    PlacementRule rule() {
        try {
            return PlacementRule.of(Kind.parse(query("kind").orElse("")), queryVm("vm"), queryVm("other"));
        } catch (IllegalArgumentException e) {
            throw badValue("rule: " + e.getMessage(), "kind").refused();
        }
    }

    /// @throws Problem.Refused with `bad-value` if the query parameter is missing or no name of a VM
    VmName queryVm(String name) {
        try {
            return new VmName(query(name).orElse(""));
        } catch (IllegalArgumentException e) {
            throw badValue(name + ": " + e.getMessage(), name).refused();
        }
    }

    /// Bytes in a second; 0 for any number.
    ///
    /// @throws Problem.Refused with `bad-value` if the query parameter is no size
    ByteSize rate(String name) {
        try {
            return ByteSize.parse(query(name).orElse(""));
        } catch (IllegalArgumentException e) {
            throw badValue(name + ": " + e.getMessage(), name).refused();
        }
    }

    /// @throws Problem.Refused with `bad-value` if the query parameter is neither `true` nor `false`
    boolean flag(String name) {
        return switch (query(name).orElse("false")) {
            case "true" -> true;
            case "false" -> false;
            default -> throw badValue(name + ": true or false", name).refused();
        };
    }

    private static Map<String, String> queries(Request request, Route route) {
        Map<String, String> queries = new HashMap<>();
        for (Fields.Field field : fields(request)) {
            if (!route.queries().contains(field.getName()) || field.hasMultipleValues()) {
                String known = route.queries().isEmpty() ? "there are none here" : "known: " + route.queries();
                throw Problem.of("bad-value", "unknown or repeated query parameter '" + field.getName() + "'", known)
                        .with("parameter", field.getName())
                        .refused();
            }
            queries.put(field.getName(), field.getValue());
        }
        return queries;
    }

    private static Fields fields(Request request) {
        try {
            return Request.extractQueryParameters(request, StandardCharsets.UTF_8);
        } catch (RuntimeException e) {
            throw badValue("the query cannot be read", "query").refused();
        }
    }

    /// @throws Problem.Refused with `wrong-type`, `too-large` or `bad-json`
    JsonNode json() throws IOException {
        String type = header("Content-Type").orElse("").toLowerCase(Locale.ROOT);
        if (!type.equals("application/json") && !type.startsWith("application/json;")) {
            throw Problem.of("wrong-type", "the body must be JSON", "send it with Content-Type: application/json")
                    .refused();
        }
        try (InputStream body = body(JSON_BYTES_MAX)) {
            return Json.tree(body.readAllBytes());
        } catch (JacksonException e) {
            throw JsonProblems.of(e).refused();
        }
    }

    /// @throws Problem.Refused with `too-large`, here or when the stream is read past the limit
    InputStream body(long limit) {
        // A declared length is not trusted to be true, but it spares everybody a long transfer.
        if (limit == FILE_BYTES_MAX && request.getLength() > limit) {
            throw BoundedBody.tooLarge(limit).refused();
        }
        return new BoundedBody(Content.Source.asInputStream(request), limit);
    }

    void answer(int status, Object document) throws IOException {
        answer(status, Json.bytes(document));
    }

    void answer(int status, byte[] json) throws IOException {
        response.setStatus(status);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
        write(json);
    }

    void answer(Metrics.Page page) throws IOException {
        response.setStatus(HttpStatus.OK);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, page.contentType());
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
        write(page.text().getBytes(StandardCharsets.UTF_8));
    }

    void answer(Problem problem) throws IOException {
        Optional.ofNullable(problem.details().get("allow"))
                .ifPresent(allowed -> response.getHeaders().put(HttpHeader.ALLOW, allowed));
        answer(HttpStatus.of(problem), problem);
    }

    /// An answer without a body.
    void answerEmpty(int status) throws IOException {
        response.setStatus(status);
        write(new byte[0]);
    }

    /// Begins a stream of server-sent events, to be written to piece by piece.
    OutputStream eventStream() {
        return stream("text/event-stream");
    }

    /// Begins an answer of a length that is not known yet.
    OutputStream stream(String contentType) {
        response.setStatus(HttpStatus.OK);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, contentType);
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
        return Content.Sink.asOutputStream(response);
    }

    private void write(byte[] body) throws IOException {
        Callback.Completable written = new Callback.Completable();
        response.write(true, ByteBuffer.wrap(body), written);
        try {
            written.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (ExecutionException e) {
            throw new IOException("the caller has gone", e);
        }
    }

    static Problem badValue(String message, String field) {
        return Problem.of("bad-value", message, "correct it and send it again").with("field", field);
    }
}
