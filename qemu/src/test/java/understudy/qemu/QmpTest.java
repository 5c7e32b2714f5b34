package understudy.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import understudy.qemu.QmpException.Kind;

class QmpTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final byte[] GREETING = FakeQmpServer.bytes(FakeQmpServer.GREETING);

    @Test
    void aRefusalCarriesQemusOwnWords() throws IOException {
        try (FakeQmpServer server = server(c -> FakeQmpServer.bytes(
                        "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no such disk\"}, \"id\": " + c.path("id")
                                + "}\n"));
                Qmp qmp = Qmp.connect(server.socket(), LIMIT, _ -> {})) {
            assertThatThrownBy(() -> qmp.execute("eject", LIMIT)).isInstanceOfSatisfying(QmpException.class, e -> {
                assertThat(e.kind()).isEqualTo(Kind.REFUSED);
                assertThat(e.errorClass()).isEqualTo("GenericError");
                assertThat(e).hasMessageContaining("eject").hasMessageContaining("no such disk");
            });
        }
    }

    @Test
    void eventsComeInOrderWithQemusTime() throws Exception {
        List<QmpEvent> events = new CopyOnWriteArrayList<>();
        String two = """
                {"event": "STOP", "timestamp": {"seconds": 2, "microseconds": 3}}
                {"event": "RESUME", "timestamp": {"seconds": -1, "microseconds": -1}}
                """;
        try (FakeQmpServer server = server(c -> after(two, c));
                Qmp qmp = Qmp.connect(server.socket(), LIMIT, events::add)) {
            qmp.execute("stop", LIMIT);
            assertThat(events).extracting(QmpEvent::name).containsExactly("STOP", "RESUME");
            assertThat(events).extracting(QmpEvent::microseconds).containsExactly(2_000_003L, -1L);
        }
    }

    @Test
    void aListenerThatThrowsDisturbsNobody() throws IOException {
        String event = "{\"event\": \"STOP\"}\n";
        try (FakeQmpServer server = server(c -> after(event, c));
                Qmp qmp = Qmp.connect(server.socket(), LIMIT, _ -> {
                    throw new IllegalStateException("on purpose");
                })) {
            assertThat(qmp.execute("stop", LIMIT).isObject()).isTrue();
        }
    }

    @Test
    void anAnswerThatComesTooLateIsDropped() throws IOException {
        CompletableFuture<byte[]> late = new CompletableFuture<>();
        try (FakeQmpServer server = server(c -> {
                    if (c.path("execute").asString("").equals("slow")) {
                        return late.completeOnTimeout(FakeQmpServer.agree(c), 100, TimeUnit.MILLISECONDS)
                                .join();
                    }
                    return FakeQmpServer.agree(c);
                });
                Qmp qmp = Qmp.connect(server.socket(), LIMIT, _ -> {})) {
            QmpException e = catchThrowableOfType(QmpException.class, () -> qmp.execute("slow", Duration.ofMillis(1)));
            assertThat(e.kind()).isEqualTo(Kind.TIMED_OUT);
            assertThat(qmp.execute("query-status", LIMIT).isObject()).isTrue();
        }
    }

    @Test
    void aPrimedCommandIsCarriedOutWhenItIsIssued() throws Exception {
        List<String> commands = new CopyOnWriteArrayList<>();
        try (FakeQmpServer server = server(c -> {
                    commands.add(c.path("execute").asString(""));
                    return FakeQmpServer.agree(c);
                });
                Qmp qmp = Qmp.connect(server.socket(), LIMIT, _ -> {})) {
            Qmp.Primed save = qmp.prime("save", Map.of("filename", "f"));
            assertThatThrownBy(() -> qmp.execute("stop", LIMIT)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> qmp.prime("save", Map.of())).isInstanceOf(IllegalStateException.class);
            assertThat(commands).doesNotContain("save");
            assertThat(save.issue()).succeedsWithin(LIMIT);
            assertThat(qmp.execute("stop", LIMIT).isObject()).isTrue();
            assertThat(commands).containsExactly("save", "stop");
        }
    }

    @Test
    void aPrimedCommandFailsWithItsConnection() throws Exception {
        try (FakeQmpServer server = server(FakeQmpServer::agree)) {
            Qmp qmp = Qmp.connect(server.socket(), LIMIT, _ -> {});
            Qmp.Primed save = qmp.prime("save", Map.of());
            qmp.close();
            assertThat(save.issue()).failsWithin(LIMIT);
            assertThatThrownBy(() -> qmp.prime("save", Map.of())).isInstanceOf(QmpException.class);
        }
    }

    @Test
    void whenTheConnectionEndsEveryWaiterFails() throws Exception {
        try (FakeQmpServer server = server(_ -> new byte[0]);
                Qmp qmp = Qmp.connect(server.socket(), LIMIT, _ -> {})) {
            CompletableFuture<JsonNode> one = qmp.executeAsync("one", Map.of());
            CompletableFuture<JsonNode> two = qmp.executeAsync("two", Map.of());
            assertThat(one).failsWithin(LIMIT);
            assertThat(two).failsWithin(LIMIT);
            assertThat(qmp.ended().get(10, TimeUnit.SECONDS).kind()).isEqualTo(Kind.DISCONNECTED);
            QmpException e = catchThrowableOfType(QmpException.class, () -> qmp.execute("three", LIMIT));
            assertThat(e.kind()).isEqualTo(Kind.DISCONNECTED);
        }
    }

    @Test
    void closingFailsTheWaitersToo() throws IOException {
        CompletableFuture<byte[]> never = new CompletableFuture<>();
        try (FakeQmpServer server = server(_ -> never.join())) {
            Qmp qmp = Qmp.connect(server.socket(), LIMIT, _ -> {});
            CompletableFuture<JsonNode> waiting = qmp.executeAsync("one", Map.of());
            qmp.close();
            assertThat(waiting).failsWithin(LIMIT);
            never.complete(new byte[0]);
        }
    }

    @Test
    void moreWaitingCommandsThanTheLimitAreRefused() throws IOException {
        CompletableFuture<byte[]> never = new CompletableFuture<>();
        try (FakeQmpServer server = server(_ -> never.join());
                Qmp qmp = Qmp.connect(server.socket(), LIMIT, _ -> {})) {
            for (int i = 0; i < 64; i++) {
                assertThat(qmp.executeAsync("wait", Map.of())).isNotDone();
            }
            assertThat(qmp.executeAsync("wait", Map.of())).failsWithin(LIMIT);
            never.complete(new byte[0]);
        }
    }

    @Test
    void nobodyListeningIsOneClearError() {
        assertThatThrownBy(() -> Qmp.connect(Path.of("/nowhere/qmp"), LIMIT, _ -> {}))
                .hasMessageContaining("no QEMU answers at /nowhere/qmp");
    }

    @Test
    void everyTornGreetingFails() throws IOException {
        for (int length = 0; length < GREETING.length - 1; length++) {
            byte[] torn = Arrays.copyOf(GREETING, length + 1);
            torn[length] = '\n';
            try (FakeQmpServer server = new FakeQmpServer(torn, FakeQmpServer::agree)) {
                QmpException e = catchThrowableOfType(
                        QmpException.class,
                        () -> Qmp.connect(server.socket(), LIMIT, _ -> {}).close());
                assertThat(e.kind()).as("first %d bytes", length).isEqualTo(Kind.GARBAGE);
            }
        }
    }

    @Test
    void aLineWithoutEndIsBounded() throws IOException {
        byte[] endless = new byte[JsonLines.LINE_MAX + 1];
        Arrays.fill(endless, (byte) ' ');
        try (FakeQmpServer server = new FakeQmpServer(endless, FakeQmpServer::agree)) {
            QmpException e = catchThrowableOfType(
                    QmpException.class,
                    () -> Qmp.connect(server.socket(), LIMIT, _ -> {}).close());
            assertThat(e.kind()).isEqualTo(Kind.GARBAGE);
        }
    }

    /// Whatever comes as an answer, the command ends in time: with a result or with our exception.
    @Test
    void garbledAnswersNeverHang() throws IOException {
        for (long seed = 0; seed < 300; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            try (FakeQmpServer server = server(c -> garbled(random, FakeQmpServer.agree(c)))) {
                try (Qmp qmp = Qmp.connect(server.socket(), LIMIT, _ -> {})) {
                    qmp.execute("query-status", Duration.ofMillis(20));
                } catch (QmpException e) {
                    assertThat(e.kind()).as("seed %d", seed).isNotEqualTo(Kind.REFUSED);
                }
            }
        }
    }

    private static byte[] after(String events, JsonNode command) {
        return FakeQmpServer.bytes(events + new String(FakeQmpServer.agree(command), StandardCharsets.UTF_8));
    }

    private static byte[] garbled(SplittableRandom random, byte[] answer) {
        for (int i = 0; i <= random.nextInt(3); i++) {
            answer[random.nextInt(answer.length)] = (byte) random.nextInt(256);
        }
        return answer;
    }

    private static FakeQmpServer server(Function<JsonNode, byte[]> answer) throws IOException {
        return new FakeQmpServer(
                GREETING,
                c -> c.path("execute").asString("").equals("qmp_capabilities")
                        ? FakeQmpServer.agree(c)
                        : answer.apply(c));
    }
}
