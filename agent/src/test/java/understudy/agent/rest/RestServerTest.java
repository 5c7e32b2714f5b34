package understudy.agent.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import understudy.api.Event.Severity;
import understudy.api.Json;

class RestServerTest {
    private static final String WISH = "{\"name\":\"web-1\",\"level\":\"system\",\"memory\":\"512M\"}";

    private final MemoryCluster cluster = new MemoryCluster();
    private final HttpClient http = HttpClient.newHttpClient();
    private final RestServer server = listen(cluster);

    @BeforeEach
    void anAgentListens() {
        assertThat(server.urls()).hasSize(1);
    }

    @AfterEach
    void nothingIsLeft() {
        server.close();
        http.shutdownNow();
    }

    @Test
    void aVmIsCreatedShownStoppedAndDeleted() throws Exception {
        assertThat(post("/vms", WISH).statusCode()).isEqualTo(201);
        assertThat(json(get("/vms/web-1")).path("state").asString()).isEqualTo("starting");
        assertThat(json(get("/vms/web-1")).path("state").asString()).isEqualTo("running");
        assertThat(json(get("/vms/web-1")).path("protected").asBoolean()).isTrue();
        assertThat(code(send("DELETE", "/vms/web-1", ""))).isEqualTo("409 vm-runs");
        assertThat(json(send("POST", "/vms/web-1/stop?force=true", ""))
                        .path("state")
                        .asString())
                .isEqualTo("stopped");
        assertThat(send("DELETE", "/vms/web-1", "").statusCode()).isEqualTo(200);
        assertThat(code(get("/vms/web-1"))).isEqualTo("404 no-such-vm");
    }

    @Test
    void whatIsWrongIsAnsweredWithAProblemAndAFittingStatus() throws Exception {
        assertThat(code(get("/nothing"))).isEqualTo("404 no-such-path");
        assertThat(code(get("/vms/"))).isEqualTo("400 bad-value");
        assertThat(code(get("/vms/UPPER"))).isEqualTo("400 bad-value");
        assertThat(code(get("/vms/a%20b"))).isEqualTo("400 bad-value");
        assertThat(code(get("/vms?color=red"))).isEqualTo("400 bad-value");
        assertThat(code(get("/events?limit=0"))).isEqualTo("400 bad-value");
        assertThat(code(get("/events?after=-1"))).isEqualTo("400 bad-value");
        assertThat(code(get("/events?after=1&after=2"))).isEqualTo("400 bad-value");
        assertThat(code(send("POST", "/vms/web-1/stop?force=perhaps", ""))).isEqualTo("400 bad-value");
        assertThat(code(post("/vms", "{"))).isEqualTo("400 bad-json");
        assertThat(code(post("/vms", ""))).isEqualTo("400 bad-value");
        assertThat(code(post("/vms", WISH.replace("}", ",\"color\":1}")))).isEqualTo("400 bad-value");
        assertThat(code(post("/vms", WISH.replace("system", "restart")))).isEqualTo("422 not-yet");
        assertThat(post("/vms", WISH).statusCode()).isEqualTo(201);
        assertThat(code(post("/vms", WISH))).isEqualTo("409 vm-name-taken");
        cluster.quorum(false);
        assertThat(code(post("/vms", WISH))).isEqualTo("503 no-quorum");
    }

