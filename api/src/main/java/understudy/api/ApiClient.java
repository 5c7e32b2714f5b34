package understudy.api;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.PlacementRule;
import understudy.model.Problem;
import understudy.model.VmName;

/// Asks a cluster over its REST API. Any of its agents will do: they are tried in turn until one can be connected
/// to, and the one that answered last is tried first.
///
/// Every call blocks, and may be made by several threads at once. All of them throw [Problem.Refused]: with the
/// agent's own problem where it refused; with [#NO_CLUSTER] where no agent can be reached, so that nothing was
/// done; with [#NO_ANSWER] where an agent took the request and went away, so that it may or may not have been
/// done. A request that changes something is never sent twice.
public final class ApiClient implements AutoCloseable {
    /// Code of the problem that no agent can be reached.
    public static final String NO_CLUSTER = "no-cluster";

    /// Code of the problem that an agent took a request and did not answer it.
    public static final String NO_ANSWER = "no-answer";

    private static final Duration CONNECT_TIME_OUT = Duration.ofSeconds(1);

    /// For a question: another agent answers it just as well, and this one's host may have lost its power.
    private static final Duration QUESTION_TIME_OUT = Duration.ofSeconds(2);

    /// When none of them has answered in that time, all are asked once more: a machine may just be busy.
    private static final Duration BUSY_TIME_OUT = Duration.ofSeconds(20);

    private static final Duration ANSWER_TIME_OUT = Duration.ofSeconds(60);
    private static final Duration UPLOAD_TIME_OUT = Duration.ofMinutes(30);

    private static final int REFUSAL_BYTES_MAX = 1 << 20;

    private final HttpClient http;
    private final List<URI> urls;
    private volatile int preferred;

    /// @param urls where agents listen, such as `http://10.77.0.11:7700`; at least one
    public ApiClient(List<URI> urls) {
        if (urls.isEmpty()) {
            throw new IllegalArgumentException("no URL");
        }
        this.urls = List.copyOf(urls);
        this.http = HttpClient.newBuilder()
                .connectTimeout(CONNECT_TIME_OUT)
                .version(HttpClient.Version.HTTP_1_1)
                .executor(Executors.newThreadPerTaskExecutor(
                        Thread.ofVirtual().name("api-client-", 0).factory()))
                .build();
    }

    public List<VmStatus> vms() {
        return Arrays.asList(ask("GET", "/vms", VmStatus[].class));
    }

    public VmStatus vm(VmName name) {
        return ask("GET", "/vms/" + name, VmStatus.class);
    }

    public VmStatus create(VmRequest request) {
        Call call = new Call("POST", "/vms", ANSWER_TIME_OUT, () -> BodyPublishers.ofByteArray(Json.bytes(request)))
                .with("Content-Type", "application/json");
        return read(exchange(call), VmStatus.class);
    }

    public VmStatus start(VmName name) {
        return ask("POST", "/vms/" + name + "/start", VmStatus.class);
    }

    /// @param force whether to end it at once, without asking its guest
    public VmStatus stop(VmName name, boolean force) {
        return ask("POST", "/vms/" + name + "/stop" + (force ? "?force=true" : ""), VmStatus.class);
    }

    /// Has it protected at another level, be it running or not.
    public VmStatus protect(VmName name, Level level) {
        return ask("POST", "/vms/" + name + "/level?level=" + level, VmStatus.class);
    }

    /// Has it moved, running, to another host. Returns when that is recorded; [VmStatus#movingTo] is empty when
    /// it is done.
    ///
    /// @param from the host that it is to leave: if another one runs it, nothing is done. Empty if nobody runs it
    /// @param to   its other host if empty. One that is none of its hosts takes the place of that first
    public VmStatus switchover(VmName name, Optional<HostName> from, Optional<HostName> to) {
        String query = Stream.concat(from.map(it -> "from=" + it).stream(), to.map(it -> "to=" + it).stream())
                .collect(Collectors.joining("&"));
        return ask("POST", "/vms/" + name + "/switchover" + (query.isEmpty() ? "" : "?" + query), VmStatus.class);
    }

