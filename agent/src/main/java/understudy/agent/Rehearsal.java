package understudy.agent;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import understudy.api.ApiClient;
import understudy.model.HostName;
import understudy.model.Problem;
import understudy.protocol.LeaseTiming;
import understudy.protocol.PackingChoice;

/// Starts a witness alone on loopback, waits until it is ready, and ends it: what the JVM loads then is what
/// every agent loads at its start.
final class Rehearsal {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(50);

    private Rehearsal() {}

    static void run() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("understudy-rehearsal");
        InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        HostName name = new HostName("rehearsal");
        AgentConfig config = new AgentConfig(
                UUID.randomUUID(),
                name,
                true,
                folder.resolve("data"),
                folder.resolve("run"),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(anyPort),
                List.of(anyPort),
                List.of(name),
                List.of(),
                Optional.empty(),
                Duration.ofMillis(200),
                LeaseTiming.DEFAULT,
                Optional.empty(),
                ScrubSchedule.DEFAULT,
                PackingChoice.Mode.AUTO,
                0);
        try (Agent agent = new Agent(config);
                ApiClient api = new ApiClient(agent.urls())) {
            awaitReady(api, agent.urls());
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                files.sorted(Comparator.reverseOrder())
                        .forEach(file -> file.toFile().delete());
            }
        }
    }

    private static void awaitReady(ApiClient api, List<URI> urls) throws IOException, InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!isReady(api)) {
            if (System.nanoTime() > end) {
                throw new IOException("the agent at " + urls + " is not ready after " + PATIENCE.toSeconds() + " s");
            }
            Thread.sleep(POLL);
        }
    }

    private static boolean isReady(ApiClient api) {
        try {
            return api.status().ready() && api.hosts().size() == 1;
        } catch (Problem.Refused notYet) {
            return false;
        }
    }
}