    @Test
    void metricsAreInTheFormThatTheCallerReads() throws Exception {
        assertThat(post("/vms", WISH).statusCode()).isEqualTo(201);
        // Each look at a new VM brings it on.
        assertThat(get("/vms/web-1").statusCode()).isEqualTo(200);
        assertThat(get("/vms/web-1").statusCode()).isEqualTo(200);
        HttpResponse<String> plain = metrics("text/plain");
        assertThat(plain.statusCode()).isEqualTo(200);
        assertThat(plain.headers().firstValue("Content-Type").orElse("")).startsWith("text/plain; version=0.0.4");
        assertThat(plain.body().lines().filter(line -> !line.startsWith("#")))
                .allMatch(line ->
                        line.matches("understudy_[a-z_]+(\\{[a-z]+=\"[^\"]*\"(,[a-z]+=\"[^\"]*\")*\\})? -?[0-9.E-]+"))
                .contains(
                        "understudy_vm_protected{vm=\"web-1\"} 1.0",
                        "understudy_vm_state{state=\"running\",vm=\"web-1\"} 1.0",
                        "understudy_vm_state{state=\"failed\",vm=\"web-1\"} 0.0",
                        "understudy_vm_checkpoints_total{vm=\"web-1\"} 4711.0",
                        "understudy_vm_checkpoint_pause_seconds{quantile=\"0.99\",vm=\"web-1\"} 0.0032",
                        "understudy_host_state{host=\"h1\",state=\"up\"} 1.0");
        assertThat(metrics("application/openmetrics-text; version=1.0.0").body())
                .endsWith("# EOF\n");
        assertThat(metrics("*/*").body()).isEqualTo(metrics("text/plain").body());
        assertThat(code(get("/metrics"))).isEqualTo("404 no-such-path");
    }

    private HttpResponse<String> metrics(String accept) throws Exception {
        URI uri = server.urls().getFirst().resolve("/metrics");
        return http.send(HttpRequest.newBuilder(uri).header("Accept", accept).build(), BodyHandlers.ofString());
    }

    @Test
    void aMethodThatAPathDoesNotKnowIsAnsweredWithThoseItKnows() throws Exception {
        HttpResponse<String> answer = send("PUT", "/vms", WISH);
        assertThat(code(answer)).isEqualTo("405 no-such-method");
        assertThat(answer.headers().firstValue("Allow")).contains("GET, POST");
    }