    /// Puts a host into maintenance, or ends that. Returns when it is recorded; [HandOver#maintain] waits for its
    /// VMs, too.
    public HostStatus maintain(HostName host, boolean on) {
        return ask(on ? "POST" : "DELETE", "/hosts/" + host + "/maintenance", HostStatus.class);
    }

    /// Forgets a host or a witness that is gone for good.
    ///
    /// @return what was known of it
    public HostStatus removeHost(HostName host) {
        return ask("DELETE", "/hosts/" + host, HostStatus.class);
    }

    public List<RuleStatus> rules() {
        return Arrays.asList(ask("GET", "/rules", RuleStatus[].class));
    }

    /// Says what is wanted of the hosts of two VMs, in the place of what was.
    public RuleStatus setRule(PlacementRule rule) {
        return ask(
                "POST",
                "/rules?kind=%s&vm=%s&other=%s".formatted(rule.kind(), rule.one(), rule.other()),
                RuleStatus.class);
    }

    public RuleStatus removeRule(VmName vm, VmName other) {
        return ask("DELETE", "/rules?vm=%s&other=%s".formatted(vm, other), RuleStatus.class);
    }

    /// Has one that is being moved stay, if it has not been handed over yet.
    public VmStatus stay(VmName name) {
        return ask("DELETE", "/vms/" + name + "/switchover", VmStatus.class);
    }

    /// What a forced start would begin from and cost.
    ///
    /// @param host where; empty for the only one on which it can be forced
    public ForceStartPlan forceStartPlan(VmName name, Optional<HostName> host) {
        String query = host.map(it -> "?host=" + it).orElse("");
        return ask("GET", "/vms/" + name + "/force-start" + query, ForceStartPlan.class);
    }

    /// Confirms a plan, and has it carried out.
    ///
    /// @param confirm the VM's name, as a person typed it
    public VmStatus forceStart(ForceStartPlan plan, VmName confirm) {
        String query = "?host=%s&view=%d&confirm=%s".formatted(plan.host(), plan.view(), confirm);
        return ask("POST", "/vms/" + plan.vm() + "/force-start" + query, VmStatus.class);
    }

    /// @return what it was
    public VmStatus delete(VmName name) {
        return ask("DELETE", "/vms/" + name, VmStatus.class);
    }

    public List<VolumeStatus> volumes() {
        return Arrays.asList(ask("GET", "/volumes", VolumeStatus[].class));
    }

    public VolumeStatus volume(VmName vm, String disk) {
        return ask("GET", "/vms/" + vm + "/volumes/" + disk, VolumeStatus.class);
    }

    /// @param size larger than it is; its VM must be stopped
    public VolumeStatus grow(VmName vm, String disk, ByteSize size) {
        return ask("POST", "/vms/" + vm + "/volumes/" + disk + "/grow?size=" + size, VolumeStatus.class);
    }

    /// Begins a scrub; its VM must run.
    public VolumeStatus scrub(VmName vm, String disk) {
        return ask("POST", "/vms/" + vm + "/volumes/" + disk + "/scrub", VolumeStatus.class);
    }

    /// Changes how a replica is brought back; its VM must run.
    public VolumeStatus resync(VmName vm, String disk, ResyncTerms terms) {
        List<String> query = new ArrayList<>();
        terms.paused().ifPresent(is -> query.add("paused=" + is));
        terms.limit().ifPresent(size -> query.add("limit=" + size));
        return ask(
                "POST", "/vms/" + vm + "/volumes/" + disk + "/resync?" + String.join("&", query), VolumeStatus.class);
    }

