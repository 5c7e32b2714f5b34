package understudy.agent.rest;

import static understudy.agent.rest.HttpStatus.CREATED;
import static understudy.agent.rest.HttpStatus.OK;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import understudy.api.Json;
import understudy.api.JsonProblems;
import understudy.api.ResyncTerms;
import understudy.api.Sha256;
import understudy.api.VmRequest;
import understudy.model.HostName;
import understudy.model.Problem;

/// The operations of the API: each takes its arguments from the request, asks [Control], and writes the answer.
final class Operations implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Operations.class);
    private static final int FOLLOWERS_MAX = 64;
    private static final long EVENTS_MAX = 1000;
    private static final long EVENTS_DEFAULT = 100;

    private final Control control;
    private final Set<EventStream> streams = ConcurrentHashMap.newKeySet();

    Operations(Control control) {
        this.control = control;
    }

    List<Route> routes() {
        return List.of(
                Route.of("GET", "/vms", e -> e.answer(OK, control.vms())),
                Route.of("POST", "/vms", this::create),
                Route.of("GET", "/vms/{name}", e -> e.answer(OK, control.vm(e.vm()))),
                Route.of("DELETE", "/vms/{name}", e -> e.answer(OK, control.delete(e.vm()))),
                Route.of("POST", "/vms/{name}/start", e -> e.answer(OK, control.start(e.vm()))),
                Route.of("POST", "/vms/{name}/stop", e -> e.answer(OK, control.stop(e.vm(), e.flag("force"))))
                        .with("force"),
                Route.of("POST", "/vms/{name}/level", e -> e.answer(OK, control.protect(e.vm(), e.level("level"))))
                        .with("level"),
                Route.of(
                                "POST",
                                "/vms/{name}/switchover",
                                e -> e.answer(
                                        OK, control.switchover(e.vm(), e.optionalHost("from"), e.optionalHost("to"))))
                        .with("from", "to"),
                Route.of("DELETE", "/vms/{name}/switchover", e -> e.answer(OK, control.stay(e.vm()))),
                Route.of(
                                "GET",
                                "/vms/{name}/force-start",
                                e -> e.answer(OK, control.forceStartPlan(e.vm(), e.optionalHost("host"))))
                        .with("host"),
                Route.of("POST", "/vms/{name}/force-start", this::forceStart).with("host", "view", "confirm"),
                Route.of("GET", "/volumes", e -> e.answer(OK, control.volumes())),
                Route.of(
                        "GET",
                        "/vms/{name}/volumes/{disk}",
                        e -> e.answer(OK, control.volume(e.vm(), e.parameter("disk")))),
                Route.of(
                                "POST",
                                "/vms/{name}/volumes/{disk}/grow",
                                e -> e.answer(OK, control.grow(e.vm(), e.parameter("disk"), e.size("size"))))
                        .with("size"),
                Route.of(
                        "POST",
                        "/vms/{name}/volumes/{disk}/scrub",
                        e -> e.answer(OK, control.scrub(e.vm(), e.parameter("disk")))),
                Route.of(
                                "POST",
                                "/vms/{name}/volumes/{disk}/resync",
                                e -> e.answer(OK, control.resync(e.vm(), e.parameter("disk"), terms(e))))
                        .with("paused", "limit"),
                Route.of("GET", "/vms/{name}/volumes/{disk}/content", this::export),
                Route.of("GET", "/hosts", e -> e.answer(OK, control.hosts())),
                Route.of("DELETE", "/hosts/{name}", e -> e.answer(OK, control.removeHost(e.host()))),
                Route.of("POST", "/hosts/{name}/maintenance", e -> e.answer(OK, control.maintain(e.host(), true))),
                Route.of("DELETE", "/hosts/{name}/maintenance", e -> e.answer(OK, control.maintain(e.host(), false))),
                Route.of("GET", "/rules", e -> e.answer(OK, control.rules())),
                Route.of("POST", "/rules", e -> e.answer(OK, control.setRule(e.rule())))
                        .with("kind", "vm", "other"),
                Route.of("DELETE", "/rules", e -> e.answer(OK, control.removeRule(e.queryVm("vm"), e.queryVm("other"))))
                        .with("vm", "other"),
                Route.of("GET", "/status", e -> e.answer(OK, control.status())),
                Route.of("GET", "/events", this::events).with("after", "limit"),
                Route.of("POST", "/files", this::store),
                Route.of("HEAD", "/files/{sha256}", this::holds),
                Route.of("GET", "/openapi.json", Operations::openApi));
    }

    /// What is not below the API's prefix, because others say where they look for it.
    List<Route> others() {
        return List.of(Route.of("GET", "/metrics", this::metrics));
    }

    private void metrics(Exchange exchange) throws IOException {
        Metrics.Page page = Metrics.of(control.status(), control.hosts(), control.vms(), exchange.header("Accept"));
        exchange.answer(page);
    }

    /// Ends all event streams.
    @Override
    public void close() {
        streams.forEach(EventStream::close);
    }

    private void create(Exchange exchange) throws IOException {
        VmRequest request;
        try {
            request = Json.vmRequest(exchange.json());
        } catch (JacksonException e) {
            throw JsonProblems.of(e).refused();
        }
        exchange.answer(CREATED, control.create(request));
    }

    private void forceStart(Exchange exchange) throws IOException {
        HostName host = exchange.optionalHost("host")
                .orElseThrow(() -> Exchange.badValue("host: the host of the plan that was shown", "host")
                        .refused());
        long view = exchange.number("view", 0, 1, Long.MAX_VALUE);
        String confirm = exchange.query("confirm").orElse("");
        exchange.answer(OK, control.forceStart(exchange.vm(), host, view, confirm, exchange.caller()));
    }

    private static ResyncTerms terms(Exchange exchange) {
        Optional<Boolean> paused = exchange.query("paused").map(_ -> exchange.flag("paused"));
        return new ResyncTerms(paused, exchange.query("limit").map(_ -> exchange.rate("limit")));
    }

    private void export(Exchange exchange) throws IOException {
        try (ExportAnswer answer = new ExportAnswer(exchange)) {
            try {
                control.export(exchange.vm(), exchange.parameter("disk"), answer);
            } catch (Problem.Refused refused) {
                if (!answer.fail(refused.problem())) {
                    throw refused;
                }
            }
        }
    }

    private void store(Exchange exchange) throws IOException {
        try (InputStream body = exchange.body(Exchange.FILE_BYTES_MAX)) {
            exchange.answer(CREATED, Map.of("sha256", Sha256.checked(control.store(body))));
        }
    }

    private void holds(Exchange exchange) throws IOException {
        String sha256 = exchange.parameter("sha256");
        exchange.answerEmpty(Sha256.isName(sha256) && control.holds(sha256) ? OK : 404);
    }

    private void events(Exchange exchange) throws IOException {
        if (exchange.header("Accept")
                .filter(a -> a.contains("text/event-stream"))
                .isPresent()) {
            follow(exchange);
            return;
        }
        int limit = (int) exchange.number("limit", EVENTS_DEFAULT, 1, EVENTS_MAX);
        exchange.answer(OK, control.events(exchange.number("after", 0, 0, Long.MAX_VALUE), limit));
    }

    private void follow(Exchange exchange) throws IOException {
        OptionalLong after = after(exchange);
        EventStream stream = new EventStream();
        if (streams.size() >= FOLLOWERS_MAX) {
            throw Problem.of("too-many-followers", "too many follow the events of this agent", "ask another agent")
                    .with("limit", FOLLOWERS_MAX)
                    .refused();
        }
        streams.add(stream);
        try {
            send(exchange, stream, after);
        } finally {
            streams.remove(stream);
        }
    }

    private void send(Exchange exchange, EventStream stream, OptionalLong after) throws IOException {
        AutoCloseable subscription = control.follow(stream);
        try (OutputStream out = exchange.eventStream()) {
            stream.send(control, after, out);
        } finally {
            close(subscription);
        }
    }

    /// A browser that connects again says in a header what it got last; that is newer than what its URL says.
    private static OptionalLong after(Exchange exchange) {
        Optional<String> lastEventId = exchange.header("Last-Event-ID");
        if (lastEventId.isPresent()) {
            return OptionalLong.of(Exchange.number("Last-Event-ID", lastEventId.orElseThrow(), 0, Long.MAX_VALUE));
        }
        return exchange.query("after").isPresent()
                ? OptionalLong.of(exchange.number("after", 0, 0, Long.MAX_VALUE))
                : OptionalLong.empty();
    }

    private static void openApi(Exchange exchange) throws IOException {
        try (InputStream document = Operations.class.getResourceAsStream("openapi.json")) {
            if (document == null) {
                throw new IllegalStateException("openapi.json is missing from the jar");
            }
            exchange.answer(OK, document.readAllBytes());
        }
    }

    private static void close(AutoCloseable subscription) {
        try {
            subscription.close();
        } catch (Exception e) {
            LOG.warn("a subscription to events could not be ended", e);
        }
    }
}
