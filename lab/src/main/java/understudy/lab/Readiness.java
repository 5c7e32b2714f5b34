package understudy.lab;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import understudy.model.Problem;

/// Waits until all agents say that they are ready.
final class Readiness {
    private static final Duration LEAST = Duration.ofSeconds(60);
    /// All of them start at once, on the processors of one machine.
    private static final Duration OF_EACH = Duration.ofSeconds(20);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(2);
    private static final Duration ROUND = Duration.ofMillis(200);
    private static final int EXCERPT_LINES = 15;
    private static final int HOPELESS_DEATHS = 4;

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(ANSWER_LIMIT)
            .build();
    private final Progress progress;

    Readiness(Progress progress) {
        this.progress = progress;
    }

    /// @throws Problem.Refused after a minute, or later for many nodes, or as soon as an agent ends again and again,
    /// with those agents' last words
    void await(List<Node> nodes) {
        long limit = Math.max(LEAST.toNanos(), nodes.size() * OF_EACH.toNanos());
        long deadline = System.nanoTime() + limit;
        List<Node> waiting = new ArrayList<>(nodes);
        while (true) {
            waiting.removeIf(this::isReady);
            if (waiting.isEmpty()) {
                return;
            }
            List<Node> hopeless = waiting.stream().filter(Readiness::isHopeless).toList();
            if (!hopeless.isEmpty()) {
                throw notReady("The agents of %s end as soon as they start".formatted(names(hopeless)), hopeless);
            }
            if (System.nanoTime() - deadline > 0) {
                throw notReady(
                        "The agents of %s are not ready after %d s".formatted(names(waiting), limit / 1_000_000_000),
                        waiting);
            }
            progress.waiting("waiting for the agents of " + names(waiting));
            Await.holds(ROUND, () -> false);
        }
    }

    private boolean isReady(Node node) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(node.url() + "/api/v1/status"))
                .timeout(ANSWER_LIMIT)
                .build();
        try {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            return response.statusCode() == 200
                    && LabJson.MAPPER.readTree(response.body()).path("ready").asBoolean(false);
        } catch (IOException | JacksonException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while agents start", e);
        }
    }

    private static boolean isHopeless(Node node) {
        return LabProcess.firstOf(node.namespace())
                .map(first -> Supervisor.of(first).earlyDeaths() >= HOPELESS_DEATHS)
                .orElse(false);
    }

    private static Problem.Refused notReady(String message, List<Node> nodes) {
        String excerpts = nodes.stream()
                .map(node -> "%s: %s".formatted(node.name(), excerpt(node.name())))
                .collect(Collectors.joining("\n"));
        return Problem.of(
                        "not-ready",
                        message,
                        "The lab is left up for a look (its files: " + LabFolders.DATA
                                + "); `understudy lab down` ends it")
                .because(excerpts)
                .refused();
    }

    /// The last lines of this and the previous start of the agent.
    private static String excerpt(String node) {
        List<String> lines = Stream.of(LabFolders.earlierAgentOutput(node), LabFolders.agentOutput(node))
                .flatMap(Readiness::lines)
                .toList();
        return lines.isEmpty()
                ? "it has written nothing"
                : String.join("\n  ", lines.subList(Math.max(0, lines.size() - EXCERPT_LINES), lines.size()));
    }

    private static Stream<String> lines(Path output) {
        try {
            return new String(Files.readAllBytes(output), StandardCharsets.UTF_8).lines();
        } catch (IOException e) {
            return Stream.of();
        }
    }

    private static String names(List<Node> nodes) {
        return nodes.stream().map(Node::name).collect(Collectors.joining(", "));
    }
}