    /// Hands over what a volume of a stopped VM holds, piece by piece.
    ///
    /// @throws Problem.Refused also if it does not come to its end; the sink then has a part of it
    /// @throws IOException if the sink throws it
    public void export(VmName vm, String disk, VolumePieces.Sink sink) throws IOException {
        Call call = new Call(
                "GET", "/vms/" + vm + "/volumes/" + disk + "/content", ANSWER_TIME_OUT, BodyPublishers::noBody);
        HttpResponse<InputStream> response =
                exchange(call, BodyHandlers.ofInputStream()).response();
        try (InputStream body = response.body()) {
            if (response.statusCode() != 200) {
                throw refusal(response.statusCode(), body.readNBytes(REFUSAL_BYTES_MAX))
                        .refused();
            }
            VolumePieces.read(body, sink);
        }
    }

    public List<HostStatus> hosts() {
        return Arrays.asList(ask("GET", "/hosts", HostStatus[].class));
    }

    public ClusterStatus status() {
        return ask("GET", "/status", ClusterStatus.class);
    }

    /// Events after a sequence number, oldest first. Agents keep a bounded number of them.
    ///
    /// @param limit 1 to 1000
    public List<Event> events(long after, int limit) {
        return Arrays.asList(ask("GET", "/events?after=" + after + "&limit=" + limit, Event[].class));
    }

    /// Hands over the kept events after a sequence number and then every new one, in order, on the calling
    /// thread. Returns only when that thread is interrupted. Goes on where it was when the connection breaks,
    /// with another agent if need be.
    ///
    /// @throws Problem.Refused if no agent can be reached for half a minute, or one refuses
    public void follow(long after, Consumer<Event> consumer) {
        new EventFollower(this, after, consumer).run();
    }

    /// Whether the answering agent holds a file of this content.
    ///
    /// @param sha256 64 lower-case hexadecimal digits
    public boolean holds(String sha256) {
        Call call = new Call("HEAD", "/files/" + Sha256.checked(sha256), ANSWER_TIME_OUT, BodyPublishers::noBody);
        HttpResponse<byte[]> response = exchange(call);
        return switch (response.statusCode()) {
            case 200 -> true;
            case 404 -> false;
            default -> throw refusal(response.statusCode(), response.body()).refused();
        };
    }

    /// Sends a file.
    ///
    /// @param progress is told the bytes sent so far, often, on some thread
    /// @return the SHA-256 of what arrived
    public String upload(Path file, LongConsumer progress) {
        // A host that has lost its power leaves the connection of an earlier request hanging. A question finds that out
        // in two seconds, and another agent; a file would take half an hour.
        var _ = status();
        Call call = new Call("POST", "/files", UPLOAD_TIME_OUT, () -> CountedFile.publisher(file, progress))
                .with("Content-Type", "application/octet-stream");
        JsonNode sha256 = read(exchange(call), JsonNode.class).path("sha256");
        if (!sha256.isString() || !Sha256.isName(sha256.stringValue())) {
            throw strange("the name of an uploaded file is missing").refused();
        }
        return sha256.stringValue();
    }

    @Override
    public void close() {
        http.shutdownNow();
    }

    private <T> T ask(String method, String path, Class<T> type) {
        Duration timeOut = method.equals("GET") ? QUESTION_TIME_OUT : ANSWER_TIME_OUT;
        return read(exchange(new Call(method, path, timeOut, BodyPublishers::noBody)), type);
    }

    /// One request, as it is sent to any agent.
    ///
    /// @param body makes the body anew for each attempt
    record Call(String method, String path, Duration timeOut, Supplier<BodyPublisher> body, List<String> headers) {
        Call(String method, String path, Duration timeOut, Supplier<BodyPublisher> body) {
            this(method, path, timeOut, body, List.of());
        }

        Call with(String name, String value) {
            List<String> more = new ArrayList<>(headers);
            more.add(name);
            more.add(value);
            return new Call(method, path, timeOut, body, more);
        }

        Call patient() {
            return new Call(method, path, BUSY_TIME_OUT, body, headers);
        }

        boolean isQuickQuestion() {
            return changesNothing() && timeOut.equals(QUESTION_TIME_OUT);
        }