    @Test
    void aBodyThatIsNotDeclaredToBeJsonIsRefused() throws Exception {
        HttpRequest form = request("/vms")
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString(WISH))
                .build();
        assertThat(code(http.send(form, BodyHandlers.ofString()))).isEqualTo("415 wrong-type");
    }

    @Test
    void aBodyOfMoreThanAMebibyteIsRefused() throws Exception {
        String padded = WISH.replace("}", ",\"append\":\"" + "x".repeat(2 << 20) + "\"}");
        assertThat(code(post("/vms", padded))).isEqualTo("413 too-large");
    }

    @Test
    void aFileIsKeptUnderTheNameOfItsContent() throws Exception {
        String empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assertThat(send("HEAD", "/files/" + empty, "").statusCode()).isEqualTo(404);
        assertThat(json(send("POST", "/files", "")).path("sha256").asString()).isEqualTo(empty);
        assertThat(send("HEAD", "/files/" + empty, "").statusCode()).isEqualTo(200);
        assertThat(send("HEAD", "/files/short", "").statusCode()).isEqualTo(404);
    }

    @Test
    void aFileOfMoreThanSixteenGibibytesIsRefusedBeforeItIsSent() throws IOException {
        assertThat(raw(head("POST /api/v1/files", "Content-Length: 17179869185")))
                .startsWith("HTTP/1.1 413")
                .contains("\"code\":\"too-large\"");
    }

    @Test
    void aFileWhoseTransferBreaksIsNotKept() throws IOException {
        try (Socket socket = connect()) {
            OutputStream out = socket.getOutputStream();
            out.write(head("POST /api/v1/files", "Content-Length: 10"));
            out.write("half".getBytes(UTF_8));
            out.flush();
            socket.shutdownOutput();
            socket.getInputStream().readAllBytes();
        }
        assertThat(cluster.stores()).isZero();
    }

    @Test
    void eventsAreSentAsTheyComeAndFromWhereAFollowerWas() throws IOException {
        cluster.happen("host-up", Severity.INFO, "h2 is up");
        cluster.happen("host-lost", Severity.WARNING, "h2 is lost");
        try (Socket socket = connect()) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(head("GET /api/v1/events", "Accept: text/event-stream", "Last-Event-ID: 1"));
            BufferedReader lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
            assertThat(untilData(lines)).contains("\"sequence\":2");
            cluster.happen("host-up", Severity.INFO, "h2 is up again");
            assertThat(untilData(lines)).contains("\"sequence\":3").contains("h2 is up again");
            assertThat(cluster.followers()).isEqualTo(1);
            server.close();
        }
        await().untilAsserted(() -> assertThat(cluster.followers()).isZero());
    }

    @Test
    void requestsThatAreNotHttpGetNoStackTrace() throws IOException {
        assertThat(raw(new byte[] {0x16, 3, 1, 'h', 'e', 'l', 'l', 'o', '\r', '\n', '\r', '\n'}))
                .doesNotContain("at org.")
                .doesNotContain("at java.");
        assertThat(raw(head("GET /api/v1/%zz"))).startsWith("HTTP/1.1 400").doesNotContain("at org.");
        assertThat(raw(head("GET /api/v1/vms/../../etc")))
                .startsWith("HTTP/1.1 4")
                .doesNotContain("at org.");
        assertThat(raw(head("GET /api/v1/vms", "X: " + "x".repeat(20_000))))
                .startsWith("HTTP/1.1 431")
                .doesNotContain("at org.");
    }

    /// Whatever is sent, a problem comes back, never a bug's, and never a stack trace.
    @Test
    void noBodyBringsTheAgentDown() throws Exception {
        long seed = new SplittableRandom().nextLong();
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 400; i++) {
            byte[] body = mutated(random, WISH.replace("}", ",\"nics\":[{\"mac\":null}],\"cpus\":2}"));
            HttpResponse<String> answer = http.send(
                    request("/vms")
                            .header("Content-Type", "application/json")
                            .POST(BodyPublishers.ofByteArray(body))
                            .build(),
                    BodyHandlers.ofString());
            assertThat(answer.statusCode()).as("seed %d, body %d", seed, i).isIn(201, 400, 409, 422);
            assertThat(answer.body())
                    .as("seed %d, body %d", seed, i)
                    .startsWith("{")
                    .doesNotContain("tools.jackson");
        }
    }

    private static byte[] mutated(SplittableRandom random, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        for (int i = random.nextInt(4); i >= 0; i--) {
            bytes[random.nextInt(bytes.length)] =
                    (byte) (random.nextBoolean() ? "{}[]\",:0".charAt(random.nextInt(8)) : random.nextInt(256));
        }
        return random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
    }

    private static String untilData(BufferedReader lines) throws IOException {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.startsWith("data:")) {
                return line;
            }
        }
        return "the end";
    }

    private static RestServer listen(Control control) {
        try {
            return new RestServer(control, List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Socket connect() throws IOException {
        URI url = server.urls().getFirst();
        return new Socket(url.getHost(), url.getPort());
    }

    private static byte[] head(String methodAndPath, String... headers) {
        List<String> lines = new ArrayList<>(List.of(methodAndPath + " HTTP/1.1", "Host: h"));
        lines.addAll(Arrays.asList(headers));
        return (String.join("\r\n", lines) + "\r\n\r\n").getBytes(UTF_8);
    }

    private String raw(byte[] request) throws IOException {
        try (Socket socket = connect()) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(request);
            byte[] answer = new byte[4096];
            int length = Math.max(0, socket.getInputStream().read(answer));
            return new String(answer, 0, length, UTF_8);
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(server.urls().getFirst() + "/api/v1" + path))
                .timeout(Duration.ofSeconds(20));
    }

    private HttpResponse<String> get(String path) throws Exception {
        return send("GET", path, "");
    }

    private HttpResponse<String> post(String path, String body) throws Exception {
        return http.send(
                request(path)
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private HttpResponse<String> send(String method, String path, String body) throws Exception {
        return http.send(
                request(path).method(method, BodyPublishers.ofString(body)).build(), BodyHandlers.ofString());
    }

    private static JsonNode json(HttpResponse<String> answer) {
        return Json.tree(answer.body().getBytes(UTF_8));
    }

    private static String code(HttpResponse<String> answer) {
        return answer.statusCode() + " " + json(answer).path("code").asString();
    }
}