        boolean changesNothing() {
            return method.equals("GET") || method.equals("HEAD");
        }

        HttpRequest to(URI base) {
            String root = base.toString().replaceAll("/+$", "");
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(root + "/api/v1" + path))
                    .timeout(timeOut)
                    .method(method, body.get());
            if (!headers.isEmpty()) {
                request.headers(headers.toArray(String[]::new));
            }
            return request.build();
        }
    }

    private HttpResponse<byte[]> exchange(Call call) {
        return exchange(call, BodyHandlers.ofByteArray()).response();
    }

    /// An answer, and which agent gave it.
    record Answer<T>(int agent, HttpResponse<T> response) {}

    /// Tries the agents in turn. The next one is asked if one cannot be reached, and for requests that change
    /// nothing also if one goes away or has no majority.
    <T> Answer<T> exchange(Call call, HttpResponse.BodyHandler<T> handler) {
        List<String> failures = new ArrayList<>();
        List<Answer<T>> withoutQuorum = new ArrayList<>();
        boolean isBusy = false;
        for (int i = 0; i < urls.size(); i++) {
            int agent = (preferred + i) % urls.size();
            URI url = urls.get(agent);
            try {
                Answer<T> answer = new Answer<>(agent, http.send(call.to(url), handler));
                if (answer.response().statusCode() != 503 || !call.changesNothing()) {
                    preferred = agent;
                    return answer;
                }
                withoutQuorum.add(answer);
            } catch (ConnectException | HttpConnectTimeoutException e) {
                isBusy |= e instanceof HttpConnectTimeoutException;
                failures.add(url + ": " + text(e));
            } catch (IOException e) {
                if (!call.changesNothing()) {
                    throw unknownOutcome(url, e).refused();
                }
                isBusy |= e instanceof HttpTimeoutException;
                failures.add(url + ": " + text(e));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw interrupted().refused();
            }
        }
        if (!withoutQuorum.isEmpty()) {
            return withoutQuorum.getFirst();
        }
        if (isBusy && call.isQuickQuestion()) {
            return exchange(call.patient(), handler);
        }
        throw noCluster(failures).refused();
    }

    private static <T> T read(HttpResponse<byte[]> response, Class<T> type) {
        if (response.statusCode() / 100 != 2) {
            throw refusal(response.statusCode(), response.body()).refused();
        }
        try {
            return Json.answer(response.body(), type);
        } catch (JacksonException e) {
            throw strange(e.getOriginalMessage()).with("url", response.uri()).refused();
        }
    }

    /// The problem in an answer that is not a success.
    static Problem refusal(int status, byte[] body) {
        try {
            return Json.answer(body, Problem.class);
        } catch (JacksonException e) {
            return strange("HTTP status " + status + " without a problem that could be read");
        }
    }

    private static Problem strange(String why) {
        return Problem.of(
                        "bad-answer",
                        "what answered is not an agent of Understudy, or not one of this version",
                        "check the URL, and that client and agents are of the same or of adjacent versions")
                .because(why);
    }

    private static Problem noCluster(List<String> failures) {
        return Problem.of(
                        NO_CLUSTER,
                        "no agent of the cluster can be reached",
                        "check that the agents run and that the URLs are theirs (--url, UNDERSTUDY_URL)")
                .because(String.join("; ", failures));
    }

    private static Problem unknownOutcome(URI url, IOException failure) {
        return Problem.of(
                        NO_ANSWER,
                        "the agent took the request and did not answer: it may have been done or not",
                        "look at the VM (understudy vm list), then repeat it if it was not done")
                .because(url + ": " + text(failure));
    }

    static Problem interrupted() {
        return Problem.of("interrupted", "interrupted while waiting for the cluster", "");
    }

    private static String text(IOException failure) {
        if (failure instanceof HttpConnectTimeoutException) {
            return "no connection within " + CONNECT_TIME_OUT.toSeconds() + " s";
        }
        if (failure instanceof ConnectException) {
            return "connection refused or no route";
        }
        return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
    }
}
